--- The common part of the adapters in kms.loop: a transport whose `send` and `sleep` suspend the calling coroutine
--- while the event loop of the host runs.

local coroutines = require "kms.util.coroutines"
local curl = require "kms.transport.curl"
local scheduler = require "kms.transport.scheduler"
local timer_heap = require "kms.parallel.timer_heap"

local is_yieldable = rawget(coroutine, "isyieldable") -- not in Lua 5.1 and 5.2
local get_info = rawget(_G, "debug") and debug.getinfo -- a sandbox may have no debug

local transport = {}

local POLL_INTERVAL = 0.01 -- seconds between two steps of a loop without a descriptor
local MAX_STEP = 0.005 -- seconds after which a step calls no further callback, so that the host can run
local EXPIRY_MARGIN = 2 -- seconds after the timeout of a request until its response counts as lost
local EXPIRY_INTERVAL = 1 -- seconds between two looks for lost responses
local PROBE_DURATION = 0.001 -- seconds; a host may step the loop before it yields

---@class kms.loop.Host what an adapter supplies
---@field can_suspend (fun(): boolean)? whether the host can suspend the running coroutine; without it, any but the main
---  one
---@field suspend fun(call: kms.loop.Call) suspends the running coroutine until `call.is_done`
---@field wake fun(call: kms.loop.Call)? resumes the coroutine of a call that is done
---@field update fun(loop: kms.loop.Loop)? called when requests or timers have started or ended

---@class kms.loop.Call what a suspended coroutine waits for
---@field is_done boolean
---@field loop kms.loop.Loop
---@field response kms.transport.Response?
---@field err kms.Error?

---@class kms.loop.Loop the requests and timers of an adapter
---@field multi kms.transport.curl.Multi
---@field callbacks table<integer, fun(response: table?, err: kms.Error?)> by the id of a request
---@field expiries table<integer, number> when the response of a request counts as lost, by its id
---@field next_check number when the loop looks for lost responses
---@field timers kms.TimerHeap callbacks by time
local Loop = {}
Loop.__index = Loop

---@param host kms.loop.Host
---@return kms.loop.Loop
function transport.new_loop(host)
  local loop = setmetatable({ host = host, multi = curl.multi(), timers = timer_heap.new(), callbacks = {},
    expiries = {}, next_check = 0 }, Loop)
  scheduler.register_loop(loop)
  return loop
end

local function update_host(self)
  if self.host.update then self.host.update(self) end
end

--- Returns whether a coroutine other than the main one runs.
local function is_in_coroutine()
  local thread, is_main = coroutines.running()
  return thread ~= nil and not is_main
end

--- Returns whether the host suspends the running coroutine, if that can yield. Not a task of kms.parallel: its runner
--- does.
local function is_suspendable(self)
  return coroutines.can_suspend and not scheduler.is_inside_task() and (self.host.can_suspend or is_in_coroutine)()
end

--- Returns whether the running coroutine can be suspended.
---@return boolean
function Loop:can_suspend()
  return is_suspendable(self) and (not is_yieldable or is_yieldable())
end

--- Returns an error if the host could suspend the running coroutine, but it cannot yield: a call would block the host.
---@return kms.Error?
function Loop:check_suspension()
  return is_yieldable and not is_yieldable() and is_suspendable(self) and scheduler.refuse() or nil
end

--- Starts a request; `on_end` gets its response, or nil and an error. It is called again if it raises, because a debug
--- hook may have raised the error.
---@return boolean? ok, kms.Error? err
function Loop:start(connections, request, on_end)
  local id, err = self.multi:add(connections, request)
  if not id then return nil, err end
  self.callbacks[id] = on_end
  self.expiries[id] = self.multi:clock() + (request.timeout or math.huge) + EXPIRY_MARGIN
  update_host(self)
  return true
end

--- Starts a timer; `on_end` is called when it is due, and again if it raises.
---@param seconds number
function Loop:start_timer(seconds, on_end)
  self.timers:add(self.multi:clock() + seconds, on_end)
  update_host(self)
end

--- Returns whether no request and no timer runs, and no callback waits.
---@return boolean
function Loop:is_idle()
  return self.multi:pending() == 0 and not self.timers:first() and next(self.callbacks) == nil
end

--- Returns whether a callback waits for a response that was discarded.
local function has_lost_response(self)
  return self.multi:pending() == 0 and next(self.callbacks) ~= nil
end

--- Lists the requests whose response was discarded while others are under way: they are past their timeout, and no
--- response is left.
---@return integer[] ids
local function list_expired(self, now)
  local ids = {}
  if now < self.next_check then return ids end
  self.next_check = now + EXPIRY_INTERVAL
  for id, time in pairs(self.expiries) do
    if time < now then ids[#ids + 1] = id end
  end
  return ids
end

--- Seconds until `step` must be called even if the descriptor is not readable; nil: no limit. While
--- something runs without a descriptor, it is at most POLL_INTERVAL.
---@return number?
function Loop:timeout()
  if has_lost_response(self) then return 0 end
  local seconds, first = self.multi:timeout(), self.timers:first()
  if not self.multi:descriptor() and not self:is_idle() then
    seconds = math.min(seconds or POLL_INTERVAL, POLL_INTERVAL)
  end
  if not first then return seconds end
  return math.max(0, math.min(first - self.multi:clock(), seconds or math.huge))
end

--- Makes progress, and calls the callbacks of what has ended, for about MAX_STEP: the next step calls the others.
--- Raises the first error of a callback, after the other callbacks of the step were called.
---@param seconds number? that it may wait; default 0
function Loop:step(seconds)
  local multi, timers, callbacks, problem = self.multi, self.timers, self.callbacks, nil
  local function call(on_end, ...)
    local ok, err = pcall(on_end, ...)
    if ok then return end
    problem = problem or err
    pcall(on_end, ...)
  end
  -- What is called is removed afterwards, so that an error of a debug hook does not lose it.
  local function end_request(id, ...)
    local on_end = callbacks[id]
    if not on_end then return end -- memory ran out before it was kept
    call(on_end, ...)
    if callbacks[id] ~= on_end then return end -- a new request has the same id
    callbacks[id], self.expiries[id] = nil, nil
  end
  local now, first = multi:clock(), timers:first()
  local stops_at = now + MAX_STEP
  seconds = seconds or 0
  if first then seconds = math.max(0, math.min(first - now, seconds)) end
  local due = timers:get_due(now)
  while due do
    call(due)
    timers:remove_due(due)
    due = multi:clock() < stops_at and timers:get_due(now)
  end
  while has_lost_response(self) do
    seconds = 0
    end_request((next(callbacks)), nil, scheduler.new_loss_error())
  end
  -- No more than are pending now, so that calls that follow each other do not keep the host from running.
  for _ = 1, math.max(1, multi:pending()) do
    local id, response, err = multi:step(seconds)
    seconds = 0
    if not id then
      for _, lost_id in ipairs(list_expired(self, now)) do end_request(lost_id, nil, scheduler.new_loss_error()) end
      break
    end
    end_request(id, response, err)
    if multi:clock() >= stops_at then break end
  end
  update_host(self)
  if problem then error(problem, 0) end
end

--- Creates what a coroutine waits for.
---@return kms.loop.Call
function Loop:new_call()
  return { is_done = false, loop = self }
end

--- Ends the wait for a call. For callbacks.
---@param call kms.loop.Call
function Loop:finish(call, response, err)
  if not call.is_done then
    call.response, call.err = response, err
    call.is_done = true
  end
  if self.host.wake then self.host.wake(call) end
end

--- Suspends the running coroutine until the call is done.
---@param call kms.loop.Call
---@return kms.transport.Response? response, kms.Error? err
function Loop:wait(call)
  self.host.suspend(call)
  return call.response, call.err
end

local Transport = { __name = "kms.loop.transport" }
Transport.__index = Transport

--- Creates a transport over a loop.
---@param loop kms.loop.Loop
---@param options kms.transport.curl.Transport|kms.transport.curl.Options|nil
---@return kms.loop.Transport
function transport.new(loop, options)
  local connections = type(options) == "userdata" and options or curl.new(options)
  return setmetatable({ loop = loop, connections = connections }, Transport)
end

--- Returns whether a coroutine is inside a function. The stack of a coroutine that ended with an error remains.
local function is_inside(thread, fn)
  if coroutine.status(thread) == "dead" then return false end
  local level, info = 0, get_info(thread, 0, "f")
  while info and info.func ~= fn do
    level = level + 1
    info = get_info(thread, level, "f")
  end
  return info ~= nil
end

--- Suspends the running coroutine for a moment, because on Lua 5.1 and 5.2 only an attempt shows whether it can yield.
--- Lua 5.1 raises if it cannot. The coroutine may then have yielded for another purpose when the timer is due, and must
--- not be resumed.
---@param loop kms.loop.Loop
---@return boolean was_suspended
local function try_to_suspend(loop)
  local probe, thread, is_over = loop:new_call(), coroutine.running(), false
  loop:start_timer(PROBE_DURATION, function()
    if not is_over and (not get_info or is_inside(thread, try_to_suspend)) then loop:finish(probe) end
  end)
  if not coroutines.is_native then
    loop:wait(probe)
    return true
  end
  local ok, problem = pcall(loop.wait, loop, probe)
  is_over = true
  if not ok and not tostring(problem):find("attempt to yield", 1, true) then error(problem, 0) end
  return ok
end

function Transport:send(request)
  local loop = self.loop
  if not loop:can_suspend() then
    local refusal = loop:check_suspension()
    if refusal then return nil, refusal end
    return self.connections:send(request)
  end
  if not is_yieldable and not try_to_suspend(loop) then return nil, scheduler.refuse() end
  local call = loop:new_call()
  local ok, err = loop:start(self.connections, request, function(...) loop:finish(call, ...) end)
  if not ok then return nil, err end
  return loop:wait(call)
end

function Transport:sleep(seconds)
  local loop = self.loop
  if not loop:can_suspend() then return self.connections:sleep(seconds) end
  local call = loop:new_call()
  loop:start_timer(seconds, function() loop:finish(call) end)
  loop:wait(call)
end

function Transport:now() return self.connections:now() end

function Transport:clock() return self.connections:clock() end

function Transport:stats() return self.connections:stats() end

function Transport:is_open() return self.connections:is_open() end

function Transport:close() self.connections:close() end

Transport.__close = Transport.close

function Transport.__tostring(self)
  return ("kms.loop.transport (%s)"):format(self:is_open() and "open" or "closed")
end

return transport
