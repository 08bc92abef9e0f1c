--- The interface of credential providers.

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

return provider
