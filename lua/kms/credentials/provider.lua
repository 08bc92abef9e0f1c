--- The object that every source is, and how a caller's function, table or own object becomes one.

local Error = require "kms.error"
local Credentials = require "kms.credentials.value"

local provider = {}

---@class kms.Tried one source that did not serve
---@field name string
---@field code string
---@field reason string one line, without a secret

---@class kms.CredentialsContext what a client tells a source of the call that needs credentials
---@field provider "huawei"|"ncloud"
---@field fields kms.CredentialsField[]
---@field region string?
---@field deadline number? on the scale of `clock`
---@field clock fun(self): number monotonic time in seconds
---@field now fun(self): number Unix time in seconds
---@field send fun(self, request: table): table?, kms.Error? as a transport's, within the call's deadline, and within
---  `timeout` seconds if the request has it
---@field sleep fun(self, seconds: number)

---@class kms.CredentialProvider
---@field name string
---@field get fun(self, context: kms.CredentialsContext): kms.Credentials?, kms.Error?
---@field forget (fun(self, refused: kms.Credentials?))? drops what is held and remembered; or only these, which the
---  cloud refused, so that the next `get` makes new ones
---@field check_fields (fun(fields: kms.CredentialsField[]): string?)? why it cannot serve a cloud with these fields
---@field is_immediate boolean? `get` never waits

-- Secrets are upvalues of `get`, never fields: whoever prints a source sees none.
local metatable = { __name = "kms.credentials" }
function metatable.__tostring(self) return ("kms.credentials (%s)"):format(self.name) end

--- Makes a source. Its errors say what was tried.
---@param name string
---@param get fun(context: kms.CredentialsContext): kms.Credentials?, kms.Error?
---@param more { forget: function?, check_fields: function?, is_immediate: boolean? }?
---@return kms.CredentialProvider
function provider.new(name, get, more)
  local self = { name = name, forget = more and more.forget, check_fields = more and more.check_fields,
    is_immediate = more and more.is_immediate }
  function self.get(_, context)
    local found, err = get(context)
    if found then return found end
    err.tried = err.tried or { { name = name, code = err.code, reason = err.message } }
    return nil, err
  end
  return setmetatable(self, metatable)
end

---@return boolean
function provider.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

--- A check for `check_fields`: the cloud knows a kind of credentials, by the name of their field.
---@return fun(fields: kms.CredentialsField[]): string?
function provider.requires_field(name, field_name)
  return function(fields)
    for _, field in ipairs(fields) do
      if field.name == field_name then return nil end
    end
    return ("credentials source '%s' does not serve this cloud"):format(name)
  end
end

--- What a function of the caller's own gave, as a snapshot or as our error.
local function received(name, context, given, err)
  if type(given) ~= "table" then
    if not Error.is(err) then
      -- A plain text tells nothing of its kind. To end a chain, a function returns an error value.
      return Credentials.error("missing", ("the credentials %s gave %s"):format(
        name, err and "an error: " .. tostring(err) or "nothing"))
    end
    if err.kind ~= "credentials" then
      return Credentials.error("unavailable", ("the credentials %s failed: %s"):format(name, err.message), err)
    end
    local copy = {} -- the caller may keep his error and return it again
    for field, value in pairs(err) do copy[field] = value end
    return nil, Error.new(copy)
  end
  local unknown = Credentials.unknown_field(context.fields, given)
  if unknown then
    -- A misspelt security_token would be left out, and the keys refused without it.
    return Credentials.error("invalid", ("the credentials %s gave a field that is not known: %s"):format(name, unknown))
  end
  local absent = Credentials.missing_fields(context.fields, given)
  if absent then
    return Credentials.error("missing", ("the credentials %s gave no %s"):format(name, absent[1].name))
  end
  local found
  found, err = Credentials.new(context.fields, given)
  if found and found.expires and found.expires <= context:now() then
    return Credentials.error("expired", ("the credentials %s gave credentials that have expired"):format(name))
  end
  return found, err
end

--- A source of the caller's function.
---@param get fun(context: kms.CredentialsContext): kms.Credentials?, any
---@return kms.CredentialProvider
function provider.from_function(get)
  return provider.new("function", function(context)
    local given, err = get(context)
    return received("function", context, given, err)
  end)
end

--- Whether a table is a source of the caller's own making.
function provider.is_custom(value)
  return type(value) == "table" and type(value.get) == "function" and type(value.name) == "string"
end

--- A source of an object of the caller's own.
---@param object { name: string, get: function, forget: function? }
---@return kms.CredentialProvider
function provider.from_object(object)
  local function forget(_, refused)
    if object.forget then object:forget(refused) end
  end
  return provider.new(object.name, function(context)
    local given, err = object:get(context)
    return received("source " .. object.name, context, given, err)
  end, { forget = forget })
end

return provider
