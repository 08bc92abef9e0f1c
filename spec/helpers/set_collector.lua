--- Sets a parameter of the garbage collector, on each Lua: set_collector("pause", 0).

---@param name "pause"|"stepmul"
---@param value integer
---@return integer previous
return function(name, value)
  local has_param, previous = pcall(collectgarbage, "param", name, value) -- Lua 5.5
  if has_param then return previous end
  return collectgarbage("set" .. name, value)
end
