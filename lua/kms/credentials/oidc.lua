--- Keys for an identity that somebody else vouches for: an OpenID Connect token, exchanged at Huawei Cloud IAM.

local env = require "kms.util.env"
local service = require "kms.credentials.service"
local file = require "kms.credentials.profile"
local iam = require "kms.huawei.iam"
local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local oidc = {}

local LIFE = 21600 -- seconds asked for, as in the official SDKs

local VARIABLES = { idp_id = "HUAWEICLOUD_SDK_IDP_ID", id_token_file = "HUAWEICLOUD_SDK_ID_TOKEN_FILE" }
local NAMES = { "idp_id", "id_token_file" }

local function plan_of(given, context)
  local values, missing = {}, {}
  for _, name in ipairs(NAMES) do
    values[name] = given[name] or env.read { VARIABLES[name] }
    if not values[name] then
      missing[#missing + 1] = ("no %s: give oidc the option %s or set %s"):format(name, name, VARIABLES[name])
    end
  end
  if missing[1] then return Credentials.error(missing[2] and "missing" or "invalid", table.concat(missing, "; ")) end
  if not Credentials.rules.header_safe.test(values.idp_id) then
    return Credentials.error("invalid", "idp_id must be " .. Credentials.rules.header_safe.text)
  end
  local place, err = iam.place(given.endpoint, context.region)
  if not place then return nil, err end
  place.idp_id, place.id_token_file = values.idp_id, values.id_token_file
  place.key = table.concat({ place.scheme, place.host, place.idp_id, place.id_token_file }, "\n")
  return place
end

-- The two steps of the official SDKs for Python and Go; the second is "CreateTemporaryAccessKeyByToken" of IAM.
local function fetch(context, plan, life)
  local id_token, err = file.read_word(plan.id_token_file, "ID token file")
  if not id_token then return nil, err end
  local response, order
  response, err, order = iam.post(context, plan, "/v3.0/OS-AUTH/id-token/tokens", { { "X-Idp-Id", plan.idp_id } },
    { auth = { id_token = { id = id_token } } }, { id_token })
  if not response then return nil, err end
  local token
  token, err = iam.token(order, response)
  if not token then return nil, err end
  response, err, order = iam.post(context, plan, "/v3.0/OS-CREDENTIAL/securitytokens", {},
    { auth = { identity = { methods = { "token" }, token = { id = token, duration_seconds = life } } } },
    { token, id_token })
  if not response then return nil, err end
  return service.parse_temporary_keys(context, order, response)
end

--- A source of temporary keys.
---@param options { idp_id: string?, id_token_file: string?, endpoint: string?, duration: number? }
---@return kms.CredentialProvider
function oidc.new(options)
  local given = { idp_id = options.idp_id, id_token_file = options.id_token_file, endpoint = options.endpoint }
  local life = options.duration or LIFE
  local get, forget = cache.new {
    plan = function(context) return plan_of(given, context) end,
    fetch = function(context, plan) return fetch(context, plan, life) end,
  }
  return provider.new("oidc", get, { forget = forget,
    check_fields = provider.requires_field("oidc", "security_token") })
end

return oidc
