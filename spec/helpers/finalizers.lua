--- Finalizers that run at a chosen moment, on each Lua.

local set_collector = require "spec.helpers.set_collector"

local finalizers = {}

-- The multiplier with which a step is a whole cycle: Lua 5.4 accepts 1000 at most, Lua 5.5 has 0 for it.
local WHOLE_CYCLE = ({ ["Lua 5.4"] = 1000, ["Lua 5.5"] = 0 })[_VERSION] or 100000000

local newproxy = rawget(_G, "newproxy") -- in Lua 5.1 tables have no finalizers

--- Calls a function when the garbage collector runs next.
---@param finalizer function
function finalizers.add(finalizer)
  if newproxy then getmetatable(newproxy(true)).__gc = finalizer else setmetatable({}, { __gc = finalizer }) end
end

local function restore(multiplier, ok, ...)
  set_collector("stepmul", multiplier)
  if not ok then error((...), 0) end
  return ...
end

--- Calls a function whose first allocation collects all garbage, and so calls the finalizer.
---@param count integer how often the finalizer is called
---@param finalizer function without `pairs` and `next`: LuaJIT enters and leaves a compiled loop over them forever if it
---  was compiled for another table, because a finalizer compiles no side trace
---@param call function
---@return any ... what `call` returns
function finalizers.run_within(count, finalizer, call)
  -- The next collection is a new cycle, which includes the finalizers. Only that one is fast: each cycle over the heap of the
  -- whole suite takes a noticeable time.
  collectgarbage()
  collectgarbage "stop"
  for _ = 1, count do finalizers.add(finalizer) end
  local multiplier = set_collector("stepmul", WHOLE_CYCLE)
  collectgarbage "restart"
  return restore(multiplier, pcall(call))
end

return finalizers
