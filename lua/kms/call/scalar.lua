--- Converts strings, numbers, booleans and times between Lua and the wire, by the type of an operation's field.

local json_text = require "kms.util.json_text"
local lazy = require "kms.util.lazy"

local time = lazy.read "kms.util.time"

local floor, format, tonumber, type = math.floor, string.format, tonumber, type
local is_exact_integer = json_text.is_exact_integer
local to_lua_integer = rawget(math, "tointeger") or function(value) return value end

local scalar = {}

local MIN_MILLISECONDS = 1e11 -- a larger number without a unit is in milliseconds; as seconds it is after year 5138

local function format_integer(value) return format("%.0f", value) end

local TIME_WRITERS = {
  ms = function(value) return format("%.0f", floor(value * 1000 + 0.5)) end,
  s = function(value) return format("%.0f", floor(value + 0.5)) end,
}

local WRITERS = {
  integer = format_integer,
  number = json_text.number,
  boolean = tostring,
  ["integer|string"] = function(value) return type(value) == "number" and format_integer(value) or value end,
}

--- Writes a value as text, for a path, a query or a JSON string.
---@param field kms.OperationField
---@param value string|number|boolean
---@return string
function scalar.to_text(field, value)
  local field_type = field.type
  if field_type == "string" then return value end
  if field_type == "time" then return (TIME_WRITERS[field.unit] or time.format_iso8601)(value) end
  return WRITERS[field_type](value)
end

--- Writes a value as JSON.
---@param field kms.OperationParam
---@param value string|number|boolean
---@return string
function scalar.to_json(field, value)
  local text = scalar.to_text(field, value)
  local is_string = field.text or type(value) == "string" or field.type == "time" and not field.unit
  return is_string and json_text.quote(text) or text
end

-- The functions below read a value of a response: they return nil for one that is absent or has no meaning, and a
-- string that they cannot convert as it is.

local function read_string(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) ~= "number" then return nil end
  return format(is_exact_integer(value) and "%.0f" or "%.14g", value)
end

--- Reads a number, or the text of one. An empty text is absent.
local function read_number(value)
  local number = tonumber(value)
  if number and number - number == 0 then return number end -- finite
  return type(value) == "string" and value ~= "" and value or nil
end

local function read_integer(value)
  local number = read_number(value)
  if type(number) == "number" and number % 1 == 0 then return to_lua_integer(number) or number end
  return number
end

local BOOLEANS = { ["true"] = true, ["false"] = false }

local function read_boolean(value)
  if type(value) == "boolean" then return value end
  if type(value) ~= "string" or value == "" then return nil end
  local boolean = BOOLEANS[value]
  if boolean == nil then return value end
  return boolean
end

local function read_milliseconds(value)
  local number = tonumber(value)
  if number and number - number == 0 then return number / 1000 end
  return read_number(value)
end

--- Reads a time without a unit: text in ISO 8601, or a number whose size shows the unit.
local function read_time(value)
  local number = read_number(value)
  if type(number) == "string" then return time.parse_iso8601(number) or number end
  return number and number >= MIN_MILLISECONDS and number / 1000 or number
end

local TIME_READERS = { ms = read_milliseconds, s = read_number }

local READERS = {
  string = read_string, integer = read_integer, number = read_number, boolean = read_boolean,
  ["integer|string"] = read_integer,
}

-- Frequent values of some types, and what they are read as.
local FREQUENT = { boolean = { ["true"] = true, ["false"] = false, [true] = true, [false] = false }, integer = {} }
for i = 0, 99 do FREQUENT.integer[tostring(i)] = i end

--- Returns a table of frequent values, which a reader need not be called for.
---@param field kms.OperationField
---@return table<any, any>?
function scalar.get_frequent(field)
  return FREQUENT[field.type]
end

--- Returns the function that reads a value of a type from a response.
---@param field kms.OperationField
---@return fun(value: any): string|number|boolean|nil
function scalar.get_reader(field)
  if field.type == "time" then return TIME_READERS[field.unit] or read_time end
  return READERS[field.type]
end

return scalar
