--- Validates the params of an operation, and copies them, so that later changes by the caller do not affect the call.

local compile = require "kms.util.compile"
local lazy = require "kms.util.lazy"
local validate = require "kms.util.validate"

local param_value = lazy.read "kms.call.param_value"

local type, next = type, next

local params = {}

-- What is prepared once per operation: the fields by name, a function that creates a table with room for the required
-- ones, and for each field in order its name and, of a string whose rule is sufficient, the test.
local PLANS = setmetatable({}, { __mode = "k", __index = function(plans, entry)
  local plan, room = { known = validate.index_by_name(entry.params) }, {}
  for i, field in ipairs(entry.params) do
    local rule = field.rule
    local is_sufficient = field.type == "string" and rule and (rule.plain or rule.is_utf8)
    plan[i] = { field = field, name = field.name, test = is_sufficient and rule.test }
    if field.required then room[#room + 1] = ("[%q] = nil"):format(field.name) end
  end
  plan.has_required = room[1] ~= nil
  plan.create_values = compile("return { " .. table.concat(room, ", ") .. " }")
  plans[entry] = plan
  return plan
end })

--- Finds a name after `name` that no field has. This is not a loop, because LuaJIT would try again and again to compile
--- a loop that has two steps. Most operations have at most three params.
local function find_unknown(known, arguments, name)
  name = next(arguments, name)
  if name == nil or not known[name] then return name end
  name = next(arguments, name)
  if name == nil or not known[name] then return name end
  name = next(arguments, name)
  if name == nil or not known[name] then return name end
  return find_unknown(known, arguments, name)
end

--- Copies the params after validating them. An object with members of the caller's own becomes JSON text.
---@param entry kms.Operation
---@param arguments any what the caller passed; nil means no params
---@return table? values, kms.Error? err kind "invalid"
---@return string? problem argument error
function params.validate(entry, arguments)
  local plan = PLANS[entry]
  local known, values = plan.known, plan.create_values()
  if type(arguments) ~= "table" then
    if arguments == nil and not plan.has_required then return values end
    return nil, nil, ("table expected, got %s"):format(arguments == nil and "no value" or type(arguments))
  end
  local unknown = find_unknown(known, arguments)
  if unknown ~= nil then return nil, nil, validate.describe_unknown(entry.params, unknown, "field") end
  local invalid
  for i = 1, #plan do
    local item = plan[i]
    local name, test = item.name, item.test
    local value = arguments[name]
    if test and type(value) == "string" and test(value) then
      values[name] = value
    elseif value ~= nil then
      local problem
      values[name], problem = param_value.validate(item.field, value)
      if problem and not problem.rule then return param_value.fail(name, problem) end
      if problem then invalid = invalid or { name, problem } end
    elseif item.field.required then
      return nil, nil, ("field '%s' is missing"):format(name)
    end
  end
  -- An argument error counts more than an invalid value before it.
  if invalid then return param_value.fail(invalid[1], invalid[2]) end
  return values
end

return params
