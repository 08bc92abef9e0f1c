--- Credentials at one moment: keys or a token, validated before a request is signed with them.

local Error = require "kms.error"
local iterate = require "kms.util.iterate"
local validate = require "kms.util.validate"

local Credentials = {}

---@class kms.CredentialsField : kms.Field
---@field variables string[]? environment variables; the first one that is set counts
---@field wrong_variables string[]? variables that a person may set by mistake in place of the right one
---@field optional boolean?
---@field exclusive boolean? replaces all other fields

local MAX_LENGTH = 8192 -- bytes; tokens of either kind take a few kilobytes

-- A value is a part of a header (RFC 9110, section 5.5), where a comma or a space would end it, or the key of a
-- signature. The clouds issue visible ASCII only. Anything else is a copy-and-paste error: the cloud would refuse each
-- signature, and lock the access key after five.
---@type kms.Rule
Credentials.VISIBLE_ASCII = {
  text = ("1 to %d visible ASCII characters, without spaces"):format(MAX_LENGTH),
  test = function(value) return #value <= MAX_LENGTH and value:find "^[!-~]+$" ~= nil end,
}

-- The id of a key stands in lists that commas separate.
---@type kms.Rule
Credentials.ACCESS_KEY = {
  text = ("1 to %d visible ASCII characters, without spaces and commas"):format(MAX_LENGTH),
  test = function(value) return Credentials.VISIBLE_ASCII.test(value) and not value:find(",", 1, true) end,
}

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
  for name in iterate.members(values) do
    if not known[name] and not OWN_FIELDS[name] then return validate.quote(name) end
  end
end

--- Describes what tools read in different ways in a text that a person wrote into a file or a variable.
---@return string? problem
local function describe_ambiguity(text)
  if text:find "^[\"'`]" or text:find "[\"'`]$" then
    return "must not begin or end with a quote, because some tools remove it and others do not"
  end
  if text:find "\\$" then return "must not end with a backslash, because some tools read it as a continuation" end
  if text:find "%${" then return "must not contain ${, because some tools replace it" end
  if text:find "[ \t][#;]" then
    return "must not be followed by a comment, because some tools remove it and others do not"
  end
end

--- Validates the value of one field.
---@return string? problem
local function validate_field(field, value, label)
  if type(value) ~= "string" then return ("%s must be a string; got a %s"):format(label or field.name, type(value)) end
  local ambiguity = label and describe_ambiguity(value)
  if ambiguity then return ("%s %s"):format(label, ambiguity) end
  if not field.rule.test(value) then return ("%s must be %s"):format(label or field.name, field.rule.text) end
end

--- Copies the values of the known fields and validates them. Errors show no value, because a key in the wrong field is
--- still a key.
---@param fields kms.CredentialsField[]
---@param values table
---@param labels table<string, string>? for values that a person wrote into a file or a variable: the name of each one
---  there, for errors. Such values are validated more strictly
---@return kms.Credentials? credentials, kms.Error? err
function Credentials.new(fields, values, labels)
  local credentials = {}
  for name, expected in iterate.members(OWN_FIELDS) do
    local value = values[name]
    if value ~= nil and type(value) ~= expected then
      return Credentials.error("invalid", ("%s must be a %s; got a %s"):format(name, expected, type(value)))
    end
    if value ~= value then return Credentials.error("invalid", ("%s must be a number; got NaN"):format(name)) end
    credentials[name] = value
  end
  for _, field in ipairs(fields) do
    local value = values[field.name]
    if value ~= nil then
      local problem = validate_field(field, value, labels and labels[field.name])
      if problem then return Credentials.error("invalid", problem) end
      credentials[field.name] = value
      if field.exclusive then break end
    end
  end
  return credentials
end

return Credentials
