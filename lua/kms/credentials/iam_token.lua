--- Tokens for a user and a password, from the identity service of the cloud.

local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"
local shared_cache = require "kms.credentials.shared_cache"
local sign = require "kms.sign"

local iam_token = {}

local RENEWAL_MARGIN = 30 * 60 -- seconds of the 24 hours that a token lives
-- Seconds until a refused password is sent again. IAM locks users after some refusals in a row.
local REFUSAL_PAUSE = 5 * 60

--- Joins texts to a key. Each has its length before it, so that different texts give different keys.
local function join_key(parts)
  for i, part in ipairs(parts) do parts[i] = #part .. ":" .. part end
  return table.concat(parts)
end

local function resolve_plan(options, context)
  local iam = context.cloud.iam
  if not iam then return Credentials.error("invalid", provider.describe_wrong_cloud "iam_token") end
  local project = options.project or context.region
  if not project then
    return Credentials.error("invalid",
      "an IAM token needs a project: give iam_token the option project, or the client a region")
  end
  local address, err = iam.resolve_address(options.endpoint, context.region)
  if not address then return nil, err end
  -- The fingerprint tells passwords apart and does not reveal them. IAM refuses an empty password, which has none.
  local fingerprint = ""
  if options.password ~= "" then
    fingerprint, err = sign.fingerprint { access_key = "iam_token", secret_key = options.password }
    if not fingerprint then return nil, err end
  end
  return {
    key = join_key { address.scheme .. "://" .. address.host, options.domain, options.user, project, fingerprint },
    address = address, project = project, renewal_margin = RENEWAL_MARGIN, refusal_pause = REFUSAL_PAUSE,
  }
end

--- Creates a provider of tokens.
---@param options kms.IamTokenOptions
---@param dictionary table? from ngx.shared, for tokens that all workers share
---@return kms.credentials.Provider
function iam_token.new(options, dictionary)
  local login = {}
  for name, value in pairs(options) do login[name] = value end
  local function fetch(context, plan)
    return context.cloud.iam.create_token(context, plan.address, login, plan.project)
  end
  local get, forget = cache.new {
    plan = function(context) return resolve_plan(login, context) end,
    fetch = dictionary and shared_cache.wrap(dictionary, fetch) or fetch,
  }
  return provider.new("iam_token", get, { forget = forget,
    check_fields = provider.require_field("iam_token", "token") })
end

return iam_token
