--- The error bodies of NAVER Cloud: its gateway, KMS and older services each have a shape of their own.

local json_body = require "kms.util.json_body"

local errors = {}

local to_text = json_body.to_text

--- Creates the parser of a shape that has code and message in an object of its own.
local function parse_nested(name, codes, message)
  return function(object)
    local nested = object[name]
    if type(nested) ~= "table" then return nil end
    for _, code in ipairs(codes) do
      if to_text(nested[code]) then return to_text(nested[code]), nested[message], nested.details end
    end
  end
end

local function parse_framework_error(object)
  local is_framework_error = type(object.status) == "number" and object.timestamp ~= nil
  return is_framework_error and to_text(object.status), to_text(object.message) or object.error
end

local function parse_kms_error(object)
  local code = to_text(object.code)
  return code ~= "SUCCESS" and code, to_text(object.msg) or object.message
end

local function parse_flat_error(object)
  return to_text(object.errorCode), object.message
end

local function parse_error_string(object, status)
  return type(object.error) == "string" and to_text(status), object.error
end

-- Each parser returns code, message and details; the first one that finds a code wins. The order matters: a web
-- framework's body has an `error` too, as a string, and a gateway's `error` outranks a `code` beside it.
local PARSERS = {
  parse_framework_error,
  parse_nested("error", { "errorCode", "code" }, "message"),
  parse_nested("responseError", { "returnCode" }, "returnMessage"),
  parse_kms_error,
  parse_flat_error,
  parse_nested("status", { "code" }, "message"),
  parse_error_string,
}

--- Reads code and message of an error body. A body of status 200 whose code is not SUCCESS is an error too.
---@param object table
---@param status integer
---@return string? code nil if the object has none of the known shapes
---@return string? message
function errors.parse(object, status)
  for _, parse in ipairs(PARSERS) do
    local code, message, details = parse(object, status)
    if code then
      message, details = to_text(message), to_text(details)
      if message and details then message = message .. ": " .. details end
      return code, message or details or "no message"
    end
  end
end

-- The codes of the gateway are compared together with their text, because a web framework's error has a number too: the
-- HTTP status.
---@type kms.Hint[]
errors.hints = {
  { code = "^200$", text = "missing",
    hint = "the gateway received no credentials; something between this program and it removed headers" },
  { code = "^200$", hint = "the access key, the secret key or this machine's clock is wrong" },
  { code = "^210$", hint = "the account has no permission, or {host} is not the host of this key's zone" },
  { code = "^300$", hint = "{host} has no such path; check the option endpoint" },
  { code = "^400$", text = "Quota Exceeded", hint = "a quota of the account is used up; a repeat does not help soon" },
  { code = "^410$", text = "Throttle Limited", hint = "too many requests in a short time" },
  { code = "^420$", text = "Rate Limited", hint = "too many requests in a short time" },
  { code = "^500$", text = "Endpoint Error", hint = "the gateway could not reach the service" },
  { code = "^510$", text = "Endpoint Timeout", hint = "the service was too slow for the gateway" },
  { code = "^FORBIDDEN$", hint = "the account lacks a permission; the system policies of KMS are NCP_KMS_MANAGER and "
    .. "NCP_KMS_VIEWER" },
  { code = "^UNPROCESSABLE_ENTITY$", hint = "the key's status does not allow this (get_key returns it), or a value "
    .. "breaks a rule of the service" },
  { code = "^INVALID_STATUS$", hint = "the status of the key does not allow this; get_key returns it" },
  { code = "^INVALID_REQUEST$", hint = "the service does not accept a value; docs/reference/ncloud.md has the rules" },
  { code = "^UNAUTHORIZED$", hint = "the service does not accept the credentials or the token" },
  { code = "^NOT_FOUND$", hint = "{host} does not know the key; a key is served by the endpoint of its own zone" },
}

return errors
