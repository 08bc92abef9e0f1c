--- Decides whether and when a failed attempt is repeated.

local time = require "kms.util.time"
local error_codes = require "kms.transport.error_codes"

local retry = {}

local MAX_RETRY_AFTER = 1e9 -- seconds; a number with hundreds of digits would be infinite

-- HTTP statuses of failures that may be temporary. A refused signature or key (401) is never repeated, because five
-- refusals in a row lock a Huawei Cloud access key.
local RETRYABLE_STATUSES = { [429] = true, [500] = true, [502] = true, [503] = true, [504] = true }

--- Returns whether a failure proves that the request changed nothing.
local function is_without_effect(err, cloud)
  if err.kind == "transport" then
    local code = error_codes[err.code]
    return code ~= nil and code.is_unconnected or false
  end
  return err.kind == "credentials" or err.status == 503 or retry.is_throttled(err, cloud)
end

--- Returns whether the same call may succeed later, and may be made again. The flags of the operation decide, not the
--- HTTP method.
---@param err kms.Error
---@param operation kms.Operation
---@param cloud kms.Provider
---@return boolean
function retry.is_retryable(err, operation, cloud)
  if err.status == 401 then return false end -- also of a response that was not received completely
  if not (operation.repeatable or operation.read_only) and (err.uncertain or not is_without_effect(err, cloud)) then
    return false
  end
  if err.kind == "credentials" then return err.code == "unavailable" end
  if err.kind == "transport" then
    if err.retryable == false then return false end -- the transport knows that a repetition fails in the same way
    local code = error_codes[err.code]
    return code ~= nil and code.retryable
  end
  return RETRYABLE_STATUSES[err.status] or retry.is_throttled(err, cloud)
end

--- Returns whether the cloud throttled the request. Such attempts do not count, because a quota may be used up for
--- longer than a few attempts take.
---@param err kms.Error
---@param cloud kms.Provider
---@return boolean
function retry.is_throttled(err, cloud)
  return err.status == 429 or err.kind == "service" and cloud.throttle_codes[err.code] or false
end

--- Returns a random number, at least 0 and below 1. LuaJIT starts every process with the same sequence, and forked
--- workers continue the same one. So the time and an address are mixed in, or all workers would retry at once.
local function draw_random(now)
  local address = tonumber(tostring({}):match "0x(%x+)" or "0", 16)
  return (math.random() + now * 997 + address / 2 ^ 20) % 1
end

--- Reads the pause that the server asks for (Retry-After; RFC 9110, section 10.2.3): seconds, or a date, which is
--- compared with the server's own Date.
---@param response table?
---@param now number Unix time, for a response without Date
---@return number? seconds
function retry.parse_retry_after(response, now)
  local text = response and response.headers["retry-after"]
  if not text then return nil end
  if text:find "^%d+$" then return math.min(tonumber(text), MAX_RETRY_AFTER) end
  local date = time.parse_http_date(text)
  return date and math.max(0, date - (time.parse_http_date(response.headers.date or "") or now))
end

--- Computes the pause before the next attempt: full jitter, and at least what the server asks for.
---@param policy table
---@param attempt integer the attempt that failed
---@param response table?
---@param now number Unix time
---@return number seconds, number? retry_after what the server asks for
function retry.compute_wait(policy, attempt, response, now)
  local limit = math.min(policy.cap, policy.base * 2 ^ (attempt - 1))
  local retry_after = retry.parse_retry_after(response, now)
  return math.max(draw_random(now) * limit, retry_after or 0), retry_after
end

return retry
