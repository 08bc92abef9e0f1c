--- Calls that suspend their coroutine while Copas runs. Copas waits by LuaSocket's `select`, so a suspended coroutine
--- reads from an object that `select` takes for a socket.

local copas_loop = require "copas"
local transport = require "kms.loop.transport"

local copas = {}

local MAX_PAUSE = 0.05 -- seconds until a timer that has become earlier is noticed

local pause = copas_loop.pause or copas_loop.sleep -- not in Copas 1

local host = {}

---@class kms.loop.copas.Waiter
---@field call kms.loop.Call
local Waiter = {}
Waiter.__index = Waiter

--- Called by `select` for each waiter before it waits. Afterwards one of them steps the loop.
function Waiter:getfd()
  self.call.loop.should_step = true
  return self.call.loop.multi:descriptor()
end

--- Called by `select`: whether it must not wait.
function Waiter:dirty()
  return self.call.is_done or self.call.loop:timeout() == 0
end

function Waiter:receive()
  local loop = self.call.loop
  if loop.should_step then
    loop.should_step = false
    loop:step()
  end
  if self.call.is_done then return "" end
  return nil, "timeout"
end

--- Copas closes what a coroutine waited for last when the coroutine ends.
function Waiter.close() end

--- Copas may have a timeout of its own for reading.
function host.suspend(call)
  local waiter = setmetatable({ call = call }, Waiter)
  while not call.is_done do copas_loop.receive(waiter) end
end

--- Ends the waits of Copas when a timer is due. In Copas 1 the argument of its `loop` or `step` does.
local function keep_time(loop)
  while not loop:is_idle() do pause(math.min(loop:timeout() or MAX_PAUSE, MAX_PAUSE)) end
  loop.has_timekeeper = false
end

function host.update(loop)
  if not pause or loop.has_timekeeper or loop:is_idle() then return end
  loop.has_timekeeper = true
  copas_loop.addthread(keep_time, loop)
end

local loop = transport.new_loop(host)

--- Makes a transport.
---@param options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function copas.new(options)
  return transport.new(loop, options)
end

return copas
