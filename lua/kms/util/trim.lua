--- Trims a text.

-- "%s" would depend on the locale.
local OTHER = "[^ \t\r\n\v\f]"

--- Removes white space from both ends, in linear time. The pattern "^%s*(.-)%s*$" takes quadratic time for long white
--- space.
---@param text string
---@return string
return function(text)
  local first = text:find(OTHER)
  if not first then return "" end
  return text:match(".*" .. OTHER, first)
end
