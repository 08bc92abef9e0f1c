--- Merges two tables into a new one.

---@param members table
---@param more table? its members win
---@return table
return function(members, more)
  local merged = {}
  for name, value in pairs(members) do merged[name] = value end
  for name, value in pairs(more or {}) do merged[name] = value end
  return merged
end
