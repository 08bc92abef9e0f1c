--- Keys of the pod that this program runs in: pod identity of Huawei Cloud CCE.

local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local file = require "kms.credentials.file"
local request_headers = require "kms.util.request_headers"
local provider = require "kms.credentials.provider"
local service = require "kms.credentials.service"

local container = {}

local TIMEOUT = 5 -- seconds, as in the official SDK for Python

local URI_VARIABLE = "HC_CONTAINER_CREDENTIALS_FULL_URI"
local TOKEN_FILE_VARIABLE = "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"

local function resolve_plan(uri_option, token_file_option)
  local uri = uri_option or env.read { URI_VARIABLE }
  if not uri then return Credentials.error("missing", ("no pod identity: %s is not set"):format(URI_VARIABLE)) end
  local token_file = token_file_option or env.read { TOKEN_FILE_VARIABLE }
  if not token_file then
    return Credentials.error("invalid", ("pod identity has a URI, but %s is not set"):format(TOKEN_FILE_VARIABLE))
  end
  local scheme, host, target = service.parse_url(uri)
  if not scheme then
    local subject = uri_option and "the URI of pod identity" or URI_VARIABLE
    return Credentials.error("invalid", ("%s must be %s"):format(subject, service.URL_RULE))
  end
  return { key = uri .. "\n" .. token_file, scheme = scheme, host = host, target = target, token_file = token_file,
    service_name = ("pod identity at %s://%s"):format(scheme, host) }
end

local function fetch(context, plan)
  local token, err = file.read_token(plan.token_file, "token file")
  if not token then return nil, err end
  local request = { service_name = plan.service_name, method = "POST", scheme = plan.scheme,
    host = plan.host, target = plan.target,
    headers = request_headers.for_json { { "Authorization", token } }, body = "{}",
    timeout = TIMEOUT, secrets = { token }, parse_error = context.cloud.errors.parse }
  local response, object
  response, err = service.send(context, request)
  if not response then return nil, err end
  if response.status < 200 or response.status > 299 then return service.create_response_error(request, response) end
  object, err = service.decode(request, response)
  if not object then return nil, err end
  local keys = object.credentials
  if type(keys) ~= "table" or type(keys.securityToken) ~= "string" then
    return service.create_malformed_error(request, response, "credentials with a security token are missing")
  end
  return service.parse_credentials(context, request, response, { access_key = keys.accessKeyId,
    secret_key = keys.secretAccessKey, security_token = keys.securityToken, expires = keys.expiration })
end

--- Creates a provider of the keys of the pod.
---@param options kms.ContainerOptions
---@return kms.credentials.Provider
function container.new(options)
  local uri, token_file = options.uri, options.token_file
  local get, forget = cache.new { plan = function() return resolve_plan(uri, token_file) end, fetch = fetch }
  return provider.new("container", get, { forget = forget,
    check_fields = provider.require_field("container", "security_token") })
end

return container
