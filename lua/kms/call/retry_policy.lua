--- Converts the option `retry` of a client to a policy: how often an attempt is repeated, and after which pauses.

local iterate = require "kms.util.iterate"
local validate = require "kms.util.validate"

local retry_policy = {}

-- Seconds, except attempts. `base` limits the pause after the first attempt and is doubled after each further one;
-- `cap` limits every pause. The last attempt may use all the time that is left.
local DEFAULTS = { attempts = 4, base = 0.25, cap = 8, attempt_timeout = 10 }
local NO_RETRY = { attempts = 1, base = 0, cap = 0 }

local FIELDS = {}
for _, name in ipairs { "attempts", "base", "cap", "attempt_timeout" } do
  FIELDS[#FIELDS + 1] = { name = name, type = "number", positive = true }
end

--- Converts the option `retry` to a policy.
---@param option kms.RetryOptions|boolean|nil
---@return table? policy, string? problem
function retry_policy.resolve(option)
  if option == nil or option == true then return DEFAULTS end
  if option == false then return NO_RETRY end
  local problem = validate.arguments(FIELDS, option, "retry field")
  if problem then return nil, problem end
  local policy = {}
  for name, default in iterate.members(DEFAULTS) do policy[name] = option[name] or default end
  if policy.attempts % 1 ~= 0 then
    return nil, ("retry field 'attempts': a whole number expected, got %s"):format(tostring(policy.attempts))
  end
  return policy
end

return retry_policy
