--- Formats and parses points in time as the emulated services write them.

local util_time = require "kms.util.time"

local time = {}

local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

local LONG_DAYS = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }

-- By format: functions of a table from compute_date.
local HTTP_FORMATS = {
  imf = function(t)
    return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(
      DAYS[t.wday], t.day, MONTHS[t.month], t.year, t.hour, t.min, t.sec)
  end,
  rfc850 = function(t)
    return ("%s, %02d-%s-%02d %02d:%02d:%02d GMT"):format(
      LONG_DAYS[t.wday], t.day, MONTHS[t.month], t.year % 100, t.hour, t.min, t.sec)
  end,
  asctime = function(t)
    return ("%s %s %2d %02d:%02d:%02d %04d"):format(
      DAYS[t.wday], MONTHS[t.month], t.day, t.hour, t.min, t.sec, t.year)
  end,
}

--- Formats a date for a header (RFC 9110, section 5.6.7).
---@param seconds number Unix time
---@param format "imf"|"rfc850"|"asctime"|nil "imf" when absent; the others are obsolete
---@return string
function time.format_http(seconds, format)
  return HTTP_FORMATS[format or "imf"](util_time.compute_date(seconds))
end

--- Formats a time for a response body: "2026-01-02T03:04:05Z" (ISO 8601).
---@param seconds number Unix time
---@return string
time.format_iso = util_time.format_iso8601

--- Formats a time with microseconds, rounded down: "2026-01-02T03:04:05.678900Z".
---@param seconds number Unix time
---@return string
function time.format_iso_micros(seconds)
  local whole = math.floor(seconds)
  return util_time.format_iso8601(whole):sub(1, -2) .. (".%06dZ"):format(math.floor((seconds - whole) * 1e6))
end

--- Formats the value of X-Sdk-Date: "20260102T030405Z".
---@param seconds number Unix time
---@return string
time.format_sdk_date = util_time.format_basic

--- Parses the value of X-Sdk-Date.
---@param text string
---@return number? seconds Unix time; nil when the text is not such a value
function time.parse_sdk_date(text)
  if not text:find "^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$" then return nil end
  return util_time.parse_iso8601(text)
end

return time
