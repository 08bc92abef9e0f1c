--- Finalizers that run at a chosen moment, on each Lua.

local set_collector = require "spec.helpers.set_collector"

local finalizers = {}

local newproxy = rawget(_G, "newproxy") -- in Lua 5.1 tables have no finalizers

--- Calls a function when the garbage collector runs next.
---@param finalizer function
function finalizers.add(finalizer)
  if newproxy then getmetatable(newproxy(true)).__gc = finalizer else setmetatable({}, { __gc = finalizer }) end
end

local function restore(pause, multiplier, ...)
  set_collector("pause", pause)
  set_collector("stepmul", multiplier)
  return ...
end

--- Calls a function whose first allocation collects all garbage, and so calls the finalizer.
---@param count integer how often the finalizer is called
---@param finalizer function
---@param call function
---@return any ... what `call` returns
function finalizers.run_within(count, finalizer, call)
  collectgarbage "stop"
  for _ = 1, count do finalizers.add(finalizer) end
  -- A whole cycle at each step; Lua 5.4 accepts a multiplier of at most 1000.
  local pause = set_collector("pause", 0)
  local multiplier = set_collector("stepmul", rawget(_G, "jit") and 100000000 or 1000)
  collectgarbage "restart"
  return restore(pause, multiplier, call())
end

return finalizers
