--- Converts points in time between text and Unix time. os.time and os.date cannot, because os.time takes them for local
--- time, and both end in 2038 where a time_t has 32 bits.

local time = {}

local MONTHS = {}
for name in ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"):gmatch "%a+" do
  MONTHS[#MONTHS + 1] = name
  MONTHS[name] = #MONTHS
end

--- Counts the days from 1970-01-01. The year begins in March here, so that the leap day is its last day.
local function count_days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap_days = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leap_days + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Computes the date and time in UTC: the inverse of count_days, for years that begin in March. 146,097 days are 400
--- years, and five months from March or August have 153 days.
---@param seconds number Unix time; its fraction is cut off
---@return table date `year`, `month`, `day`, `hour`, `min`, `sec`, and `wday` from 1 for Sunday, as of os.date "!*t"
function time.compute_date(seconds)
  local floor = math.floor
  seconds = floor(seconds)
  local days = floor(seconds / 86400)
  local rest = seconds - days * 86400
  local day = days + 719468 -- since March 1 of year 0
  local cycle = floor(day / 146097)
  day = day - cycle * 146097
  local year = floor((day - floor(day / 1460) + floor(day / 36524) - floor(day / 146096)) / 365)
  day = day - (365 * year + floor(year / 4) - floor(year / 100))
  local month = floor((5 * day + 2) / 153) -- 0 is March
  day = day - floor((153 * month + 2) / 5) + 1
  year = year + 400 * cycle
  if month >= 10 then year, month = year + 1, month - 12 end
  return { year = year, month = month + 3, day = day, hour = floor(rest / 3600), min = floor(rest / 60) % 60,
    sec = rest % 60, wday = (days + 4) % 7 + 1 }
end

--- Computes Unix time from the texts of a time in UTC; nil if a part is out of range.
local function compute_unix_time(year, month, day, hour, minute, second)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if month < 1 or month > 12 or day < 1 or day > 31 then return nil end
  if hour > 23 or minute > 59 or second >= 61 then return nil end
  return ((count_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
end

--- Completes a year of two digits: of the possible years, the latest that is at most 50 years in the future (RFC 9110,
--- section 5.6.7).
local function complete_year(text)
  local limit = time.compute_date(os.time()).year + 50
  local year = limit - limit % 100 + tonumber(text)
  return year > limit and year - 100 or year
end

--- Parses the date of a header (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two obsolete
--- forms, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
---@param text string
---@return number? seconds
function time.parse_http_date(text)
  local day, name, year, hour, minute, second =
    text:match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not day then
    day, name, year, hour, minute, second = text:match "^%a+day, (%d%d)%-(%a%a%a)%-(%d%d) (%d%d):(%d%d):(%d%d) GMT$"
    year = year and complete_year(year)
  end
  if not day then
    name, day, hour, minute, second, year = text:match "^%a%a%a (%a%a%a) ([ %d]%d) (%d%d):(%d%d):(%d%d) (%d%d%d%d)$"
  end
  return day and MONTHS[name] and compute_unix_time(year, MONTHS[name], day, hour, minute, second) or nil
end

--- Parses `20211217T064303Z` or `2022-10-17T18:51:25.231000Z` (ISO 8601, UTC).
---@param text string
---@return number? seconds
function time.parse_iso8601(text)
  local year, month, day, hour, minute, second =
    text:match "^(%d%d%d%d)%-?(%d%d)%-?(%d%d)[T ](%d%d):?(%d%d):?(%d%d)%.?%d*Z?$"
  local seconds = year and compute_unix_time(year, month, day, hour, minute, second)
  -- Not by tonumber, because Lua 5.1 expects the decimal point of the locale there.
  local digits = seconds and text:match "%.(%d+)Z?$"
  return seconds and (digits and seconds + tonumber(digits) / 10 ^ #digits or seconds) or nil
end

local function format_date(form, seconds)
  local date = time.compute_date(seconds)
  return (form:format(date.year, date.month, date.day, date.hour, date.min, date.sec))
end

--- Formats Unix time as `2022-10-17T18:51:25Z` (ISO 8601, UTC).
---@param seconds number its fraction is cut off
---@return string
function time.format_iso8601(seconds) return format_date("%04d-%02d-%02dT%02d:%02d:%02dZ", seconds) end

--- Formats Unix time as `20221017T185125Z` (ISO 8601, basic format, UTC).
---@param seconds number its fraction is cut off
---@return string
function time.format_basic(seconds) return format_date("%04d%02d%02dT%02d%02d%02dZ", seconds) end

return time
