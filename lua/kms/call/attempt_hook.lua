--- Calls the hook `on_attempt`, with events that hold no secret.

local redact = require "kms.util.redact"
local report = require "kms.call.report"

local attempt_hook = {}

--- Creates the function that reports the attempts of a client's calls to its hook. An error in the hook becomes a
--- warning, because it must not cost the caller the result.
---@param on_attempt fun(event: kms.AttemptEvent)
---@return fun(call: kms.Call, event: kms.AttemptEvent, result: table?, err: kms.Error?) notify completes the event
function attempt_hook.new(on_attempt)
  return function(call, event, result, err)
    local secrets, id = report.collect_secrets(call), result and result.request_id
    event.key = report.find_key(call, secrets)
    if err then
      event.error = report.build_error(call, err)
      event.request_id = event.error.request_id
    elseif id then
      event.request_id = redact.line(id, secrets)
    end
    local ok, problem = pcall(on_attempt, event)
    if not ok then call.warning = "on_attempt failed: " .. tostring(problem) end
  end
end

return attempt_hook
