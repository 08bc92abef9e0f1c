--- Calls that suspend their coroutine while a controller of cqueues runs.

local condition = require "cqueues.condition"
local controllers = require "cqueues"
local transport = require "kms.loop.transport"

local cqueues = {}

local host = {}

-- Per controller, the condition that its driver waits for: a coroutine that steps the loop while there is something to
-- wait for.
local drivers = setmetatable({}, { __mode = "k" })

function host.can_suspend()
  local controller, is_own_coroutine = controllers.running()
  return controller ~= nil and is_own_coroutine
end

--- The request that the call waits for may have started in another controller, which may be closed by now.
function host.suspend(call)
  if not drivers[controllers.running()] then host.update(call.loop) end
  call.condition = condition.new()
  while not call.is_done do call.condition:wait() end
end

function host.wake(call)
  call.condition:signal()
end

--- Raises what a step raises, so that the controller reports it.
local function drive(controller, loop, changed)
  while not loop:is_idle() do
    local descriptor, seconds = loop.multi:descriptor(), loop:timeout()
    if descriptor then
      controllers.poll({ pollfd = descriptor, events = "r" }, changed, seconds)
    else
      controllers.poll(changed, seconds)
    end
    local ok, problem = pcall(loop.step, loop)
    if not ok then
      controller:wrap(drive, controller, loop, changed) -- the error ends this coroutine, and the calls go on
      error(problem, 0)
    end
  end
  drivers[controller] = nil
end

function host.update(loop)
  local controller = controllers.running()
  if not controller then return end
  local changed = drivers[controller]
  if changed then
    changed:signal()
    return
  end
  changed = condition.new()
  drivers[controller] = changed
  controller:wrap(drive, controller, loop, changed)
end

local loop = transport.new_loop(host)

--- Makes a transport.
---@param options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function cqueues.new(options)
  return transport.new(loop, options)
end

return cqueues
