--- Runs the garbage collector as often as possible: for busted, --helper=spec/helpers/hard_gc.lua. The collector never
--- pauses, and a full collection runs after every STEP instructions of Lua.

require "spec.helpers.suite"

local set_collector = require "spec.helpers.set_collector"
local STEP = 20000

-- Starts a cycle as soon as the last one ends. Specs that change the collector's parameters find and restore this value.
set_collector("pause", 0)

-- LuaJIT calls no hook from compiled code.
local jit = rawget(_G, "jit")
if jit then jit.off() end

local collections = 0

-- A coroutine inherits the hook of its creator; in LuaJIT all coroutines share one.
debug.sethook(function()
  collections = collections + 1
  collectgarbage()
end, "", STEP)

require("busted").subscribe({ "suite", "end" }, function()
  io.stderr:write(("\n%d full collections\n"):format(collections))
  return nil, true
end)
