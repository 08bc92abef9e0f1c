--- Credentials in environment variables, read for each call.

local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local provider = require "kms.credentials.provider"

local environment = {}

--- Lists the missing fields with the option and the variables that supply them.
local function describe_missing(fields)
  local hints = {}
  for i, field in ipairs(fields) do
    hints[i] = ("no %s: give the option credentials.%s or set %s"):format(
      field.name, field.name, table.concat(field.variables, " or "))
  end
  return table.concat(hints, "; ")
end

--- Finds a variable whose name is a mistake. Without its token a temporary key would be refused, and then locked.
---@return string? problem
local function find_wrong_variable(fields, values)
  for _, field in ipairs(fields) do
    local _, variable = env.read(not values[field.name] and field.wrong_variables or {})
    if variable then
      return ("%s is not read; the variable of %s is %s"):format(variable, field.name,
        table.concat(field.variables, " or "))
    end
  end
end

local function get(context)
  local fields, values, labels, set_variable = context.fields, {}, {}, nil
  for _, field in ipairs(fields) do
    local name = field.name
    values[name], labels[name] = env.read(field.variables or {})
    set_variable = set_variable or labels[name]
  end
  local missing = Credentials.find_missing_fields(fields, values)
  local message = missing and describe_missing(missing)
  if missing and not set_variable then return Credentials.error("missing", message) end
  -- Incomplete variables are a mistake, so a chain must not continue to the next provider.
  if missing then return Credentials.error("invalid", ("%s is set, but %s"):format(set_variable, message)) end
  local problem = find_wrong_variable(fields, values)
  if problem then return Credentials.error("invalid", problem) end
  return Credentials.new(fields, values, labels)
end

---@return kms.credentials.Provider
function environment.new()
  return provider.new("environment", get, { is_immediate = true })
end

return environment
