--- How far this machine's clock is off, learnt from an answer that refused to believe it.

local time = require "kms.util.time"

local clock_skew = {}

-- A Date header has whole seconds and has travelled; below this nothing can be concluded from it.
local NOTABLE = 60

--- The server's time, when an answer shows that the clock was the trouble: the gateway says so itself, with both times,
--- or an authentication was refused under a date that is far from ours.
---@param response table the answer
---@param text string what the service says in it
---@param now number our time when it came
---@param used number the offset that the request was signed with: a clock that was corrected meanwhile is off by it
---@return number? offset seconds to add to ours
function clock_skew.detect(response, text, now, used)
  local stated = text:match "server time:%s*(%d+T%d+Z)"
  local server = stated and time.parse_iso8601(stated)
  if server then return server - now end
  if response.status ~= 401 then return nil end
  server = time.parse_http_date(response.headers.date or "")
  if server and math.abs(server - now - used) > NOTABLE then return server - now end
end

--- An offset in words.
---@param offset number seconds to add to our time
---@return string
function clock_skew.describe(offset)
  local seconds = math.floor(math.abs(offset) + 0.5)
  return ("this machine's clock is %d s %s the server's"):format(seconds, offset > 0 and "behind" or "ahead of")
end

return clock_skew
