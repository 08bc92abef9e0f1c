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

local function get(context)
  local values, set_variable = {}, nil
  for _, field in ipairs(context.fields) do
    local value, variable = env.read(field.variables or {})
    values[field.name], set_variable = value, set_variable or variable
  end
  local missing = Credentials.find_missing_fields(context.fields, values)
  if not missing then return Credentials.new(context.fields, values) end
  local message = describe_missing(missing)
  if not set_variable then return Credentials.error("missing", message) end
  -- Incomplete variables are a mistake, so a chain must not continue to the next provider.
  return Credentials.error("invalid", ("%s is set, but %s"):format(set_variable, message))
end

---@return kms.credentials.Provider
function environment.new()
  return provider.new("environment", get, { is_immediate = true })
end

return environment
