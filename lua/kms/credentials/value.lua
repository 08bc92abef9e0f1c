--- What every source hands out: keys or a token, checked before anybody signs with them, or an error that says why not.

local validate = require "kms.util.validate"
local Error = require "kms.error"
local time = require "kms.util.time"

local Credentials = {}

local LONGEST_MOMENT = 64 -- bytes; "2022-10-17T18:51:25.231000000+08:00" has 35

-- White space at an end is a slip of copy and paste: signed and refused, five times, until the key is locked.
local SECRET = { text = "without white space at its ends, and not empty", test = function(value)
  return value ~= "" and not value:find "^%s" and not value:find "%s$"
end }

-- It stands in a header (RFC 9110, section 5.5); a comma or a space would end it there.
local HEADER_SAFE = { text = "visible ASCII characters, without spaces", test = function(value)
  return value:find "^[!-~]+$" ~= nil
end }

Credentials.rules = { secret = SECRET, header_safe = HEADER_SAFE }

--- A text without the white space around it, in time that grows with its length alone: "^%s*(.-)%s*$" looks at long
--- white space again and again.
---@param text string
---@return string
function Credentials.trim(text)
  return (text:match "%S.*" or ""):match ".*%S" or ""
end

--- The two values of a source that has nothing to give.
---@param code "missing"|"invalid"|"unavailable"|"refused"|"expired"
---@param message string without a secret
---@param cause any?
---@return nil, kms.Error
function Credentials.error(code, message, cause)
  return nil, Error.new { kind = "credentials", code = code, message = message, cause = cause }
end

--- The fields that must still be given.
---@param fields kms.CredentialsField[]
---@param found table
---@return kms.CredentialsField[]? absent nil when nothing is
function Credentials.missing_fields(fields, found)
  local absent = {}
  for _, field in ipairs(fields) do
    if field.exclusive and found[field.name] ~= nil then return nil end
    if not field.exclusive and not field.optional and found[field.name] == nil then absent[#absent + 1] = field end
  end
  return absent[1] and absent
end

--- The name of a field that nobody knows.
---@param fields kms.CredentialsField[]
---@param given table
---@return string?
function Credentials.unknown_field(fields, given)
  local known = { expires = true, warning = true }
  for _, field in ipairs(fields) do known[field.name] = true end
  for name in pairs(given) do
    if not known[name] then return validate.quote(name) end
  end
end

--- Copies the known fields and checks what stands in them. No value is shown: a key in the wrong place is still a key.
---@param fields kms.CredentialsField[]
---@param given table
---@return kms.Credentials? copy, kms.Error? err
function Credentials.new(fields, given)
  local copy = { expires = given.expires, warning = given.warning }
  for _, name in ipairs { "expires", "warning" } do
    local wanted = name == "expires" and "number" or "string"
    if copy[name] ~= nil and type(copy[name]) ~= wanted then
      return Credentials.error("invalid", ("%s must be a %s, got a %s"):format(name, wanted, type(copy[name])))
    end
  end
  for _, field in ipairs(fields) do
    local value = given[field.name]
    if value ~= nil then
      if type(value) ~= "string" then
        return Credentials.error("invalid", ("%s must be a string, got a %s"):format(field.name, type(value)))
      end
      if not field.rule.test(value) then
        return Credentials.error("invalid", field.name .. " must be " .. field.rule.text)
      end
      copy[field.name] = value
      if field.exclusive then break end
    end
  end
  return copy
end

--- A moment in an answer as Unix time. ISO 8601 with "Z" or an offset: without either nobody knows which hour is meant.
---@param text any
---@return number?
function Credentials.parse_time(text)
  if type(text) ~= "string" or #text > LONGEST_MOMENT then return nil end
  local utc = text:match "^(.*)Z$"
  if utc then return time.parse_iso8601(utc .. "Z") end
  local rest, sign, hours, minutes = text:match "^(.*T.*)([+-])(%d%d):?(%d%d)$"
  local moment = rest and time.parse_iso8601(rest)
  local offset = moment and (hours * 60 + minutes) * 60
  return moment and (sign == "+" and moment - offset or moment + offset)
end

return Credentials
