--- Whether and when a failed attempt is made again.

local validate = require "kms.util.validate"
local time = require "kms.util.time"

local retry = {}

---@class kms.RetryOptions
---@field attempts integer? how often a request is sent at most; default 4
---@field base number? seconds: bound of the wait before the second attempt, doubled at each further one; default 0.25
---@field cap number? seconds that no wait exceeds, but for what the server asks; default 8
---@field attempt_timeout number? seconds for one attempt, but for the last one, which has all that is left; default 10

local DEFAULTS = { attempts = 4, base = 0.25, cap = 8, attempt_timeout = 10 }

local FIELDS = {}
for _, name in ipairs { "attempts", "base", "cap", "attempt_timeout" } do
  FIELDS[#FIELDS + 1] = { name = name, type = "number", positive = true }
end

-- Which failures may go away by themselves. Both operations set a final value, so a repeat after a doubt does no harm;
-- a 429 or 503 was turned away before anything was done. A refused signature or key is none of these, ever: five in a
-- row lock a Huawei Cloud key.
local PASSING = {
  transport = { dns = true, connect = true, tls = true, timeout = true, closed = true },
  credentials = { unavailable = true },
  status = { [429] = true, [500] = true, [502] = true, [503] = true, [504] = true },
}

--- Whether the same call may succeed later.
---@param err kms.Error
---@return boolean
function retry.is_retryable(err)
  local by_code = PASSING[err.kind]
  return by_code and by_code[err.code] or PASSING.status[err.status] or false
end

--- The policy that an option asks for.
---@param option kms.RetryOptions|boolean|nil
---@return table? policy, string? problem
function retry.resolve_policy(option)
  if option == nil or option == true then return DEFAULTS end
  if option == false then return { attempts = 1 } end
  local problem = validate.arguments(FIELDS, option, "retry field")
  if problem then return nil, problem end
  local policy = {}
  for name, value in pairs(DEFAULTS) do policy[name] = option[name] or value end
  if policy.attempts % 1 ~= 0 then
    return nil, ("retry field 'attempts': a whole number expected, got %s"):format(tostring(policy.attempts))
  end
  return policy
end

--- A number from 0 to below 1. LuaJIT begins every process with the same sequence, and workers are forked alike: the
--- time and an address are stirred in, or they would all come back at once.
local function random(now)
  local address = tonumber(tostring({}):match "0x(%x+)" or "0", 16)
  return (math.random() + now * 997 + address / 2 ^ 20) % 1
end

--- What the server asks for (RFC 9110, section 10.2.3): seconds, or a date, which is held against the server's own.
---@param response table?
---@param now number
---@return number? seconds
function retry.parse_retry_after(response, now)
  local text = response and response.headers["retry-after"]
  if not text then return nil end
  if text:find "^%d+$" then return tonumber(text) end
  local date = time.parse_http_date(text)
  return date and math.max(0, date - (time.parse_http_date(response.headers.date or "") or now))
end

--- The wait before the next attempt: full jitter, and at least what the server asks for.
---@param policy table
---@param made integer attempts so far
---@param response table?
---@param now number
---@return number seconds
function retry.compute_wait(policy, made, response, now)
  local bound = math.min(policy.cap, policy.base * 2 ^ (made - 1))
  return math.max(random(now) * bound, retry.parse_retry_after(response, now) or 0)
end

return retry
