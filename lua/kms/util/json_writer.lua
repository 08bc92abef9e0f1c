--- Writes tables as JSON. The encoder of cjson writes an empty list as an object and numbers with 14 digits, and it
--- keeps a copy of what it wrote last, which may be a secret.

local cjson = require "cjson.safe" -- loaded before, because it decodes responses
local iterate = require "kms.util.iterate"
local json_text = require "kms.util.json_text"

local json_writer = {}

local MAX_DEPTH = 32 -- tables within tables; a table that contains itself exceeds it

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
function json_writer.is_list(value)
  local count, highest = 0, 0
  for key in iterate.members(value) do
    if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then return false, 0 end
    count = count + 1
    if key > highest then highest = key end
  end
  return count == highest, count
end

function write_table(value, path, depth)
  if depth > MAX_DEPTH then return nil, path, ("at most %d levels of tables expected"):format(MAX_DEPTH) end
  local is_list, count = json_writer.is_list(value)
  if is_list and count > 0 then return write_list(value, count, path, depth + 1) end
  local names = {}
  for key in iterate.members(value) do
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
function json_writer.write(value)
  return write_table(value, "", 1)
end

return json_writer
