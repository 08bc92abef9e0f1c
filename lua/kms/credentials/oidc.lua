--- Temporary keys for an OpenID Connect token, from the identity service of the cloud.

local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local file = require "kms.credentials.file"
local provider = require "kms.credentials.provider"

local oidc = {}

local DEFAULT_DURATION = 21600 -- seconds, as in the official SDKs

local VARIABLES = { idp_id = "HUAWEICLOUD_SDK_IDP_ID", id_token_file = "HUAWEICLOUD_SDK_ID_TOKEN_FILE" }
local NAMES = { "idp_id", "id_token_file" }

--- Fills the options from the environment.
---@return table? values, kms.Error? err
local function read_settings(options)
  local values, missing = {}, {}
  for _, name in ipairs(NAMES) do
    values[name] = options[name] or env.read { VARIABLES[name] }
    if not values[name] then
      missing[#missing + 1] = ("no %s: give oidc the option %s or set %s"):format(name, name, VARIABLES[name])
    end
  end
  if missing[1] then return Credentials.error(missing[2] and "missing" or "invalid", table.concat(missing, "; ")) end
  local rule = Credentials.VISIBLE_ASCII
  if not rule.test(values.idp_id) then
    local name = options.idp_id and "idp_id" or VARIABLES.idp_id
    return Credentials.error("invalid", ("%s must be %s"):format(name, rule.text))
  end
  return values
end

local function resolve_plan(options, context)
  local iam = context.cloud.iam
  if not iam then return Credentials.error("invalid", provider.describe_wrong_cloud "oidc") end
  local values, err = read_settings(options)
  if not values then return nil, err end
  local address
  address, err = iam.resolve_address(options.endpoint, context.region)
  if not address then return nil, err end
  return {
    key = table.concat({ address.scheme, address.host, values.idp_id, values.id_token_file }, "\n"),
    address = address, idp_id = values.idp_id, id_token_file = values.id_token_file,
  }
end

--- Creates a provider of temporary keys.
---@param options kms.OidcOptions
---@return kms.credentials.Provider
function oidc.new(options)
  local copy = { idp_id = options.idp_id, id_token_file = options.id_token_file, endpoint = options.endpoint }
  local duration = options.duration or DEFAULT_DURATION
  local function fetch(context, plan)
    local id_token, err = file.read_token(plan.id_token_file, "ID token file")
    if not id_token then return nil, err end
    return context.cloud.iam.create_keys(context, plan.address,
      { idp_id = plan.idp_id, id_token = id_token, duration = duration })
  end
  local get, forget = cache.new { plan = function(context) return resolve_plan(copy, context) end, fetch = fetch }
  return provider.new("oidc", get, { forget = forget, check_fields = provider.require_field("oidc", "security_token") })
end

return oidc
