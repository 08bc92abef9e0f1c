--- Learns from a refused request how far this machine's clock is off.

local time = require "kms.util.time"

local clock_skew = {}

-- Two measurements of the same offset may differ by this, because a Date header has whole seconds and is as old as its
-- transfer.
local MAX_DIFFERENCE = 5 -- seconds

-- A response may be forged or come from a broken server. A larger offset is not learnt, because a request that is
-- signed for a distant day is valid on that day.
local MAX_OFFSET = 24 * 60 * 60 + MAX_DIFFERENCE -- seconds

--- Measures the clock offset that a response shows: the gateway states its time, or refuses the authentication and its
--- Date header is out of the cloud's tolerance.
local function measure(response, text, now, signed)
  local stated = text:match "server time:%s*(%d+T%d+Z)"
  local server_time = stated and time.parse_iso8601(stated)
  if server_time then return server_time - now end
  if response.status ~= 401 then return nil end
  server_time = time.parse_http_date(response.headers.date or "")
  if server_time and math.abs(server_time - now - signed.offset) > signed.tolerance then return server_time - now end
end

--- Measures the clock offset, if a response shows that the clock is the cause.
---@param response table
---@param text string the message in it
---@param now number this machine's Unix time when it arrived
---@param signed { offset: number, tolerance: number } the offset that the request was signed with, and by how many
---  seconds the cloud lets the clock be off
---@return number? offset seconds to add to this machine's time
---@return number? excessive_offset one that is too large to be learnt
function clock_skew.detect(response, text, now, signed)
  local offset = measure(response, text, now, signed)
  if offset and math.abs(offset) > MAX_OFFSET then return nil, offset end
  return offset
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
  local text = ("this machine's clock is %.0f s %s the server's clock"):format(seconds,
    offset > 0 and "behind" or "ahead of")
  if seconds <= MAX_OFFSET then return text end
  return text .. "; an offset of more than 24 h is not corrected"
end

return clock_skew
