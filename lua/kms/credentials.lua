--- Where credentials come from. A source is a function that returns one snapshot, or nil and an error.

local check = require "kms.check"
local Error = require "kms.error"

local credentials = {}

---@class kms.Credentials
---@field access_key string?
---@field secret_key string?
---@field security_token string? with temporary keys (Huawei Cloud)
---@field token string? instead of the keys: a ready X-Auth-Token (Huawei Cloud)

---@alias kms.CredentialsSource fun(): kms.Credentials?, kms.Error?

---@class kms.CredentialsField : kms.Field
---@field variables string[] environment variables, the first that is set counts
---@field optional boolean?
---@field instead boolean? stands alone, in place of the keys

-- White space at an end is a slip of copy and paste: signed and refused, five times, until the key is locked.
local SECRET = { text = "without white space at its ends, and not empty", test = function(value)
  return value ~= "" and not value:find "^%s" and not value:find "%s$"
end }

-- It stands in a header (RFC 9110, section 5.5); a comma or a space would end it there.
local HEADER_SAFE = { text = "visible ASCII characters, without spaces", test = function(value)
  return value:find "^[!-~]+$" ~= nil
end }

credentials.rules = { secret = SECRET, header_safe = HEADER_SAFE }

local function fail(code, message)
  return nil, Error.new { kind = "credentials", code = code, message = message }
end

--- Copies the known fields and checks what stands in them. No value is shown: a key in the wrong place is still a key.
local function snapshot(fields, given)
  local copy = {}
  for _, field in ipairs(fields) do
    local value = given[field.name]
    if value ~= nil then
      if type(value) ~= "string" then
        return fail("invalid", ("%s must be a string, got a %s"):format(field.name, type(value)))
      end
      if not field.rule.test(value) then return fail("invalid", field.name .. " must be " .. field.rule.text) end
      copy[field.name] = value
      if field.instead then return { [field.name] = value } end
    end
  end
  return copy
end

local function missing(fields, found)
  local names = {}
  for _, field in ipairs(fields) do
    if field.instead and found[field.name] then return nil end
    if not field.instead and not field.optional and not found[field.name] then names[#names + 1] = field end
  end
  return names[1] and names
end

--- Looks for misuse in a table of credentials given as an option.
---@param fields kms.CredentialsField[]
---@param given table
---@return string? problem
function credentials.misuse(fields, given)
  local problem = check.misuse(fields, given, "credentials field")
  if problem then return problem end
  for _, field in ipairs(fields) do
    if field.instead and given[field.name] and next(given, next(given)) then
      return ("credentials field '%s' stands alone: no other may be given"):format(field.name)
    end
  end
  local absent = missing(fields, given)
  if absent then return ("credentials field '%s' is missing"):format(absent[1].name) end
end

--- Credentials that the caller holds.
---@param fields kms.CredentialsField[]
---@param given kms.Credentials
---@return kms.CredentialsSource
function credentials.static(fields, given)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  local checked
  return function()
    local err
    if not checked then checked, err = snapshot(fields, copy) end
    return checked, err
  end
end

--- The first variable that is set and not empty.
---@param variables string[]
---@return string?
function credentials.variable(variables)
  for _, name in ipairs(variables) do
    local value = os.getenv(name)
    if value and value ~= "" then return value end
  end
end

--- Credentials from environment variables, read at each call of the source.
---@param fields kms.CredentialsField[]
---@return kms.CredentialsSource
function credentials.environment(fields)
  return function()
    local given = {}
    for _, field in ipairs(fields) do
      given[field.name] = field.variables and credentials.variable(field.variables)
    end
    local absent = missing(fields, given)
    if absent then
      local hints = {}
      for i, field in ipairs(absent) do
        hints[i] = ("no %s: give the option credentials.%s or set %s"):format(
          field.name, field.name, table.concat(field.variables, " or "))
      end
      return fail("missing", table.concat(hints, "; "))
    end
    return snapshot(fields, given)
  end
end

--- The source that an option stands for: a function is one, a table is static, nil is the environment.
---@param fields kms.CredentialsField[]
---@param option kms.Credentials|kms.CredentialsSource|nil
---@return kms.CredentialsSource
function credentials.source(fields, option)
  if option == nil then return credentials.environment(fields) end
  if type(option) == "table" then return credentials.static(fields, option) end
  return function()
    local given, err = option()
    if type(given) ~= "table" then
      if Error.is(err) then return nil, err end
      return fail("missing", "the credentials function gave " .. (err and "an error: " .. tostring(err) or "nothing"))
    end
    local absent = missing(fields, given)
    if absent then return fail("missing", "the credentials function gave no " .. absent[1].name) end
    return snapshot(fields, given)
  end
end

return credentials
