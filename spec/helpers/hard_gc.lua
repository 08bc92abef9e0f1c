--- Collection at its most aggressive, for busted: --helper=spec/helpers/hard_gc.lua. The collector never rests, and in
--- between everything is collected at every STEP-th instruction of Lua, wherever that is.

require "spec.helpers.secret_watch"

local STEP = 20000

-- A new cycle begins as soon as one has ended. To a script that asks for other manners, this is what it finds and restores.
collectgarbage("setpause", 0)

-- LuaJIT calls no hook from compiled code.
local jit = rawget(_G, "jit")
if jit then jit.off() end

local collections = 0

-- A coroutine has the hook of whoever made it; in LuaJIT there is one for all.
debug.sethook(function()
  collections = collections + 1
  collectgarbage()
end, "", STEP)

require("busted").subscribe({ "suite", "end" }, function()
  io.stderr:write(("\n%d full collections\n"):format(collections))
  return nil, true
end)
