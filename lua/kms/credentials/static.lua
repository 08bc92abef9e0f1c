--- Credentials in a table of the caller.

local Credentials = require "kms.credentials.value"
local iterate = require "kms.util.iterate"
local provider = require "kms.credentials.provider"
local validate = require "kms.util.validate"

local static = {}

--- Checks a table of credentials for argument errors.
---@param fields kms.CredentialsField[] those of the cloud
---@param values any
---@return string? problem
function static.check(fields, values)
  local problem = validate.arguments(fields, values, "credentials field")
  if problem then return problem end
  for _, field in ipairs(fields) do
    if field.exclusive and values[field.name] and next(values, next(values)) then
      return ("credentials field '%s' excludes all other fields"):format(field.name)
    end
  end
  local missing = Credentials.find_missing_fields(fields, values)
  if missing then return ("credentials field '%s' is missing"):format(missing[1].name) end
end

--- Creates a provider of a copy of the values.
---@param values kms.Credentials
---@return kms.credentials.Provider
function static.new(values)
  local copy = iterate.copy(values)
  local by_fields = {} -- one table per cloud, so that every call gets the same one
  return provider.new("static", function(context)
    local fields, err = context.fields, nil
    if not by_fields[fields] then by_fields[fields], err = Credentials.new(fields, copy) end
    return by_fields[fields], err
  end, { check_fields = function(fields) return static.check(fields, copy) end, is_immediate = true })
end

return static
