--- Writes results as JSON, with the members in the order of the reference.

local json_text = require "kms.util.json_text"

local json = {}

local INDENT = "  "

local write

--- Returns the names of an object: first those of the fields, in their order, then the others, sorted.
local function order_names(object, fields)
  local names, seen, others = {}, {}, {}
  for _, field in ipairs(fields or {}) do
    if object[field.name] ~= nil then
      names[#names + 1] = { field.name, field }
      seen[field.name] = true
    end
  end
  for name in pairs(object) do
    if not seen[name] then others[#others + 1] = name end
  end
  table.sort(others, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(others) do names[#names + 1] = { name } end
  return names
end

local function join(parts, opening, closing, depth)
  if not depth then return opening .. table.concat(parts, ",") .. closing end
  local separator = "\n" .. INDENT:rep(depth + 1)
  return opening .. separator .. table.concat(parts, "," .. separator) .. "\n" .. INDENT:rep(depth) .. closing
end

local function write_list(list, item, depth)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = write(value, item, depth and depth + 1) end
  return join(parts, "[", "]", depth)
end

local function write_object(object, fields, depth)
  local parts = {}
  for i, name in ipairs(order_names(object, fields)) do
    parts[i] = json_text.quote(tostring(name[1])) .. (depth and ": " or ":")
      .. write(object[name[1]], name[2], depth and depth + 1)
  end
  return join(parts, "{", "}", depth)
end

--- Writes a value.
---@param value any
---@param field kms.OperationField?
---@param depth integer? nil: on one line
---@return string
function write(value, field, depth)
  if type(value) == "string" then return json_text.quote(value) end
  if type(value) == "number" then return json_text.number(value) end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) ~= "table" then return "null" end
  field = field or {}
  local is_list = field.type == "list" or field.type ~= "object" and value[1] ~= nil
  if is_list then return value[1] == nil and "[]" or write_list(value, field.items, depth) end
  return next(value) == nil and "{}" or write_object(value, field.fields, depth)
end

--- Returns the field of an object whose members have an order.
---@param names string separated by spaces
---@return kms.OperationField
function json.ordered(names)
  local fields = {}
  for name in names:gmatch "%S+" do fields[#fields + 1] = { name = name } end
  return { type = "object", fields = fields }
end

--- Writes a document for people and programs.
---@param value any
---@param field kms.OperationField? the types and the order of its members
---@return string
function json.document(value, field) return write(value, field, 0) .. "\n" end

--- Writes one line.
---@param value any
---@param field kms.OperationField?
---@return string
function json.line(value, field) return write(value, field) .. "\n" end

return json
