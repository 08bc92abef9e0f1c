--- Iterates over tables, and copies them, without metamethods, also in finalizers.

-- LuaJIT recognizes `for … in pairs(t)` and `for … in next, t` by these names. If the compiled loop meets a table of
-- another kind, it is left before the next member, and is entered again at the same place, until LuaJIT has compiled
-- that case too. While finalizers run, LuaJIT compiles nothing, so the loop would never end. A loop over
-- `iterate.members(t)` is left after the next member.

local next = next

local iterate = {}

--- Returns what `for name, value in` needs. No order is defined.
---@generic Name, Value
---@param value table<Name, Value>
---@return fun(value: table<Name, Value>, name: Name?): Name?, Value? step
---@return table<Name, Value> value
function iterate.members(value) return next, value end

--- Copies the members of a table.
---@generic Table
---@param value Table
---@return Table copy
function iterate.copy(value)
  local copy = {}
  for name, member in iterate.members(value) do copy[name] = member end
  return copy
end

return iterate
