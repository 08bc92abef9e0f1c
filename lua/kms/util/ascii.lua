--- Changes the case of ASCII letters only, trims ASCII white space, and orders texts by their bytes. `string.lower`,
--- `string.upper`, `%s` and `<` of PUC Lua obey the locale: in Turkish, for example, "i" and "I" are different letters.

local ascii = {}

local LOWER, UPPER = {}, {}
for code = ("a"):byte(), ("z"):byte() do
  local lower, upper = string.char(code), string.char(code - 32)
  LOWER[upper], UPPER[lower] = lower, upper
end

---@param text string
---@return string
function ascii.lower(text)
  return (text:gsub("[ABCDEFGHIJKLMNOPQRSTUVWXYZ]", LOWER))
end

---@param text string
---@return string
function ascii.upper(text)
  return (text:gsub("[abcdefghijklmnopqrstuvwxyz]", UPPER))
end

--- Returns whether a text is before another one in the order of their bytes.
---@param left string
---@param right string
---@return boolean
function ascii.is_before(left, right)
  for i = 1, math.min(#left, #right) do
    local l, r = left:byte(i), right:byte(i)
    if l ~= r then return l < r end
  end
  return #left < #right
end

local OTHER_THAN_SPACE = "[^ \t\r\n\v\f]"

--- Removes white space from both ends, in linear time. The pattern "^%s*(.-)%s*$" takes quadratic time for long white
--- space.
---@param text string
---@return string
function ascii.trim(text)
  local first = text:find(OTHER_THAN_SPACE)
  if not first then return "" end
  return text:match(".*" .. OTHER_THAN_SPACE, first)
end

return ascii
