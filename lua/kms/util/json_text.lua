--- Writes JSON text. The encoder of cjson writes an empty list as an object and numbers with 14 digits, and it keeps a
--- copy of what it wrote last, which may be a secret.

local cjson = require "cjson"

local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub

local json_text = {}

local MAX_DEPTH = 32 -- tables within tables; a table that contains itself exceeds it
local MAX_EXACT = 2 ^ 53 -- a whole number up to here is exact

local SPECIAL = '[%z\1-\31"\\\127]'
local SHORT = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character) return SHORT[character] or format("\\u%04x", byte(character)) end

--- Writes a string. Its bytes above 127 stay as they are.
---@param text string UTF-8
---@return string
function json_text.quote(text)
  if not find(text, SPECIAL) then return '"' .. text .. '"' end
  return '"' .. gsub(text, SPECIAL, escape) .. '"'
end

--- Returns whether a number is finite.
---@param value number
---@return boolean
function json_text.is_finite(value)
  return value == value and value > -math.huge and value < math.huge
end

--- Returns whether a number is whole, and so small that it is exact.
---@param value number
---@return boolean
function json_text.is_exact_integer(value)
  return value % 1 == 0 and value >= -MAX_EXACT and value <= MAX_EXACT
end

--- Writes a number so that reading it gives the same number, with a decimal point in every locale.
---@param value number finite
---@return string
function json_text.number(value)
  if json_text.is_exact_integer(value) then return format("%.0f", value) end
  local text = format("%.14g", value)
  if tonumber(text) ~= value then text = format("%.17g", value) end
  return (gsub(text, ",", "."))
end

local write_table

--- Writes a value of any JSON type.
---@param path string of the value in the table that is written
---@return string? text, string? path, string? problem
local function write_value(value, path, depth)
  local value_type = type(value)
  if value_type == "string" then return json_text.quote(value) end
  if value_type == "boolean" then return tostring(value) end
  if value_type == "number" then
    if json_text.is_finite(value) then return json_text.number(value) end
    return nil, path, "finite number expected, got " .. tostring(value)
  end
  if value_type == "table" then return write_table(value, path, depth) end
  -- cjson decodes null to this value, and a host's cjson may have a value for an empty list.
  if value == cjson.null then return "null" end
  if value ~= nil and value == cjson.empty_array then return "[]" end
  return nil, path, "value of JSON expected, got " .. value_type
end

local function write_list(list, count, path, depth)
  local parts = {}
  for i = 1, count do
    local text, wrong_path, problem = write_value(rawget(list, i), ("%s[%d]"):format(path, i), depth)
    if not text then return nil, wrong_path, problem end
    parts[i] = text
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function write_object(object, names, path, depth)
  table.sort(names)
  for i, name in ipairs(names) do
    local text, wrong_path, problem = write_value(rawget(object, name), path .. "." .. name, depth)
    if not text then return nil, wrong_path, problem end
    names[i] = json_text.quote(name) .. ":" .. text
  end
  return "{" .. table.concat(names, ",") .. "}"
end

--- Returns whether the keys of a table are 1 to n, without metamethods.
---@param value table
---@return boolean is_list, integer count
function json_text.is_list(value)
  local count, highest = 0, 0
  for key in next, value do
    if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then return false, 0 end
    count = count + 1
    if key > highest then highest = key end
  end
  return count == highest, count
end

function write_table(value, path, depth)
  if depth > MAX_DEPTH then return nil, path, ("at most %d levels of tables expected"):format(MAX_DEPTH) end
  local is_list, count = json_text.is_list(value)
  if is_list and count > 0 then return write_list(value, count, path, depth + 1) end
  local names = {}
  for key in next, value do
    if type(key) ~= "string" then
      return nil, path, "list without gaps or table with string keys expected"
    end
    names[#names + 1] = key
  end
  return write_object(value, names, path, depth + 1)
end

--- Writes a table of the caller: a list, or an object whose members are sorted. An empty table is an object. Reads it
--- without metamethods.
---@param value table
---@return string? text
---@return string? path of what cannot be written: ".statement[2]"
---@return string? problem
function json_text.write(value)
  return write_table(value, "", 1)
end

return json_text
