--- Creates a reproducible sequence of numbers from 0 to 1, the same on every Lua.

---@param seed integer
---@return fun(): number draw
return function(seed)
  return function()
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  end
end
