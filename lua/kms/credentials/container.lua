--- Keys of the pod that this program runs in: CCE pod identity, Huawei Cloud.

local env = require "kms.util.env"
local service = require "kms.credentials.service"
local file = require "kms.credentials.profile"
local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local container = {}

local TIMEOUT = 5 -- seconds, as in the official SDK for Python

local VARIABLES = {
  uri = "HC_CONTAINER_CREDENTIALS_FULL_URI",
  token_file = "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}

local function plan_of(options)
  local uri = options.uri or env.read { VARIABLES.uri }
  if not uri then return Credentials.error("missing", ("no pod identity: %s is not set"):format(VARIABLES.uri)) end
  local token_file = options.token_file or env.read { VARIABLES.token_file }
  if not token_file then
    return Credentials.error("invalid", ("pod identity has an address, but %s is not set"):format(VARIABLES.token_file))
  end
  local scheme, host, target = service.parse_url(uri)
  if not scheme then
    return Credentials.error("invalid", "the address of pod identity must be " .. service.URL)
  end
  return { key = uri .. "\n" .. token_file, scheme = scheme, host = host, target = target, token_file = token_file,
    who = ("pod identity at %s://%s"):format(scheme, host) }
end

local function fetch(context, plan)
  local token, err = file.read_word(plan.token_file, "token file")
  if not token then return nil, err end
  local order = { who = plan.who, method = "POST", scheme = plan.scheme, host = plan.host, target = plan.target,
    headers = { { "Content-Type", "application/json" }, { "Authorization", token } }, body = "{}", timeout = TIMEOUT,
    secrets = { token } }
  local response
  response, err = service.send(context, order)
  if not response then return nil, err end
  if response.status < 200 or response.status > 299 then return service.refusal(order, response) end
  local object
  object, err = service.parse_object(order, response)
  if not object then return nil, err end
  local keys = object.credentials
  if type(keys) ~= "table" or type(keys.securityToken) ~= "string" then
    local problem = "there are no credentials with a security token in it"
    return service.malformed(order, response, "wrong_type", problem, true)
  end
  return service.parse_credentials(context, order, response, { access_key = keys.accessKeyId,
    secret_key = keys.secretAccessKey, security_token = keys.securityToken, expires = keys.expiration })
end

--- A source of the pod's identity.
---@param options { uri: string?, token_file: string? }
---@return kms.CredentialProvider
function container.new(options)
  options = { uri = options.uri, token_file = options.token_file }
  local get, forget = cache.new { plan = function() return plan_of(options) end, fetch = fetch }
  return provider.new("container", get, { forget = forget,
    check_fields = provider.requires_field("container", "security_token") })
end

return container
