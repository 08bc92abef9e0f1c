--- NAVER Cloud KMS 2.0: endpoints, credentials, operations, and the shapes of its answers.

local credentials = require "kms.ncloud.credentials"
local endpoints = require "kms.util.endpoint"
local validate = require "kms.util.validate"
local json_body = require "kms.util.json_body"
local sign = require "kms.sign"

local ncloud = { name = "ncloud" }

-- Key Management Service overview, "API URL": global keys, keys isolated in Korea or Japan, the government cloud.
local ENDPOINTS = {
  global = "https://ocapi.ncloud.com",
  kr = "https://ocapi-kr.ncloud.com",
  jp = "https://ocapi-jp.ncloud.com",
  gov = "https://ocapi.gov-ncloud.com",
}

local ZONE = {
  text = '"global", "kr", "jp" or "gov"',
  test = function(value) return ENDPOINTS[value] ~= nil end,
}

-- Update Key Name, request body.
local KEY_NAME = {
  text = '3 to 15 English letters, digits, "-" or "_", beginning with a letter',
  plain = true,
  test = function(value) return #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" end,
}

-- The API promises neither form nor length of a tag. "." and ".." cannot stand in a path: RFC 3986, section 5.2.4,
-- takes them away, and the request would name another resource.
-- The length is ours: the longest tag seen in the documentation has 64 characters.
local KEY_TAG = {
  text = 'UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."',
  test = function(value)
    return value ~= "" and #value <= 1024 and value ~= "." and value ~= ".." and validate.is_utf8(value)
  end,
}

---@class kms.NcloudOptions
---@field zone "global"|"kr"|"jp"|"gov"|nil which keys: "global" when not given
---@field credentials kms.Credentials|kms.CredentialProvider|nil keys, or a function that returns them.
---  Variables NCLOUD_ACCESS_KEY_ID or NCLOUD_ACCESS_KEY, NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY
---@field endpoint string? `https://host[:port]` in place of the zone's own
---@field lock_guard boolean|{ shared: string }|nil keeps credentials that were refused from being sent again; false
---  when not given
---@field timeout number? seconds for a whole call, 30 when not given
---@field retry kms.RetryOptions|boolean|nil whether and how a failed attempt is made again; on when not given
---@field on_retry (fun(info: { attempt: integer, wait: number, error: kms.Error }))? called before each wait
---@field transport table|userdata|nil a transport, or a table of options for the default one (see kms.transport.curl)

---@type kms.Field[]
ncloud.options = {
  { name = "zone", type = "string", rule = ZONE },
  { name = "endpoint", type = "string", rule = endpoints.RULE },
}

ncloud.credentials, ncloud.profile, ncloud.metadata = credentials.fields, credentials.profile, credentials.metadata

---@type kms.Operation[]
ncloud.operations = {
  {
    name = "rename_key",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/name",
    fields = {
      { name = "key_tag", type = "string", required = true, rule = KEY_TAG },
      { name = "key_name", type = "string", required = true, rule = KEY_NAME },
    },
    body = { keyName = "key_name" },
    reply = { keyTag = "key_tag", keyName = "key_name" },
  },
  {
    name = "get_key",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}",
    fields = { { name = "key_tag", type = "string", required = true, rule = KEY_TAG } },
    reply = { keyTag = "key_tag", keyName = "key_name" },
    more = {
      status = "status", keyType = "key_type", protectionType = "protection_type", baseUrl = "base_url", nrn = "nrn",
    },
  },
}

-- Without Accept the gateway may answer in XML.
local HEADERS = { { "Content-Type", "application/json" }, { "Accept", "application/json" } }

--- No option is missing: there are defaults for both.
function ncloud.list_missing_options()
  return {}
end

--- Where to send, and what every request of a client carries.
---@param values table the options' values: `zone`, `endpoint`
---@return table settings
function ncloud.resolve_settings(values)
  local scheme, host = endpoints.parse(values.endpoint or ENDPOINTS[values.zone or "global"])
  return { scheme = scheme, host = host, headers = HEADERS }
end

-- NAVER Cloud documents no lock.
ncloud.lock_guard = false

-- What a refusal means for whoever called: a pattern of its code, a piece of its text where that decides.
ncloud.hints = {
  { code = "^200$", text = "missing", hint = "the gateway saw no credentials: something on the way took headers away" },
  { code = "^200$", hint = "the access key, the secret key or this machine's clock is wrong" },
  { code = "^210$", hint = "no right to do this, or {host} is not the host of this key's zone" },
}

--- The headers that show who is calling.
---@return table<string, string>? headers, kms.Error? err
function ncloud.authenticate(request, given, now)
  return sign.ncloud(request, given, now)
end

--- A shape that keeps code and message in an object of its own.
local function inside(name, codes, message)
  return function(object)
    local inner = object[name]
    if type(inner) ~= "table" then return nil end
    for _, code in ipairs(codes) do
      if json_body.to_text(inner[code]) then return json_body.to_text(inner[code]), inner[message], inner.details end
    end
  end
end

-- The shapes of an error, each as a function to code, message, details; the first that gives a code counts. Their
-- order matters: a framework's own answer has an `error` too, as a string, and a gateway's `error` outranks a `code`
-- beside it.
local SHAPES = {
  function(object)
    local framework = type(object.status) == "number" and object.timestamp ~= nil
    return framework and json_body.to_text(object.status), json_body.to_text(object.message) or object.error
  end,
  inside("error", { "errorCode", "code" }, "message"),
  inside("responseError", { "returnCode" }, "returnMessage"),
  function(object)
    local code = json_body.to_text(object.code)
    return code ~= "SUCCESS" and code, json_body.to_text(object.msg) or object.message
  end,
  function(object) return json_body.to_text(object.errorCode), object.message end,
  inside("status", { "code" }, "message"),
  function(object, status) return type(object.error) == "string" and json_body.to_text(status), object.error end,
}

--- Finds the failure that an answer's object tells of. A 200 whose code is not SUCCESS is one.
---@param object table
---@param status integer
---@return string? code, string? message
function ncloud.parse_error(object, status)
  for _, shape in ipairs(SHAPES) do
    local code, message, details = shape(object, status)
    if code then
      message, details = json_body.to_text(message), json_body.to_text(details)
      if message and details then message = message .. ": " .. details end
      return code, message or details or "no message"
    end
  end
end

--- The part of a good answer that holds the result, when it is one.
function ncloud.extract_result(object)
  return object.code == "SUCCESS" and type(object.data) == "table" and object.data or nil
end

return ncloud
