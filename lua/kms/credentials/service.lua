--- One request to a service that hands out credentials, over the call's own transport and inside the call's deadline,
--- and what a failure of it means.

local Error = require "kms.error"
local host_name = require "kms.host_name"
local parse_error = require "kms.huawei.errors"
local redact = require "kms.util.redact"
local json_body = require "kms.util.json_body"
local Credentials = require "kms.credentials.value"

local service = {}

---@class kms.ServiceRequest
---@field who string whom it asks, for errors: "IAM at https://…"
---@field method string
---@field scheme string
---@field host string as on the wire
---@field target string
---@field headers { [1]: string, [2]: string }[]?
---@field body string?
---@field timeout number seconds
---@field secrets string[]? what of the request must not show in an error

--- What `service.parse_url` takes, for errors.
service.URL = "https://host[:port], or http:// of this machine or a link-local address"

--- A URL of a service on this machine or near it as the parts of an order.
---@param url string
---@return string? scheme, string? host as on the wire, string? target
function service.parse_url(url)
  local scheme, host, target = url:match "^(https?)://([^/?#]+)([^#]*)$"
  local name, port = host_name.split(host or "")
  if not name or target:find "[^!-~]" then return nil end
  if scheme == "http" and not host_name.is_loopback(name) and not host_name.is_link_local(name) then return nil end
  local default = scheme == "http" and 80 or 443
  host = port and port ~= default and ("%s:%d"):format(name, port) or name
  return scheme, host, target:find "^/" and target or "/" .. target
end

--- Asks. An HTTP error status is an answer.
---@param context kms.CredentialsContext
---@param order kms.ServiceRequest
---@return table? response, kms.Error? err
function service.send(context, order)
  local deadline = context.deadline
  if deadline and context:clock() >= deadline then
    local message = "no time was left to ask " .. order.who
    local cause = Error.new { kind = "transport", code = "timeout", message = message }
    return Credentials.error("unavailable", message, cause)
  end
  local response, err = context:send {
    method = order.method, scheme = order.scheme, host = order.host, target = order.target,
    headers = order.headers or {}, body = order.body,
    timeout = order.timeout,
    -- Metadata services have no certificate, and no way out of their own host.
    link_local = order.scheme == "http" or nil,
  }
  if response then return response end
  local text = redact.to_line(redact.text(Error.is(err) and err.message or tostring(err), order.secrets or {}))
  -- A transport of the caller's own need not know our errors.
  local cause = Error.is(err) and err or Error.new { kind = "transport", code = "other", message = text }
  local code = cause.kind == "transport" and "unavailable" or "invalid"
  return Credentials.error(code, ("%s did not answer: %s"):format(order.who, text), cause)
end

local function protocol_error(order, response, code, message)
  if response.body ~= "" then message = message .. ", " .. redact.excerpt(response.body, order.secrets or {}) end
  return Error.new { kind = "protocol", code = code, message = message, status = response.status }
end

--- The error for a good answer that is not what it should be.
---@param code string a protocol error's
---@param message string
---@param quiet boolean? the answer may hold secrets that nobody knows yet: nothing of it is shown
---@return nil, kms.Error
function service.malformed(order, response, code, message, quiet)
  local cause = quiet and Error.new { kind = "protocol", code = code, message = message, status = response.status }
    or protocol_error(order, response, code, message)
  return Credentials.error("invalid", ("%s gave an unusable answer: %s"):format(order.who, cause.message), cause)
end

--- The object of a good answer. Nothing of it is shown when it cannot be read: it was to hold keys.
---@return table? object, kms.Error? err
function service.parse_object(order, response)
  local object, code, message = json_body.decode(response.body)
  if object then return object end
  return service.malformed(order, response, code, message, true)
end

--- The error for an answer that says no.
---@param code string? the service's own, where the caller has read it already
---@param message string?
---@return nil, kms.Error
function service.refusal(order, response, code, message)
  local status = response.status
  local object, problem, reason = json_body.decode(response.body)
  if object and not code then code, message = parse_error(object) end
  local cause
  if code then
    local text = redact.to_line(redact.text(message or "no message", order.secrets or {}))
    cause = Error.new { kind = "service", code = redact.to_line(code), message = text, status = status }
  else
    reason = reason or "the answer has none of the documented shapes"
    cause = protocol_error(order, response, problem or "unknown", reason)
  end
  cause.request_id = json_body.to_text(response.headers["x-request-id"])
    or json_body.to_text(response.headers["x-iam-trace-id"])
  local passing = status == 429 or status >= 500 or status >= 300 and status < 400
  -- IAM's codes are mostly the status once more.
  local named = code and code ~= tostring(status) and " " .. cause.code or ""
  return Credentials.error(passing and "unavailable" or "refused", ("%s %s: HTTP %d%s: %s"):format(order.who,
    passing and "failed" or "refused", status, named, cause.message), cause)
end

--- The credentials in an answer, with the moment of their end.
---@param context kms.CredentialsContext
---@param values table fields of a snapshot; `expires` as it stands in the answer
---@return kms.Credentials? found, kms.Error? err
function service.parse_credentials(context, order, response, values)
  local expires = Credentials.parse_time(values.expires)
  if not expires then
    return service.malformed(order, response, "wrong_type", "it does not say when the credentials expire", true)
  end
  local absent = Credentials.missing_fields(context.fields, values)
  if absent then
    return service.malformed(order, response, "wrong_type", "there is no " .. absent[1].name .. " in it", true)
  end
  local given = {}
  for name, value in pairs(values) do given[name] = value end
  given.expires = expires
  local found, err = Credentials.new(context.fields, given)
  if not found then return service.malformed(order, response, "wrong_type", err.message, true) end
  return found
end

--- The temporary keys in an answer, in the form that Huawei Cloud's IAM and metadata service share.
---@param context kms.CredentialsContext
---@return kms.Credentials? found, kms.Error? err
function service.parse_temporary_keys(context, order, response)
  local object, err = service.parse_object(order, response)
  if not object then return nil, err end
  local keys = object.credential
  if type(keys) ~= "table" or type(keys.securitytoken) ~= "string" then
    local problem = "there is no credential with a security token in it"
    return service.malformed(order, response, "wrong_type", problem, true)
  end
  return service.parse_credentials(context, order, response, { access_key = keys.access, secret_key = keys.secret,
    security_token = keys.securitytoken, expires = keys.expires_at })
end

return service
