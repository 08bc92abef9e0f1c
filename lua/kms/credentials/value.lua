--- Credentials at one moment: keys or a token, validated before a request is signed with them.

local Error = require "kms.error"
local validate = require "kms.util.validate"

local Credentials = {}

---@class kms.CredentialsField : kms.Field
---@field variables string[]? environment variables; the first one that is set counts
---@field optional boolean?
---@field exclusive boolean? replaces all other fields

-- White space at an end is a copy-and-paste error. The cloud would refuse each signature, and lock the key after five.
local SECRET = { text = "non-empty, without white space at either end", test = function(value)
  return value ~= "" and not value:find "^%s" and not value:find "%s$"
end }

-- The value is a part of a header (RFC 9110, section 5.5); a comma or a space would end it there.
local HEADER_SAFE = { text = "visible ASCII characters, without spaces", test = function(value)
  return value:find "^[!-~]+$" ~= nil
end }

Credentials.rules = { secret = SECRET, header_safe = HEADER_SAFE }

local OWN_FIELDS = { expires = "number", warning = "string" }

--- Returns the two values of a credential provider that fails.
---@param code "missing"|"invalid"|"unavailable"|"refused"|"expired"|"project"
---@param message string without a secret
---@param cause any?
---@return nil, kms.Error
function Credentials.error(code, message, cause)
  return nil, Error.new { kind = "credentials", code = code, message = message, cause = cause }
end

--- Lists the fields that have no value and need one.
---@param fields kms.CredentialsField[]
---@param values table
---@return kms.CredentialsField[]? missing nil when the values are complete
function Credentials.find_missing_fields(fields, values)
  local missing = {}
  for _, field in ipairs(fields) do
    local is_set = values[field.name] ~= nil
    if field.exclusive and is_set then return nil end
    if not field.exclusive and not field.optional and not is_set then missing[#missing + 1] = field end
  end
  return missing[1] and missing
end

--- Finds a name that is not a field.
---@param fields kms.CredentialsField[]
---@param values table
---@return string? name quoted for an error
function Credentials.find_unknown_field(fields, values)
  local known = {}
  for _, field in ipairs(fields) do known[field.name] = true end
  for name in pairs(values) do
    if not known[name] and not OWN_FIELDS[name] then return validate.quote(name) end
  end
end

--- Copies the values of the known fields and validates them. Errors show no value, because a key in the wrong field is
--- still a key.
---@param fields kms.CredentialsField[]
---@param values table
---@return kms.Credentials? credentials, kms.Error? err
function Credentials.new(fields, values)
  local credentials = {}
  for name, expected in pairs(OWN_FIELDS) do
    local value = values[name]
    if value ~= nil and type(value) ~= expected then
      return Credentials.error("invalid", ("%s must be a %s; got a %s"):format(name, expected, type(value)))
    end
    credentials[name] = value
  end
  for _, field in ipairs(fields) do
    local value = values[field.name]
    if value ~= nil then
      if type(value) ~= "string" then
        return Credentials.error("invalid", ("%s must be a string; got a %s"):format(field.name, type(value)))
      end
      if not field.rule.test(value) then
        return Credentials.error("invalid", ("%s must be %s"):format(field.name, field.rule.text))
      end
      credentials[field.name] = value
      if field.exclusive then break end
    end
  end
  return credentials
end

return Credentials
