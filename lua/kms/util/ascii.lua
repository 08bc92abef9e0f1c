--- Changes the case of ASCII letters only. `string.lower` and `string.upper` of PUC Lua obey the locale: in Turkish,
--- for example, they treat "i" and "I" as two different letters.

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

return ascii
