--- Fields of the tables that users hand to the emulator: names and types by kms.util.validate, and then their rules.

local validate = require "kms.util.validate"

local fields = {}

function fields.required(name, kind) return { name = name, type = kind or "string", required = true } end

function fields.optional(name, kind) return { name = name, type = kind or "string" } end

--- A field, a string, that is one of some words.
function fields.choice(name, words, is_required)
  local known = {}
  for _, word in ipairs(words) do known[word] = true end
  local rule = { text = "one of " .. table.concat(words, ", "), test = function(value) return known[value] end }
  return { name = name, type = "string", required = is_required, rule = rule }
end

--- What is wrong with a table.
---@param list kms.Field[]
---@param given any
---@param what string what an entry is called
---@return string? problem
function fields.problem(list, given, what)
  local problem = validate.arguments(list, given, what)
  if problem then return problem end
  for _, field in ipairs(list) do
    local value = given[field.name]
    problem = value ~= nil and field.rule and validate.value(field.name, value, field.rule)
    if problem then return problem end
  end
end

return fields
