--- Converts the records of a journal to lines of JSON and back.

local cjson = require "cjson.safe".new()
local http1 = require "kms.http1"
local time = require "kms.util.time"

cjson.decode_invalid_numbers(false)

local find = string.find

local records = {}

-- The members of a record in the order in which a line has them.
local MEMBERS = {
  "t", "type", "format", "n", "line", "key", "after", "temporary", "attempt", "outcome", "inferred", "uncertain",
  "code", "status", "message", "request_id", "before", "journal", "operation", "host", "region", "project_id", "undoes",
  "undoes_plan", "items", "steps", "plan", "params", "counts",
}

local PREFIXES = {}
for i, name in ipairs(MEMBERS) do PREFIXES[i] = (',"%s":'):format(name) end

--- Encodes a value with the members of objects in alphabetical order, so that equal values give equal text.
local function encode(value)
  local value_type = type(value)
  if value_type == "string" then
    -- Most strings need no escapes.
    if not find(value, '[^ !#-%[%]-~]') then return '"' .. value .. '"' end
    return cjson.encode(value)
  elseif value_type == "number" then
    return ("%d"):format(value)
  elseif value_type ~= "table" then
    return tostring(value)
  end
  local parts = {}
  if value[1] ~= nil then
    for i, member in ipairs(value) do parts[i] = encode(member) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name in pairs(value) do parts[#parts + 1] = name end
  table.sort(parts)
  for i, name in ipairs(parts) do parts[i] = cjson.encode(name) .. ":" .. encode(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local last_second, last_date

--- Formats Unix time as in ISO 8601, in UTC with milliseconds.
---@param seconds number
---@return string
function records.format_time(seconds)
  local whole = math.floor(seconds)
  if whole ~= last_second then last_second, last_date = whole, time.format_iso8601(whole):sub(1, -2) end
  return last_date .. (".%03dZ"):format(math.floor((seconds - whole) * 1000))
end

--- Encodes a record as a line.
---@param record table
---@return string
function records.encode(record)
  local parts, count = {}, 0
  for i = 1, #MEMBERS do
    local name = MEMBERS[i]
    local value = record[name]
    if value ~= nil then
      parts[count + 1], parts[count + 2] = PREFIXES[i], encode(value)
      count = count + 2
    end
  end
  parts[1] = "{" .. parts[1]:sub(2)
  parts[count + 1] = "}\n"
  return table.concat(parts)
end

--- Adds the time to a record and encodes it.
---@param record table
---@return string
function records.encode_now(record)
  record.t = records.format_time(http1.now())
  return records.encode(record)
end

--- Decodes a line.
---@param line string without the line feed
---@return table? record
function records.decode(line)
  local record = line:find("^{.*}$") and not line:find("\0", 1, true) and cjson.decode(line)
  if type(record) ~= "table" or type(record.type) ~= "string" then return nil end
  for name, value in pairs(record) do
    if value == cjson.null then record[name] = nil end
  end
  return record
end

return records
