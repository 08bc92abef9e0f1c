--- The names of what a module or an object exports.

local exports = {}

--- Returns the names of the functions of a table that are not metamethods, as a set.
---@return table<string, true>
function exports.functions_of(object)
  local names = {}
  for name, value in pairs(object) do
    if type(value) == "function" and not name:find "^__" then names[name] = true end
  end
  return names
end

--- Returns the names of the methods of an object, as a set.
---@return table<string, true>
function exports.methods_of(object) return exports.functions_of(getmetatable(object).__index) end

return exports
