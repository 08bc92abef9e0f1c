--- Calls that suspend their coroutine in hosts that offer only a sleep: HAProxy (core.msleep), schedulers of one's own.

local transport = require "kms.loop.transport"
local validate = require "kms.util.validate"

local polling = {}

local DEFAULT_INTERVAL = 0.002 -- seconds

---@type kms.Field[]
local OPTIONS = {
  { name = "sleep", type = "function", required = true },
  { name = "interval", type = "number", positive = true },
}

-- Loops by their sleep function, so that transports share one. The values are weak because a loop refers to its key.
local loops = setmetatable({}, { __mode = "kv" })

local function new_host(sleep, interval)
  local next_step = 0

  --- The first of the coroutines that wake up at about the same time makes the step.
  local function suspend(call)
    local loop = call.loop
    while true do
      if loop.multi:clock() >= next_step then
        loop:step()
        next_step = loop.multi:clock() + interval / 2
      end
      if call.is_done then return end
      sleep(interval)
    end
  end

  return { suspend = suspend }
end

--- Makes a transport. Transports with the same `sleep` share a loop; the first one sets its interval.
---@param options kms.loop.PollingOptions
---@param transport_options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function polling.new(options, transport_options)
  local problem = validate.arguments(OPTIONS, options, "option")
  if problem then error(validate.argument_error(1, "new", problem), 2) end
  local sleep = options.sleep
  local loop = loops[sleep] or transport.new_loop(new_host(sleep, options.interval or DEFAULT_INTERVAL))
  loops[sleep] = loop
  return transport.new(loop, transport_options)
end

return polling
