--- Converts the records of a journal to lines of JSON and back.

local cjson = require "cjson.safe".new()
local http1 = require "kms.http1"

cjson.decode_invalid_numbers(false)

local records = {}

-- The members of a record in the order in which a line has them.
local MEMBERS = {
  "t", "type", "format", "n", "line", "key", "after", "temporary", "attempt", "outcome", "inferred", "uncertain",
  "code", "status", "message", "request_id", "before", "operation", "host", "region", "project_id", "items", "steps",
  "plan", "params", "counts",
}

--- Encodes a value with the members of objects in alphabetical order, so that equal values give equal text.
local function encode(value)
  if type(value) == "number" then return ("%d"):format(value) end
  if type(value) ~= "table" then return cjson.encode(value) end
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

--- Formats Unix time as in ISO 8601, in UTC with milliseconds.
---@param seconds number
---@return string
function records.format_time(seconds)
  local whole = math.floor(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%03dZ"):format(math.floor((seconds - whole) * 1000))
end

--- Encodes a record as a line.
---@param record table
---@return string
function records.encode(record)
  local parts = {}
  for _, name in ipairs(MEMBERS) do
    local value = record[name]
    if value ~= nil then parts[#parts + 1] = ('"%s":%s'):format(name, encode(value)) end
  end
  return "{" .. table.concat(parts, ",") .. "}\n"
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
