--- Converts the texts of a command line to the params of an operation, by their types.

local cjson = require "cjson.safe".new()
local time = require "kms.util.time"

local values = {}

cjson.decode_invalid_numbers(false)

local BOOLEANS = { ["true"] = true, ["false"] = false }

--- Reads a file, or standard input, without the newline at its end.
---@param path string "-" is standard input
---@param input file*
---@return string? text, string? problem
local function read_text(path, input)
  local file, problem = input, nil
  if path ~= "-" then file, problem = io.open(path, "rb") end
  if not file then return nil, problem end
  local text
  text, problem = file:read "*a"
  if file ~= input then file:close() end
  if not text then return nil, ("%s: %s"):format(path, problem) end
  return (text:gsub("\r?\n$", ""))
end

local function takes_standard_input(field)
  return values.is_secret(field) or field.type == "list" or field.type == "object"
end

--- Resolves a text that may name a file: "@FILE". "@@" begins a text with "@".
---@return string? text, string? problem
local function resolve(field, text, input)
  if text == "-" and takes_standard_input(field) then return read_text("-", input) end
  if text:sub(1, 2) == "@@" then
    text = text:sub(2)
  elseif text:sub(1, 1) == "@" then
    return read_text(text:sub(2), input)
  end
  if values.is_secret(field) then
    return nil, "@FILE or - expected, because other users of this machine can see the command line"
  end
  return text
end

--- Returns whether a field holds a secret, at any depth.
---@param field kms.OperationField
---@return boolean
function values.is_secret(field)
  if field.secret or field.items and values.is_secret(field.items) then return true end
  for _, inner in ipairs(field.fields or {}) do
    if values.is_secret(inner) then return true end
  end
  return false
end

local function has_null(value)
  if value == cjson.null then return true end
  if type(value) ~= "table" then return false end
  for _, inner in pairs(value) do
    if has_null(inner) then return true end
  end
  return false
end

local function parse_json(text, expected)
  local value = cjson.decode(text)
  -- The decoder stops at a NUL.
  if type(value) ~= "table" or text:find("\0", 1, true) then return nil, expected .. " expected, as JSON" end
  if has_null(value) then return nil, "null has no meaning: leave the member out" end
  return value
end

-- One function per type: converts a text, or returns nil and what is wrong.
local CONVERT = {
  integer = function(text)
    if text:find "^%-?%d+$" then return tonumber(text) end
    return nil, ('whole number expected; got "%s"'):format(text)
  end,
  number = function(text)
    local number = tonumber(text)
    if number then return number end
    return nil, ('number expected; got "%s"'):format(text)
  end,
  boolean = function(text)
    if BOOLEANS[text] ~= nil then return BOOLEANS[text] end
    return nil, ('true or false expected; got "%s"'):format(text)
  end,
  time = function(text)
    local seconds = tonumber(text) or time.parse_iso8601(text)
    if seconds then return seconds end
    return nil, ('time expected, such as 2026-01-31T12:00:00Z, or Unix seconds; got "%s"'):format(text)
  end,
  ["integer|string"] = function(text) return text:find "^%-?%d+$" and tonumber(text) or text end,
  object = function(text) return parse_json(text, "object") end,
}

--- Converts one text.
---@param field kms.OperationField
---@param text string
---@param input file* standard input
---@return any value, string? problem
function values.convert(field, text, input)
  local resolved, problem = resolve(field, text, input)
  if not resolved then return nil, problem end
  local convert = CONVERT[field.type]
  if convert then return convert(resolved) end
  return resolved -- a string, or a type that includes strings
end

--- Converts the texts of a list, one per item.
---@return any[]? list, string? problem
local function convert_items(field, texts, input)
  local list = {}
  for i, text in ipairs(texts) do
    local value, problem = values.convert(field.items, text, input)
    if value == nil then return nil, problem end
    list[i] = value
  end
  return list
end

--- Converts the texts of a list: one per item, or JSON for the whole list.
---@return any[]? list, string? problem
local function convert_list(field, texts, input)
  local is_json = not texts[2] and (field.items.fields or texts[1]:find "^[%[@-]")
  if is_json or field.items.type == "object" then
    if texts[2] then return nil, "give all items as one JSON list" end
    local text, problem = resolve(field, texts[1], input)
    if not text then return nil, problem end
    return parse_json(text, "list")
  end
  return convert_items(field, texts, input)
end

--- Converts the texts of a param.
---@param field kms.OperationParam
---@param texts string[]
---@param input file* standard input
---@return any value, string? problem
function values.collect(field, texts, input)
  if field.type == "list" then return convert_list(field, texts, input) end
  if field.type ~= "string|list" or not texts[2] then return values.convert(field, texts[#texts], input) end
  return convert_items(field, texts, input)
end

return values
