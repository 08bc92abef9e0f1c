--- NAVER Cloud KMS 2.0 as a provider: options, credentials, endpoint and signature.

local credentials = require "kms.ncloud.credentials"
local endpoints = require "kms.util.endpoint"
local request_headers = require "kms.util.request_headers"
local lazy = require "kms.util.lazy"
local operations = require "kms.ncloud.operations"
local sign = require "kms.sign"
local validate = require "kms.util.validate"

---@type kms.Provider
local ncloud = { name = "ncloud", operations = operations, errors = lazy.read "kms.ncloud.errors" }

-- Key Management Service overview, "API URL": global keys, keys isolated in Korea or Japan, the government cloud.
local ENDPOINTS = {
  global = "https://ocapi.ncloud.com",
  kr = "https://ocapi-kr.ncloud.com",
  jp = "https://ocapi-jp.ncloud.com",
  gov = "https://ocapi.gov-ncloud.com",
}

---@type kms.Rule
local ZONE = {
  text = '"global", "kr", "jp" or "gov"',
  test = function(value) return ENDPOINTS[value] ~= nil end,
}

ncloud.options = {
  { name = "zone", type = "string", rule = ZONE },
  { name = "endpoint", type = "string", rule = endpoints.RULE },
}

-- NAVER Cloud documents no lock.
ncloud.lock_guard = false

ncloud.throttle_codes = {} -- status 429
ncloud.clock_tolerance = 5 * 60 -- seconds (Key Management Service overview)

ncloud.credentials, ncloud.profile, ncloud.metadata = credentials.fields, credentials.profile, credentials.metadata
ncloud.secret_headers = { ["x-ncp-apigw-signature-v2"] = "^.+$", ["x-ncp-ocapi-token"] = "^.+$" }

-- Without Accept the gateway may respond in XML.
local HEADERS = request_headers.for_json { { "Accept", "application/json" } }

function ncloud.list_missing_options()
  return {} -- both options have defaults
end

local ENDPOINT_VARIABLE = "NCLOUD_KMS_ENDPOINT"

--- Finds the endpoint: the option, that of the option zone, the variable, or that of global keys.
---@return string? endpoint, string? problem
local function find_endpoint(values, read_variable)
  local endpoint = values.endpoint or values.zone and ENDPOINTS[values.zone]
  if endpoint then return endpoint end
  endpoint = read_variable { ENDPOINT_VARIABLE }
  if not endpoint then return ENDPOINTS.global end
  endpoint = endpoints.add_scheme(endpoint)
  local problem = validate.value(ENDPOINT_VARIABLE, endpoint, endpoints.RULE)
  if problem then return nil, problem end
  return endpoint
end

function ncloud.resolve_settings(values, read_variable)
  local endpoint, problem = find_endpoint(values, read_variable)
  if not endpoint then return nil, "endpoint", problem end
  local scheme, host = endpoints.parse(endpoint)
  return { scheme = scheme, host = host, headers = HEADERS }
end

-- What an operation accepts, by `auth` of its entry; nil: the keys of an account.
local NEEDED_CREDENTIALS = {
  account_or_token = { keys = true, token = true },
  refresh_token = { token = true, text = "an ocapi_token, which must be a refresh token" },
}
local ACCOUNT = { keys = true, text = "access_key and secret_key of an account" }

--- Checks that an operation accepts the kind of credentials.
---@param entry kms.Operation
---@param keys kms.Credentials
---@return string? problem
function ncloud.check_credentials(entry, keys)
  local needed = NEEDED_CREDENTIALS[entry.auth] or ACCOUNT
  local kind = keys.ocapi_token and "token" or "keys"
  if needed[kind] then return nil end
  return ("%s needs %s; the credentials are %s"):format(entry.name, needed.text,
    kind == "token" and "an ocapi_token" or "access_key and secret_key")
end

function ncloud.authenticate(request, keys, timestamp)
  if keys.ocapi_token then return { ["x-ncp-ocapi-token"] = keys.ocapi_token } end
  return sign.ncloud(request, keys, timestamp)
end

-- Get Key List has these members in `data` in its sample, and beside it in its table of fields.
local BESIDE_DATA = { "currentPageNo", "totalPageNo", "totalCount" }

--- Returns `data`, which is null or missing in the response to an operation without a result.
function ncloud.extract_result(object)
  local data = object.data
  if object.code ~= "SUCCESS" then return nil end
  if type(data) ~= "table" then return (data == nil or type(data) == "userdata") and {} or nil end
  if object.totalPageNo ~= nil then
    for _, name in ipairs(BESIDE_DATA) do
      if data[name] == nil then data[name] = object[name] end
    end
  end
  return data
end

return ncloud
