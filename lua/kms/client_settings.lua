--- Resolves the settings of a client at its first call: its options, completed from the environment.

local call = require "kms.call"
local env = require "kms.util.env"
local Error = require "kms.error"
local validate = require "kms.util.validate"

local client_settings = {}

--- Describes what supplies the options that are missing.
local function describe_missing(provider, names)
  local fields, hints = validate.index_by_name(provider.options), {}
  for i, name in ipairs(names) do
    hints[i] = ("no %s: give the option %s or set %s"):format(name, name, table.concat(fields[name].variables, " or "))
  end
  return table.concat(hints, "; ")
end

local function create_invalid_error(name, problem)
  return Error.new { kind = "invalid", code = name, message = problem }
end

--- Completes the options from the environment, validates them, and lets the provider convert them to settings.
---@param self table a client, which gets `settings` and `call_class`
---@return kms.Error? err
function client_settings.resolve(self)
  local provider, values = self.provider, {}
  for _, field in ipairs(provider.options) do
    local name = field.name
    local value, variable = self.options[name], nil
    if value == nil and field.variables then value, variable = env.read(field.variables) end
    local problem = value and validate.value(variable or name, value, field.rule)
    if problem then return create_invalid_error(name, problem) end
    values[name] = value
  end
  local missing = provider.list_missing_options(values)
  if missing[1] then return create_invalid_error(missing[1], describe_missing(provider, missing)) end
  local settings, name, problem = provider.resolve_settings(values, env.read)
  if not settings then return create_invalid_error(name, problem) end
  self.call_class = call.new_class(self, settings)
  self.settings = settings -- last, because calls take this for the end of the initialization
end

return client_settings
