--- Learns from a refused request how far this machine's clock is off.

local time = require "kms.util.time"

local clock_skew = {}

-- A Date header has whole seconds and is as old as its transfer; a smaller difference proves nothing.
local MIN_SKEW = 60

-- Two measurements of the same offset may differ by this, for the same reason.
local MAX_DIFFERENCE = 5

--- Measures the clock offset, if a response shows that the clock is the cause: the gateway states both times, or an
--- authentication was refused and the Date header is far from the time that the request was signed with.
---@param response table
---@param text string the message in it
---@param now number Unix time when it arrived
---@param used number the offset that the request was signed with
---@return number? offset seconds to add to this machine's time
function clock_skew.detect(response, text, now, used)
  local stated = text:match "server time:%s*(%d+T%d+Z)"
  local server_time = stated and time.parse_iso8601(stated)
  if server_time then return server_time - now end
  if response.status ~= 401 then return nil end
  server_time = time.parse_http_date(response.headers.date or "")
  if server_time and math.abs(server_time - now - used) > MIN_SKEW then return server_time - now end
end

--- Returns whether two offsets are more than one measurement's error apart.
---@param offset number
---@param other number
---@return boolean
function clock_skew.is_different(offset, other)
  return math.abs(offset - other) >= MAX_DIFFERENCE
end

--- Describes an offset.
---@param offset number seconds to add to this machine's time
---@return string
function clock_skew.describe(offset)
  local seconds = math.floor(math.abs(offset) + 0.5)
  return ("this machine's clock is %d s %s the server's clock"):format(seconds, offset > 0 and "behind" or "ahead of")
end

return clock_skew
