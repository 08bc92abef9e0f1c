--- Builds the error that the caller of a failed call gets: what failed, a hint, and no secret.

local clock_skew = require "kms.call.clock_skew"
local encoder = require "kms.call.encoder"
local Error = require "kms.error"
local request_headers = require "kms.util.request_headers"
local json_numbers = require "kms.util.json_numbers"
local param_search = require "kms.call.param_search"
local redact = require "kms.util.redact"
local result_reader = require "kms.call.result_reader"
local retry = require "kms.call.retry"
local signature_diff = require "kms.call.signature_diff"

local report = {}

local MAX_KEY = 100 -- bytes of a key's id or tag
local MIN_SECRET = 4 -- bytes of a secret param that is searched for in a message; shorter ones occur in any text
local MAX_MESSAGE = 32768 -- bytes of a service's message that are read; an error shows far fewer
local MAX_CAUSE = 16384 -- bytes of a text in `cause`; an encoded authorization message is useless when cut

--- Adds the secrets in the params of a call to a list. One that is too short to be searched for withholds the messages
--- of the service.
local function add_secret_params(call, secrets)
  for _, secret in ipairs(call.params and param_search.collect_secrets(call.operation, call.params) or {}) do
    if #secret >= MIN_SECRET then secrets[#secrets + 1] = secret end
    call.has_short_secret = call.has_short_secret or #secret < MIN_SECRET and secret ~= ""
  end
end

--- Collects the secrets of a call that no error may contain: its credentials, its secret params, and the signatures of
--- its requests.
---@param call kms.Call
---@param headers { [1]: string, [2]: string }[]? of a request, which the provider's `authenticate` has signed
---@return string[] secrets
function report.collect_secrets(call, headers)
  local secrets, credentials = call.secrets, call.credentials
  if not secrets then
    secrets = {}
    if credentials then
      secrets[1] = credentials.secret_key
      secrets[#secrets + 1] = credentials.security_token
      secrets[#secrets + 1] = credentials.token
      secrets[#secrets + 1] = credentials.ocapi_token
    end
    add_secret_params(call, secrets)
    call.secrets = secrets
  end
  for _, header in ipairs(headers or {}) do
    local pattern = call.cloud.secret_headers[header[1]]
    if pattern then secrets[#secrets + 1] = header[2]:match(pattern) end
  end
  return secrets
end

--- Joins two remarks. A vendor's message may end in a full stop.
---@param text string?
---@param remark string
---@return string
local function join(text, remark)
  if not text then return remark end
  return text:gsub("%.$", "") .. "; " .. remark
end

--- Describes a body that has none of the documented shapes. One that may hold a secret result is not shown.
local function describe_body(call, body)
  local secrets = report.collect_secrets(call)
  if call.has_short_secret or result_reader.has_secret(call.operation) then
    return ("%d bytes, which are not shown because they may hold a secret"):format(#body)
  end
  return redact.excerpt(body, secrets)
end

--- Removes foreign text from the error of a call whose secret is too short to be searched for.
local function withhold_message(call, err)
  report.collect_secrets(call)
  if not call.has_short_secret then return end
  err.message, err.cause = "the service's message is not shown, because it may repeat a param that is secret", nil
end

--- Returns whether the change may have been made although the status is that of an error: after a server error, except
--- 503, which says that the request was not accepted.
---@param status integer 400 or above
---@return boolean
function report.is_uncertain_status(status)
  return status >= 500 and status ~= 503
end

--- Reads the failure from a response that holds no result.
---@param call kms.Call
---@param response table
---@param object table? the object in its body
---@param code string of the protocol error that it is, unless the object has one of the provider's error shapes
---@param message string likewise
---@return kms.Error
function report.parse_failure(call, response, object, code, message)
  local status = response.status
  if object then object = json_numbers.decode(response.body, object) end
  local err = Error.new {
    kind = "protocol", code = code, message = message, status = status,
    request_id = result_reader.find_request_id(response, object),
  }
  local service_code, service_message, cause
  if object and code ~= "mismatch" then
    service_code, service_message, cause = call.cloud.errors.parse(object, status)
  end
  if service_code then
    err.kind, err.code, err.message, err.cause = "service", service_code, service_message:sub(1, MAX_MESSAGE), cause
    withhold_message(call, err)
  elseif request_headers.describe_encoding(response) then
    err.message = request_headers.describe_encoding(response)
  elseif response.body ~= "" then
    err.message = err.message .. ", " .. describe_body(call, response.body)
  end
  if status >= 300 and status < 400 then
    err.message = join(err.message, "redirects are not followed")
  end
  -- A success status says that the change was made, even if the body cannot be read.
  err.uncertain = report.is_uncertain_status(status) or err.kind == "protocol" and status >= 200 and status < 300
  return err
end

--- Finds the provider's hint for a service error.
local function find_hint(call, err)
  for _, entry in ipairs(call.cloud.errors.hints) do
    if err.code:find(entry.code) and (not entry.text or err.message:find(entry.text, 1, true)) then
      return (entry.hint:gsub("{(%l+)}", function(name) return call.settings[name] or "the " .. name .. " called" end))
    end
  end
end

--- Compares the canonical request that the gateway printed, if it did, with the one that was signed.
---@return kms.SignatureDiff|nil|false
local function compare_signatures(call, err, signed_at)
  local compute_stages = call.cloud.compute_stages
  if not call.credentials.secret_key or not compute_stages then return nil end
  local signed = encoder.build_request(call.operation, call.params, call.settings)
  local stages = compute_stages(signed, call.credentials, signed_at, call.settings)
  return stages and signature_diff.compare(err.message, stages.canonical_request)
end

--- Adds to a service error what is known about its reason.
---@param call kms.Call
---@param err kms.Error
---@param signed_at number Unix time in the signature
function report.add_hint(call, err, signed_at)
  if err.kind ~= "service" then return end
  local hint, diff = find_hint(call, err), compare_signatures(call, err, signed_at)
  if diff then
    err.diff = diff
    hint = ("the gateway received another %s than the one that was signed, see diff"):format(diff.role)
  elseif diff == false then
    hint = "the gateway signed the same request, so the secret key does not belong to this access key"
  end
  err.hint = hint
end

--- Adds to a refused signature how far the clock is off.
---@param err kms.Error
---@param clock_offset number
function report.add_clock_hint(err, clock_offset)
  if err.status ~= 401 or not clock_skew.is_different(clock_offset, 0) then return end
  err.hint = join(err.hint, clock_skew.describe(clock_offset))
end

--- Adds to an error that leaves the outcome open how to verify it.
---@param call kms.Call
---@param err kms.Error
function report.add_verification_hint(call, err)
  if not err.uncertain then return end
  for _, entry in ipairs(call.operation.verification or {}) do
    if err.code:find(entry.code) then
      err.hint = join(err.hint, entry.hint)
      return
    end
  end
end

--- Adds to an error for how long the server asks to wait.
---@param err kms.Error
---@param retry_after number seconds
---@param left number seconds until the deadline
function report.add_retry_after(err, retry_after, left)
  err.retry_after = retry_after
  if retry_after < left then return end
  err.hint = join(err.hint, ("the server asks for a pause of %.0f s, and %.0f s are left until the deadline"):format(
    retry_after, math.max(0, left)))
end

--- Returns the id or tag of the key that a call concerns, without secrets.
---@param call kms.Call
---@param secrets string[]
---@return string?
function report.find_key(call, secrets)
  local key = call.params and param_search.find_key(call.operation, call.params)
  return key and redact.line(key, secrets, MAX_KEY)
end

--- Builds the error that the caller gets. `failure` stays unchanged, because it may belong to a transport or to a
--- credential provider.
---@param call kms.Call
---@param failure kms.Error
---@return kms.Error
function report.build_error(call, failure)
  local secrets, entry = report.collect_secrets(call), call.operation
  local err = redact.fields(failure, secrets)
  if failure.hint then err.message, err.hint = join(err.message, err.hint), nil end
  err.kind = failure.kind
  if failure.kind ~= "service" then err.code = failure.code end
  if type(failure.cause) == "table" then err.cause = redact.fields(failure.cause, secrets, MAX_CAUSE) end
  err.key = report.find_key(call, secrets)
  err.provider, err.operation, err.attempts = call.cloud.name, entry.name, call.attempts
  err.uncertain = failure.uncertain and not entry.read_only
  err.retryable = retry.is_retryable(err, entry, call.cloud)
  err.throttled = retry.is_throttled(err, call.cloud) or nil
  return err
end

--- Builds a small copy of a failure, for the errors of other calls.
---@param call kms.Call
---@param failure kms.Error
---@return table
function report.build_cause(call, failure)
  local err = report.build_error(call, failure)
  return { kind = err.kind, code = err.code, message = err.message, status = err.status, request_id = err.request_id }
end

--- Returns what a failure proves about the credentials of the call.
---@param err kms.Error
---@return "good"|"refused"|nil verdict HTTP 401 is a refusal, whatever its body is. nil: nothing is proved.
---  A server error or a throttle may come from an intermediary in
---  front of the gateway
function report.judge_credentials(err)
  local failure = err.kind == "credentials" and err.code == "refused" and err.cause or err
  if failure.status == 401 then return "refused" end
  return err.kind == "service" and err.status < 500 and err.status ~= 429 and "good" or nil
end

return report
