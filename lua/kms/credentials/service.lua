--- One HTTP request to a credential service, sent with the transport of the call within its deadline.

local Credentials = require "kms.credentials.value"
local Error = require "kms.error"
local http1 = require "kms.http1"
local iterate = require "kms.util.iterate"
local json_body = require "kms.util.json_body"
local json_numbers = require "kms.util.json_numbers"
local redact = require "kms.util.redact"
local request_headers = require "kms.util.request_headers"
local time = require "kms.util.time"

local service = {}

local MAX_TIME = 64 -- bytes of a point in time; "2022-10-17T18:51:25.231000000+08:00" has 35

---@class kms.ServiceRequest
---@field service_name string the service and its address, for errors: "IAM at https://…"
---@field method string
---@field scheme string
---@field host string as in the Host header
---@field target string
---@field headers { [1]: string, [2]: string }[]?
---@field sign (fun(): table?, kms.Error?)? creates the headers in place of `headers`, for each attempt afresh
---@field body string?
---@field timeout number seconds
---@field secrets string[]? parts of the request that no error may show
---@field can_repeat (fun(response: table?, cause: kms.Error?): boolean)? whether a temporary failure is repeated; by
---  default each is
---@field parse_error fun(object: table, status: integer): string?, string? returns code and message of an error body

--- What `parse_url` accepts, for errors. They do not show the URL, because it may contain a password.
service.URL_RULE = "https://host[:port], or http:// with a loopback or link-local address"

--- Splits the URL of a credential service. Without TLS the service must be on this machine or on its own network.
---@param url string
---@return string? scheme, string? host as in the Host header, string? target
function service.parse_url(url)
  local scheme, host, target = url:match "^(https?)://([^/?#]+)([^#]*)$"
  local name, port = http1.parse_host(host or "")
  if not name or target:find "[^!-~]" then return nil end
  if scheme == "http" and not http1.is_loopback(name) and not http1.is_link_local(name) then return nil end
  local default_port = scheme == "http" and 80 or 443
  host = port and port ~= default_port and ("%s:%d"):format(name, port) or name
  return scheme, host, target:find "^/" and target or "/" .. target
end

--- Creates the error for a successful response with unexpected content. It shows nothing of the body, which may contain
--- new secrets.
---@param request kms.ServiceRequest
---@param response table
---@param message string
---@param code string? a protocol error's; default "wrong_type"
---@return nil, kms.Error
function service.create_malformed_error(request, response, message, code)
  local cause = Error.new { kind = "protocol", code = code or "wrong_type", message = message,
    status = response.status }
  return Credentials.error("invalid", ("%s sent an unusable response: %s"):format(request.service_name, message), cause)
end

--- Appends an excerpt of the body to a message. Only for bodies that contain no new secrets.
---@param request kms.ServiceRequest
---@param response table
---@param message string
---@return string
function service.append_excerpt(request, response, message)
  if response.body == "" then return message end
  return message .. ", " .. redact.excerpt(response.body, request.secrets or {})
end

--- Decodes the JSON object of a successful response.
---@param request kms.ServiceRequest
---@param response table
---@return table? object, kms.Error? err
function service.decode(request, response)
  local object, code, message = json_body.decode(response.body)
  if object then return object end
  message = request_headers.describe_encoding(response) or message
  return service.create_malformed_error(request, response, message, code)
end

--- Reads the cause of an error response from its body. Its texts are foreign.
---@return kms.Error
local function parse_cause(request, response)
  local object, problem, reason = json_numbers.decode(response.body)
  if object then
    local code, message = request.parse_error(object, response.status)
    if code then
      return Error.new { kind = "service", code = code, message = message or "no message", status = response.status }
    end
  end
  local message = request_headers.describe_encoding(response)
    or service.append_excerpt(request, response, reason or "the response has none of the documented forms")
  return Error.new { kind = "protocol", code = problem or "unknown", message = message, status = response.status }
end

local function is_temporary(status)
  return status == 429 or status >= 500 or status >= 300 and status < 400
end

--- Creates the error for an error response.
---@param request kms.ServiceRequest
---@param response table
---@param code string? of the service, where the caller has parsed the body
---@param message string? of the service
---@return nil, kms.Error
function service.create_response_error(request, response, code, message)
  local status, headers = response.status, response.headers
  local cause = code and Error.new { kind = "service", code = code, message = message or "no message", status = status }
    or parse_cause(request, response)
  cause.request_id = json_body.to_text(headers["x-request-id"]) or json_body.to_text(headers["x-iam-trace-id"])
  cause = redact.fields(cause, request.secrets or {})
  local is_refusal = not is_temporary(status)
  -- The codes of IAM mostly repeat the status.
  local shown_code = cause.kind == "service" and cause.code ~= tostring(status) and " " .. cause.code or ""
  return Credentials.error(is_refusal and "refused" or "unavailable", ("%s %s: HTTP %d%s: %s"):format(
    request.service_name, is_refusal and "refused the request" or "failed", status, shown_code, cause.message), cause)
end

--- Sends a request once.
---@return table? response, kms.Error? err, kms.Error? cause
local function send_once(context, request)
  local headers, err = request.headers or {}, nil
  if request.sign then headers, err = request.sign() end
  if not headers then return nil, err, err end
  local copy = {}
  for i, header in ipairs(headers) do copy[i] = header end
  local response
  response, err = context:send {
    method = request.method, scheme = request.scheme, host = request.host, target = request.target,
    headers = copy, body = request.body,
    timeout = request.timeout,
    -- Metadata services have no certificate, and a proxy cannot reach them.
    link_local = request.scheme == "http" or nil,
  }
  if response then return response end
  -- A caller's own transport may return other errors than kms.Error.
  local cause = Error.is(err) and err or Error.new { kind = "transport", code = "other", message = tostring(err) }
  cause = redact.fields(cause, request.secrets or {})
  -- A refusal counts although its body was not received.
  local code = cause.status == 401 and "refused" or cause.kind == "transport" and "unavailable" or "invalid"
  local _, failure = Credentials.error(code,
    ("request to %s failed: %s"):format(request.service_name, cause.message), cause)
  return nil, failure, cause
end

--- Tells other calls, which wait for the result of this one, why they have to.
local function report_failure(context, request, response, err)
  if context.lease then
    context.lease:report(err or select(2, service.create_response_error(request, response)))
  end
end

--- Sends a request, and repeats it after temporary failures as the client repeats a call. The context bounds each
--- timeout by the deadline. A response with an error status is a response.
---@param context kms.Context
---@param request kms.ServiceRequest
---@return table? response, kms.Error? err
function service.send(context, request)
  local attempt, wait = 0, 0
  while true do
    if context.lease then context.lease:extend(context, wait + request.timeout) end
    if wait > 0 then context:sleep(wait) end
    local response, err, cause = send_once(context, request)
    local is_throttled = response and response.status == 429
    attempt = attempt + (is_throttled and 0 or 1)
    local can_repeat = not request.can_repeat or request.can_repeat(response, cause)
    wait = can_repeat and context:choose_wait(attempt, response, cause) or nil
    if not wait then return response, err end
    report_failure(context, request, response, err)
  end
end

--- Parses a point in time in a response: ISO 8601 with "Z" or an offset. Without either the hour is ambiguous.
---@param text any
---@return number? seconds Unix time
function service.parse_time(text)
  if type(text) ~= "string" or #text > MAX_TIME then return nil end
  if text:find "Z$" then return time.parse_iso8601(text) end
  local local_time, sign, hours, minutes = text:match "^(.*T.*)([+-])(%d%d):?(%d%d)$"
  local seconds = local_time and time.parse_iso8601(local_time)
  local offset = seconds and (hours * 60 + minutes) * 60
  return seconds and (sign == "+" and seconds - offset or seconds + offset)
end

--- Creates credentials from the values in a response.
---@param context kms.Context
---@param request kms.ServiceRequest
---@param response table
---@param values table fields of the credentials; `expires` as text
---@return kms.Credentials? credentials, kms.Error? err
function service.parse_credentials(context, request, response, values)
  local expires = service.parse_time(values.expires)
  if not expires then
    return service.create_malformed_error(request, response, "the expiry time is missing or malformed")
  end
  local missing = Credentials.find_missing_fields(context.fields, values)
  if missing then return service.create_malformed_error(request, response, missing[1].name .. " is missing") end
  local copy = iterate.copy(values)
  copy.expires = expires
  local credentials, err = Credentials.new(context.fields, copy)
  if not credentials then return service.create_malformed_error(request, response, err.message) end
  return credentials
end

return service
