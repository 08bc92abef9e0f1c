--- Points in time as clouds write them, read as Unix time. os.time would take them for local time.

local time = {}

local MONTHS = {}
for name in ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"):gmatch "%a+" do
  MONTHS[#MONTHS + 1] = name
  MONTHS[name] = #MONTHS
end

-- Days before each month of a year that begins in March, so that the leap day comes last.
local function days_since_1970(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leaps = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leaps + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Unix time of a moment in UTC; nil when a part is out of range.
local function moment(year, month, day, hour, minute, second)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if month < 1 or month > 12 or day < 1 or day > 31 then return nil end
  if hour > 23 or minute > 59 or second >= 61 then return nil end
  return ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
end

--- `Sun, 06 Nov 1994 08:49:37 GMT`, the form of a Date header (RFC 9110, section 5.6.7).
---@param text string
---@return number? seconds
function time.parse_http_date(text)
  local day, name, year, hour, minute, second =
    text:match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  return day and MONTHS[name] and moment(year, MONTHS[name], day, hour, minute, second) or nil
end

--- `20211217T064303Z` or `2022-10-17T18:51:25.231000Z` (ISO 8601, UTC).
---@param text string
---@return number? seconds
function time.parse_iso8601(text)
  local year, month, day, hour, minute, second =
    text:match "^(%d%d%d%d)%-?(%d%d)%-?(%d%d)[T ](%d%d):?(%d%d):?(%d%d%.?%d*)Z?$"
  return year and moment(year, month, day, hour, minute, second) or nil
end

return time
