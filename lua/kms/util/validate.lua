--- Validates arguments and values. An argument error is a message for `error`, a validation error one for kms.Error.

local iterate = require "kms.util.iterate"

local validate = {}

local MAX_QUOTED = 64 -- bytes of a value that an error shows

---@class kms.Rule what a value must look like
---@field text string completes "<name> must be …"
---@field test fun(value: string): boolean|any
---@field plain boolean? every valid value consists of unreserved characters (RFC 3986, section 2.3), so that neither a
---  path nor a JSON string encodes it
---@field is_utf8 boolean? every valid value is UTF-8 without NUL, as every plain one is
---@field show_length boolean? an error shows the length of the value
---@field show (fun(value: string): string)? how an error shows the value; quoted by default

---@class kms.Field one named argument or option
---@field name string
---@field type string a Lua type, or several joined by "|"
---@field required boolean?
---@field rule kms.Rule?
---@field positive boolean? a finite number above 0
---@field variables string[]? environment variables that may replace an option

local function escape(c) return ("\\x%02x"):format(c:byte()) end

--- Quotes a value for an error: printable and bounded, with its length when it is cut.
---@param value any
---@return string
function validate.quote(value)
  if type(value) ~= "string" then return tostring(value) end
  local text = value:sub(1, MAX_QUOTED):gsub('[^ -~]', escape):gsub('"', '\\"')
  if #value > MAX_QUOTED then return ('"%s…" (%d bytes)'):format(text, #value) end
  return ('"%s"'):format(text)
end

-- Computed once, because every call needs them: the types in the text of a field's type, and the fields of a list by
-- name.
local TYPES = setmetatable({}, { __index = function(types, text)
  local names = {}
  for name in text:gmatch "[^|]+" do names[name] = true end
  types[text] = names
  return names
end })

local BY_NAME = setmetatable({}, { __mode = "k", __index = function(indices, fields)
  local index = {}
  for _, field in ipairs(fields) do index[field.name] = field end
  indices[fields] = index
  return index
end })

local function is_positive_number(value)
  return value == value and value > 0 and value < math.huge
end

--- Returns the fields of a list by name.
---@generic Field
---@param fields Field[] with `name`
---@return table<string, Field>
function validate.index_by_name(fields) return BY_NAME[fields] end

--- Describes a name that no field has.
---@param fields { name: string }[]
---@param name any
---@param what string what one entry is: "option" or "field"
---@return string problem
function validate.describe_unknown(fields, name, what)
  local names = {}
  for i, field in ipairs(fields) do names[i] = field.name end
  return ("unknown %s %s; known: %s"):format(what, validate.quote(name), table.concat(names, ", "))
end

--- Validates a table of named arguments: known names, the right types, nothing missing.
---@param fields kms.Field[]
---@param arguments any what the caller passed
---@param what string what one entry is: "option" or "field"
---@return string? problem in the form of Lua's own argument errors, without position
function validate.arguments(fields, arguments, what)
  if type(arguments) ~= "table" then
    return ("table expected, got %s"):format(arguments == nil and "no value" or type(arguments))
  end
  local known = BY_NAME[fields]
  for name in iterate.members(arguments) do
    if not known[name] then return validate.describe_unknown(fields, name, what) end
  end
  for i = 1, #fields do
    local field = fields[i]
    local value = arguments[field.name]
    local value_type = type(value)
    if value == nil then
      if field.required then return ("%s '%s' is missing"):format(what, field.name) end
    elseif value_type ~= field.type and not TYPES[field.type][value_type] then
      return ("%s '%s': %s expected, got %s"):format(what, field.name, field.type:gsub("|", " or "), value_type)
    elseif field.positive and not is_positive_number(value) then
      return ("%s '%s': a number above 0 expected, got %s"):format(what, field.name, tostring(value))
    end
  end
end

--- Formats an argument error as Lua does; for `error(validate.argument_error(…), 2)`.
---@param position integer
---@param name string of the function
---@param problem string
---@return string
function validate.argument_error(position, name, problem)
  return ("bad argument #%d to '%s' (%s)"):format(position, name, problem)
end

--- Raises, at the line that called a method, unless the method belongs to `self`.
---@param self any
---@param name string of the method
---@param metatable table of the clients that have it
function validate.check_self(self, name, metatable)
  if getmetatable(self) == metatable then return end
  error(("calling '%s' on bad self (%s client expected, got %s)"):format(name, metatable.__name, type(self)), 3)
end

--- Describes a value that breaks a rule.
---@param name string
---@param value any
---@param rule kms.Rule
---@return string problem
function validate.describe_value(name, value, rule)
  local text = (rule.show or validate.quote)(value)
  if rule.show_length and #value <= MAX_QUOTED then text = ("%s (%d)"):format(text, #value) end
  return ("%s must be %s; got %s"):format(name, rule.text, text)
end

--- Validates one value against a rule.
---@param name string
---@param value string
---@param rule kms.Rule
---@return string? problem
function validate.value(name, value, rule)
  return not rule.test(value) and validate.describe_value(name, value, rule) or nil
end

-- The bytes that may follow the first byte of a character (RFC 3629, section 4): patterns by range of the first byte.
local UTF8 = {
  { 0xc2, 0xdf, "^[\128-\191]" }, { 0xe0, 0xe0, "^[\160-\191][\128-\191]" },
  { 0xe1, 0xec, "^[\128-\191][\128-\191]" }, { 0xed, 0xed, "^[\128-\159][\128-\191]" },
  { 0xee, 0xef, "^[\128-\191][\128-\191]" }, { 0xf0, 0xf0, "^[\144-\191][\128-\191][\128-\191]" },
  { 0xf1, 0xf3, "^[\128-\191][\128-\191][\128-\191]" }, { 0xf4, 0xf4, "^[\128-\143][\128-\191][\128-\191]" },
}

local function find_character_end(text, index)
  local byte = text:byte(index)
  for _, range in ipairs(UTF8) do
    if byte >= range[1] and byte <= range[2] then return select(2, text:find(range[3], index + 1)) end
  end
end

--- Returns whether a string is UTF-8 without NUL.
---@param text string
---@return boolean
function validate.is_utf8(text)
  if text:find "^[\1-\127]*$" then return true end -- ASCII, in one pass
  if text:find("\0", 1, true) then return false end
  local index = text:find "[\128-\255]"
  while index do
    index = find_character_end(text, index)
    if not index then return false end
    index = text:find("[\128-\255]", index + 1)
  end
  return true
end

return validate
