--- Describes and validates the tables that users pass to the emulator.

local validate = require "kms.util.validate"

local schema = {}

--- Describes a field that must be present.
---@param name string
---@param value_type string? "string" when absent
---@return kms.Field
function schema.required(name, value_type) return { name = name, type = value_type or "string", required = true } end

--- Describes a field that may be absent.
---@param name string
---@param value_type string? "string" when absent
---@return kms.Field
function schema.optional(name, value_type) return { name = name, type = value_type or "string" } end

--- Describes a field whose value is one of some words.
---@param name string
---@param words string[]
---@param is_required boolean?
---@return kms.Field
function schema.choice(name, words, is_required)
  local known = {}
  for _, word in ipairs(words) do known[word] = true end
  local rule = { text = "one of " .. table.concat(words, ", "), test = function(value) return known[value] end }
  return { name = name, type = "string", required = is_required, rule = rule }
end

--- Describes a field whose value is a whole number in a range.
---@param name string
---@param min integer
---@param max integer
---@param is_required boolean?
---@return kms.Field
function schema.whole_number(name, min, max, is_required)
  local rule = {
    text = ("a whole number from %d to %d"):format(min, max),
    test = function(value) return value >= min and value <= max and value % 1 == 0 end,
  }
  return { name = name, type = "number", required = is_required, rule = rule }
end

--- Returns whether a value is a number, but neither infinite nor NaN.
---@param value any
---@return boolean
function schema.is_finite(value)
  return type(value) == "number" and value == value and math.abs(value) < math.huge
end

--- Copies a value, tables with all that they hold.
---@generic T
---@param value T
---@return T
function schema.deep_copy(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do copy[name] = schema.deep_copy(member) end
  return copy
end

---@class kms.EmulatorField : kms.Field
---@field find_problem (fun(value: any): string?)? finds the problem of a value that is a table

--- Finds the first problem of a table: of its names and types, then of its values.
---@param fields kms.EmulatorField[]
---@param value any
---@param what string the word for one entry of the table, such as "field"
---@return string? problem
function schema.find_problem(fields, value, what)
  local problem = validate.arguments(fields, value, what)
  if problem then return problem end
  for _, field in ipairs(fields) do
    local member = value[field.name]
    if type(member) == "number" and not schema.is_finite(member) then
      return ("%s '%s': finite number expected, got %s"):format(what, field.name, tostring(member))
    end
    problem = member ~= nil and field.rule and validate.value(field.name, member, field.rule)
    if problem then return problem end
    problem = member ~= nil and field.find_problem and field.find_problem(member)
    if problem then return ("%s '%s': %s"):format(what, field.name, problem) end
  end
end

return schema
