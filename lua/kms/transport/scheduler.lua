--- Connects calls with the runners of concurrent tasks: inside a task, `send` and `sleep` suspend it; outside, they go
--- to the transport and block.

-- A coroutine that the caller starts inside a task is not a task: it blocks, because it must not be suspended from
-- here. Where a task cannot yield, as in a finalizer or a callback of string.gsub, a request is refused, because the
-- requests of other tasks would time out meanwhile.

local coroutines = require "kms.util.coroutines"
local Error = require "kms.error"
local iterate = require "kms.util.iterate"

local resume, running, status, yield = coroutine.resume, coroutines.running, coroutine.status, coroutine.yield

local scheduler = {}

-- What a task yields to learn whether it can be suspended.
local PROBE = {}

local is_yieldable = rawget(coroutine, "isyieldable") -- not in Lua 5.1 and 5.2
if not is_yieldable then
  if coroutines.is_native then
    function is_yieldable() return (pcall(yield, PROBE)) end
  end

  function resume(thread, first, second, third)
    local is_alive, a, b, c, d = coroutine.resume(thread, first, second, third)
    while a == PROBE do is_alive, a, b, c, d = coroutine.resume(thread) end
    return is_alive, a, b, c, d
  end
end

---@class kms.TaskRunner
---@field active integer tasks that have begun and not ended
---@field run_for fun(self, seconds: number): number runs its tasks for that time, or until there are no more; returns
---  the time left
---@field can_drive fun(self, transport): boolean whether `send` and `sleep` work for this transport
---@field send fun(self, task: kms.Task, transport, request: table, is_brief: boolean?): table?, kms.Error? suspends the
---  task
---@field sleep fun(self, task: kms.Task, transport, seconds: number) suspends the task

---@class kms.Task
---@field runner kms.TaskRunner
---@field coroutine thread
---@field outer kms.Task|false|nil the task that resumed this one

-- The task under way. An error raised by a debug hook (Lua's own Ctrl-C is one) may prevent `resume` from restoring
-- this, so it may be a task that does not run.
---@type kms.Task?
local current

-- The runners that may have tasks under way.
local runners = setmetatable({}, { __mode = "k" })

-- The loops of kms.loop: event loops of the host that can suspend a coroutine outside tasks.
local loops = setmetatable({}, { __mode = "k" })

--- Whether a loop was registered.
scheduler.has_loops = false

--- Returns whether a coroutine runs, or waits for a coroutine that it resumed.
---@param thread thread
---@return boolean
function scheduler.is_running(thread)
  local thread_status = status(thread)
  return thread_status == "running" or thread_status == "normal"
end

--- Registers a runner, so that `sleep` outside its tasks can run them.
---@param runner kms.TaskRunner
function scheduler.register(runner)
  runners[runner] = true
end

--- Registers a loop of kms.loop, so that kms.parallel suspends its caller while tasks wait.
---@param loop kms.loop.Loop
function scheduler.register_loop(loop)
  loops[loop] = true
  scheduler.has_loops = true
end

--- Returns the loops that can suspend the running coroutine, as a set; nil if there is none.
---@return table<kms.loop.Loop, true>?
function scheduler.find_loops()
  local found
  for loop in iterate.members(loops) do
    if loop:can_suspend() then
      found = found or {}
      found[loop] = true
    end
  end
  return found
end

--- Returns whether the running coroutine is a task.
---@return boolean
function scheduler.is_inside_task()
  return current ~= nil and running() == current.coroutine
end

--- Returns whether the caller runs in a task of a runner, or in what such a task has started.
---@param runner kms.TaskRunner
---@return boolean
function scheduler.is_inside(runner)
  local task = current
  while task do
    if task.runner == runner and scheduler.is_running(task.coroutine) then return true end
    task = task.outer
  end
  return false
end

--- Resumes a task inside another one: of another runner.
local function resume_inside(task, outer, first, second, third)
  current, task.outer = task, outer
  local is_alive, a, b, c, d = resume(task.coroutine, first, second, third)
  current, task.outer = outer, false
  return is_alive, a, b, c, d
end

--- Resumes a task, like coroutine.resume, with three values, and returns five. Their number is fixed, because functions
--- with a variable number of arguments cost more. A task may resume tasks of another runner.
---@param task kms.Task
---@return boolean is_alive, any, any, any, any
function scheduler.resume(task, first, second, third)
  local outer = current
  if outer and scheduler.is_running(outer.coroutine) then return resume_inside(task, outer, first, second, third) end
  current = task
  local is_alive, a, b, c, d = resume(task.coroutine, first, second, third)
  current = nil
  return is_alive, a, b, c, d
end

--- Returns the current task, if its runner drives the transport; nil outside tasks.
local function find_task(transport)
  local task = current
  return task and running() == task.coroutine and task.runner:can_drive(transport) and task or nil
end

--- Creates the error of a call in a coroutine that cannot yield.
---@return kms.Error
function scheduler.refuse()
  return Error.new { kind = "invalid", code = "coroutine", uncertain = false,
    message = "a call must be able to suspend its coroutine, but a C function, a metamethod or a finalizer called it" }
end

--- Creates the error of a request whose response was discarded: a debug hook raised an error after the multi had
--- returned the response, and before the waiting coroutine continued.
---@return kms.Error
function scheduler.new_loss_error()
  return Error.new { kind = "transport", code = "other", uncertain = true,
    message = "the response was discarded, because a debug hook raised an error or memory ran out" }
end

--- Returns an error if a call over the transport cannot suspend the running coroutine, although it has to. Lua 5.1 can
--- only raise in a task, and does not know elsewhere.
---@param transport table|userdata
---@return kms.Error|false|nil
function scheduler.check_suspension(transport)
  local task = current
  if not scheduler.has_loops then -- the usual case, in few steps
    if not task or running() ~= task.coroutine or is_yieldable and is_yieldable() then return nil end
  end
  task = task and find_task(transport)
  if task then
    if not is_yieldable then yield(PROBE) elseif not is_yieldable() then return scheduler.refuse() end
  elseif scheduler.has_loops and type(transport) == "table" then
    local loop = rawget(transport, "loop")
    return loop and loops[loop] and loop:check_suspension()
  end
end

---@param transport table|userdata
---@param request table
---@param is_brief boolean? for the library's own transports: see types/kms/transport/curl.lua
---@return table? response, kms.Error? err
function scheduler.send(transport, request, is_brief)
  local task = current and find_task(transport)
  if task then
    if is_yieldable and not is_yieldable() then return nil, scheduler.refuse() end
    return task.runner:send(task, transport, request, is_brief)
  end
  if is_brief then return transport:send(request, true) end
  return transport:send(request)
end

--- Lists the runners with pending tasks on a transport. Empty inside a task that cannot be suspended: tasks resumed on
--- top of it would pile up, and it could continue only after all of them. Empty where a loop of the host runs the
--- tasks.
local function list_busy_runners(transport)
  local busy = {}
  if current and scheduler.is_running(current.coroutine) or scheduler.find_loops() then return busy end
  for runner in iterate.members(runners) do
    if runner.active > 0 and runner:can_drive(transport) then busy[#busy + 1] = runner end
  end
  return busy
end

--- Called outside a task, this runs pending tasks first, because the caller may wait for a mutex or a token that one of
--- them holds.
---@param transport table|userdata
---@param seconds number
function scheduler.sleep(transport, seconds)
  local task = find_task(transport)
  if task and (not is_yieldable or is_yieldable()) then return task.runner:sleep(task, transport, seconds) end
  for _, busy in ipairs(list_busy_runners(transport)) do
    seconds = busy:run_for(seconds)
    if seconds <= 0 then return end
  end
  return transport:sleep(seconds)
end

return scheduler
