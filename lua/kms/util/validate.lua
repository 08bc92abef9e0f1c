--- Checks of what a caller hands in. Misuse is told as a message for `error`, a bad value as a message for kms.error.

local validate = {}

local SHOWN = 64 -- characters of a value that an error shows

---@class kms.Rule what a value must look like
---@field text string completes "<name> must be …"
---@field test fun(value: string): boolean|any
---@field plain boolean? all that passes is of unreserved characters alone (RFC 3986, section 2.3): neither a path nor a
---  JSON string has it written otherwise
---@field show (fun(value: string): string)? how an error shows a refused value, when not as it is

---@class kms.Field one named argument or option
---@field name string
---@field type string a Lua type, or several joined by "|"
---@field required boolean?
---@field rule kms.Rule?
---@field positive boolean? a number above zero

local function hexadecimal(c) return ("\\x%02x"):format(c:byte()) end

--- A value as an error may show it: quoted, printable, bounded, with its length when cut.
---@param value any
---@return string
function validate.quote(value)
  if type(value) ~= "string" then return tostring(value) end
  local shown = value:sub(1, SHOWN):gsub('[^ -~]', hexadecimal):gsub('"', '\\"')
  if #value > SHOWN then return ('"%s…" (%d bytes)'):format(shown, #value) end
  return ('"%s"'):format(shown)
end

-- The types that a field's text names, and the fields of a list by name: looked at in every call, made once.
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

--- Looks for misuse in a table of named values: not a table, an unknown name, a wrong type, something missing.
---@param fields kms.Field[]
---@param given any what the caller passed
---@param what string what one entry is called: "option" or "field"
---@return string? problem in the form of Lua's own argument errors, without position
function validate.arguments(fields, given, what)
  if type(given) ~= "table" then
    return ("table expected, got %s"):format(given == nil and "no value" or type(given))
  end
  local known = BY_NAME[fields]
  for name in next, given do
    if not known[name] then
      local names = {}
      for i, field in ipairs(fields) do names[i] = field.name end
      return ("unknown %s %s; known: %s"):format(what, validate.quote(name), table.concat(names, ", "))
    end
  end
  for i = 1, #fields do
    local field = fields[i]
    local value = given[field.name]
    local its_type = type(value)
    if value == nil then
      if field.required then return ("%s '%s' is missing"):format(what, field.name) end
    elseif its_type ~= field.type and not TYPES[field.type][its_type] then
      return ("%s '%s': %s expected, got %s"):format(what, field.name, field.type:gsub("|", " or "), its_type)
    elseif field.positive and not is_positive_number(value) then
      return ("%s '%s': a number above 0 expected, got %s"):format(what, field.name, tostring(value))
    end
  end
end

--- Lua's own form of an argument error; for `error(validate.argument_error(…), 2)`.
function validate.argument_error(position, name, problem)
  return ("bad argument #%d to '%s' (%s)"):format(position, name, problem)
end

--- Holds one value against a rule.
---@param name string the field's name
---@param value string
---@param rule kms.Rule
---@return string? problem
function validate.value(name, value, rule)
  if rule.test(value) then return nil end
  return ("%s must be %s; got %s"):format(name, rule.text, (rule.show or validate.quote)(value))
end

-- The bytes that may follow the first one of a character (RFC 3629, section 4): patterns by the first byte's range.
local UTF8 = {
  { 0xc2, 0xdf, "^[\128-\191]" }, { 0xe0, 0xe0, "^[\160-\191][\128-\191]" },
  { 0xe1, 0xec, "^[\128-\191][\128-\191]" }, { 0xed, 0xed, "^[\128-\159][\128-\191]" },
  { 0xee, 0xef, "^[\128-\191][\128-\191]" }, { 0xf0, 0xf0, "^[\144-\191][\128-\191][\128-\191]" },
  { 0xf1, 0xf3, "^[\128-\191][\128-\191][\128-\191]" }, { 0xf4, 0xf4, "^[\128-\143][\128-\191][\128-\191]" },
}

local function character_end(text, at)
  local byte = text:byte(at)
  for _, row in ipairs(UTF8) do
    if byte >= row[1] and byte <= row[2] then return select(2, text:find(row[3], at + 1)) end
  end
end

--- Whether a string is UTF-8 without NUL.
---@param text string
---@return boolean
function validate.is_utf8(text)
  if text:find "^[\1-\127]*$" then return true end -- ASCII, at one go
  if text:find("\0", 1, true) then return false end
  local at = text:find "[\128-\255]"
  while at do
    at = character_end(text, at)
    if not at then return false end
    at = text:find("[\128-\255]", at + 1)
  end
  return true
end

return validate
