--- Trims a text.

--- Removes white space from both ends, in linear time. The pattern "^%s*(.-)%s*$" takes quadratic time for long white
--- space.
---@param text string
---@return string
return function(text)
  return (text:match "%S.*" or ""):match ".*%S" or ""
end
