--- Validates and copies values of params, by their types, and describes what is wrong.

local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local json_writer = require "kms.util.json_writer"
local scalar_check = require "kms.call.scalar_check"
local validate = require "kms.util.validate"

local param_value = {}

--- What is wrong with a value: its type, which is an argument error, or a rule that it breaks, a validation error.
---@class kms.ParamProblem
---@field path string of the value, from the value that was validated: "[2].value"
---@field text string? completes "field 'PATH'"
---@field rule kms.Rule?
---@field value any that breaks the rule
---@field is_secret boolean? the value is not shown

---@return nil, kms.ParamProblem
local function reject(text) return nil, { path = "", text = text } end

---@return nil, kms.ParamProblem
local function reject_value(field, value, rule)
  return nil, { path = "", rule = rule, value = value, is_secret = field.secret }
end

--- Completes the problem of a value with its path in the value around it.
local function add_path(field, problem, path)
  problem.path = path .. problem.path
  problem.is_secret = problem.is_secret or field.secret
  return nil, problem
end

local UTF8 = { text = "UTF-8 without NUL", test = validate.is_utf8 }

--- Validates the rule of a string. Every string must be UTF-8, or no JSON can carry it.
local function validate_string(field, value)
  local rule = field.rule
  if rule and not rule.test(value) then return reject_value(field, value, rule) end
  local is_utf8 = rule and (rule.plain or rule.is_utf8) or UTF8.test(value)
  if not is_utf8 then return reject_value(field, value, UTF8) end
  return value
end

local function describe_range(field)
  if not field.max then return "at least " .. field.min end
  return field.min and ("%s to %s"):format(field.min, field.max) or "at most " .. field.max
end

local function validate_number(field, value)
  if field.min and value < field.min or field.max and value > field.max then
    return reject_value(field, value, { text = describe_range(field) })
  end
  if field.rule and not field.rule.test(value) then return reject_value(field, value, field.rule) end
  return value
end

local function validate_scalar(field, value)
  local copy, problem = scalar_check[field.type](value)
  if copy == nil then return reject(": " .. problem) end
  if type(copy) == "string" then return validate_string(field, copy) end
  if type(copy) == "number" then return validate_number(field, copy) end
  return copy
end

local validate_value

--- Validates a list. Reads it without metamethods.
local function validate_list(field, list)
  local is_list, count = json_writer.is_list(list)
  if not is_list then return reject ": list without gaps or named fields expected" end
  local item, copy = field.items, {}
  for i = 1, count do
    local value, problem = validate_value(item, rawget(list, i))
    if value == nil then return add_path(field, problem, ("[%d]"):format(i)) end
    copy[i] = value
  end
  return copy
end

--- Validates an object with known fields. Reads it without metamethods.
local function validate_object(field, object)
  local fields, copy = field.fields, {}
  local known = validate.index_by_name(fields)
  for name in iterate.members(object) do
    if not known[name] then return reject(": " .. validate.describe_unknown(fields, name, "field")) end
  end
  for _, inner in ipairs(fields) do
    local name = inner.name
    local value = rawget(object, name)
    if value ~= nil then
      local problem
      copy[name], problem = validate_value(inner, value)
      if problem then return add_path(field, problem, "." .. name) end
    elseif inner.required then
      return nil, { path = "." .. name, text = " is missing" }
    end
  end
  return copy
end

--- Writes an object with members of the caller's own as JSON.
local function write_object(object)
  local text, path, problem = json_writer.write(object)
  if text then return text end
  return nil, { path = path, text = ": " .. problem }
end

--- Validates a value that is not nil.
---@param field kms.OperationField
---@param value any
---@return any copy nil if the value is not accepted
---@return kms.ParamProblem? problem
function validate_value(field, value)
  local field_type = field.type
  if field_type == "list" or field_type == "string|list" and type(value) == "table" then
    if type(value) ~= "table" then return reject(": list expected, got " .. type(value)) end
    return validate_list(field, value)
  elseif field_type == "object" then
    if type(value) ~= "table" then return reject(": table expected, got " .. type(value)) end
    if not field.fields then return write_object(value) end
    return validate_object(field, value)
  elseif field_type == "string|list" then
    if type(value) ~= "string" then return reject(": string or list expected, got " .. type(value)) end
    return validate_string(field, value)
  end
  return validate_scalar(field, value)
end

param_value.validate = validate_value

--- Formats what is wrong with a param: a validation error, or an argument error.
---@param name string of the param
---@param problem kms.ParamProblem
---@return nil, kms.Error?, string?
function param_value.fail(name, problem)
  local path, rule = name .. problem.path, problem.rule
  if not rule then return nil, nil, ("field '%s'%s"):format(path, problem.text) end
  local message = problem.is_secret and ("%s must be %s; its value is not shown"):format(path, rule.text)
    or validate.describe_value(path, problem.value, rule)
  return nil, Error.new { kind = "invalid", code = path, message = message }
end

return param_value
