--- Credential providers from a caller's function or object, whose results are validated.

local Credentials = require "kms.credentials.value"
local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local provider = require "kms.credentials.provider"

local custom = {}

--- Converts the failure of a caller's function to an error of its own, which other code may change.
---@param subject string for messages
---@param failure any the second value that the function returned
local function adopt_failure(subject, failure)
  if not Error.is(failure) then
    -- A text does not say what kind of failure it is. A function that returns a kms.Error can end a chain.
    local result = failure and "an error: " .. tostring(failure) or "nothing"
    return Credentials.error("missing", ("%s returned %s"):format(subject, result))
  end
  if failure.kind ~= "credentials" then
    return Credentials.error("unavailable", ("%s failed: %s"):format(subject, failure.message), failure)
  end
  return nil, Error.new(iterate.copy(failure))
end

--- Validates what a caller's function returned.
---@param subject string for messages
---@param context kms.Context
---@param values any
---@param failure any
---@return kms.Credentials? credentials, kms.Error? err
local function adopt_result(subject, context, values, failure)
  if type(values) ~= "table" then return adopt_failure(subject, failure) end
  local unknown = Credentials.find_unknown_field(context.fields, values)
  if unknown then
    -- Ignoring a misspelt security_token would make the cloud refuse the keys.
    return Credentials.error("invalid", ("%s returned an unknown field: %s"):format(subject, unknown))
  end
  local missing = Credentials.find_missing_fields(context.fields, values)
  if missing then return Credentials.error("missing", ("%s returned no %s"):format(subject, missing[1].name)) end
  local credentials, err = Credentials.new(context.fields, values)
  if credentials and credentials.expires and credentials.expires <= context:cloud_time() then
    return Credentials.error("expired", ("%s returned expired credentials"):format(subject))
  end
  return credentials, err
end

--- Creates a provider that calls a function for each call of a client.
---@param get fun(context: kms.Context): kms.Credentials?, any
---@return kms.credentials.Provider
function custom.from_function(get)
  return provider.new("function", function(context)
    return adopt_result("the credentials function", context, get(context))
  end)
end

--- Creates a provider from a caller's own one.
---@param object { name: string, get: function, forget: function? }
---@return kms.credentials.Provider
function custom.from_object(object)
  local function forget(_, refused)
    if object.forget then object:forget(refused) end
  end
  return provider.new(object.name, function(context)
    return adopt_result("credential provider " .. object.name, context, object:get(context))
  end, { forget = forget })
end

return custom
