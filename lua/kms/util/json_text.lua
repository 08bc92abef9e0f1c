--- Writes strings and numbers as JSON.

local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub

local json_text = {}

local MAX_EXACT = 2 ^ 53 -- a whole number up to here is exact

local SPECIAL = '[%z\1-\31"\\\127]'
local SHORT = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character) return SHORT[character] or format("\\u%04x", byte(character)) end

--- Writes a string. Its bytes above 127 stay as they are.
---@param text string UTF-8
---@return string
function json_text.quote(text)
  if not find(text, SPECIAL) then return '"' .. text .. '"' end
  return '"' .. gsub(text, SPECIAL, escape) .. '"'
end

--- Returns whether a number is finite.
---@param value number
---@return boolean
function json_text.is_finite(value)
  return value == value and value > -math.huge and value < math.huge
end

--- Returns whether a number is whole, and so small that it is exact.
---@param value number
---@return boolean
function json_text.is_exact_integer(value)
  return value % 1 == 0 and value >= -MAX_EXACT and value <= MAX_EXACT
end

--- Writes a number so that reading it gives the same number, with a decimal point in every locale.
---@param value number finite
---@return string
function json_text.number(value)
  if json_text.is_exact_integer(value) then return format("%.0f", value) end
  local text = format("%.14g", value)
  if tonumber(text) ~= value then text = format("%.17g", value) end
  return (gsub(text, ",", "."))
end

return json_text
