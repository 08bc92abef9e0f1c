--- The interface of credential providers, and adapters for a caller's function or object.

local Credentials = require "kms.credentials.value"
local Error = require "kms.error"

local provider = {}

---@class kms.credentials.Provider : kms.CredentialProvider
---@field is_immediate boolean? `get` never waits
---@field check_fields (fun(fields: kms.CredentialsField[]): string?)? returns why the provider cannot serve the cloud
---  with these fields

-- Secrets are upvalues of `get`, never fields, so that a printed provider shows none.
local metatable = { __name = "kms.credentials" }
function metatable.__tostring(self) return ("kms.credentials (%s)"):format(self.name) end

--- Creates a provider. Its errors list it in `tried`.
---@param name string
---@param get fun(context: kms.Context): kms.Credentials?, kms.Error?
---@param options { forget: function?, check_fields: function?, is_immediate: boolean? }?
---@return kms.credentials.Provider
function provider.new(name, get, options)
  options = options or {}
  local self = { name = name, forget = options.forget, check_fields = options.check_fields,
    is_immediate = options.is_immediate }
  function self.get(_, context)
    local credentials, err = get(context)
    if credentials then return credentials end
    err.tried = err.tried or { { name = name, code = err.code, reason = err.message } }
    return nil, err
  end
  return setmetatable(self, metatable)
end

--- Returns whether a value was created by `new`.
---@param value any
---@return boolean
function provider.is_provider(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

--- Returns the message for a provider that serves another cloud only.
---@param name string the provider's
---@return string
function provider.describe_wrong_cloud(name)
  return ("credential provider '%s' does not serve this cloud"):format(name)
end

--- Creates a `check_fields` that accepts clouds with one field.
---@param name string the provider's
---@param field_name string
---@return fun(fields: kms.CredentialsField[]): string?
function provider.require_field(name, field_name)
  return function(fields)
    for _, field in ipairs(fields) do
      if field.name == field_name then return nil end
    end
    return provider.describe_wrong_cloud(name)
  end
end

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
  local copy = {}
  for name, value in pairs(failure) do copy[name] = value end
  return nil, Error.new(copy)
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
function provider.from_function(get)
  return provider.new("function", function(context)
    return adopt_result("the credentials function", context, get(context))
  end)
end

--- Returns whether a value is a caller's own provider: a table with a name and a method `get`.
---@param value any
---@return boolean
function provider.is_custom(value)
  return type(value) == "table" and type(value.get) == "function" and type(value.name) == "string"
end

--- Creates a provider from a caller's own one.
---@param object { name: string, get: function, forget: function? }
---@return kms.credentials.Provider
function provider.from_object(object)
  local function forget(_, refused)
    if object.forget then object:forget(refused) end
  end
  return provider.new(object.name, function(context)
    return adopt_result("credential provider " .. object.name, context, object:get(context))
  end, { forget = forget })
end

return provider
