--- The seam between calls and whoever runs many at once: what a task sends and sleeps goes through its runner, that of
--- all others straight to the transport. A coroutine of the caller's own within a task is no task: it may not be
--- suspended from here, and so it blocks; nor is what runs where nothing can be suspended: a finalizer, a callback of
--- string.gsub.

local resume, running, status = coroutine.resume, coroutine.running, coroutine.status
local is_yieldable = rawget(coroutine, "isyieldable") -- not in Lua 5.1 itself

local scheduler = {}

---@class kms.TaskRunner
---@field active integer tasks begun and not ended
---@field run_for fun(self, seconds: number): number goes on with its tasks for so long, as there are some; what is left
---@field can_drive fun(self, transport): boolean whether it can do the next two for this transport
---@field send fun(self, transport, request: table): table?, kms.Error? suspends the task
---@field sleep fun(self, seconds: number) likewise

-- The task under way, if there is one: its runner and its routine. Weak, for an error out of a debug hook (Lua's own
-- Ctrl-C is one) may keep `leave` from its work.
local current = setmetatable({}, { __mode = "v" })

-- Those who may have tasks under way.
local runners = setmetatable({}, { __mode = "k" })

local function leave(runner, routine, ...)
  current.runner, current.routine = runner, routine
  return ...
end

--- Whether a coroutine is running, or waits for one that it runs.
---@param routine thread
---@return boolean
function scheduler.is_running(routine)
  local its_status = status(routine)
  return its_status == "running" or its_status == "normal"
end

--- Runs a task on, as coroutine.resume. Tasks may run tasks of another runner.
---@param its_runner kms.TaskRunner
---@param thread thread
function scheduler.resume(its_runner, thread, ...)
  local runner, routine = current.runner, current.routine
  if routine and not scheduler.is_running(routine) then runner, routine = nil, nil end
  current.runner, current.routine, runners[its_runner] = its_runner, thread, true
  return leave(runner, routine, resume(thread, ...))
end

--- The runner to go through; nil outside tasks.
local function runner_for(transport)
  local routine = current.routine
  if not routine or running() ~= routine or is_yieldable and not is_yieldable() then return nil end
  local runner = current.runner
  return runner and runner:can_drive(transport) and runner or nil
end

---@param transport table|userdata
---@param request table
function scheduler.send(transport, request)
  local runner = current.routine and runner_for(transport)
  if runner then return runner:send(transport, request) end
  return transport:send(request)
end

--- Who waits outside tasks may wait for what a task holds, a lock or a token, and that one must be able to go on. Not
--- so within one that cannot be suspended: on top of it others would pile up, and it could go on last.
---@param transport table|userdata
---@param seconds number
function scheduler.sleep(transport, seconds)
  local runner = runner_for(transport)
  if runner then return runner:sleep(seconds) end
  local routine, busy = current.routine, {}
  if not routine or not scheduler.is_running(routine) then
    for other in next, runners do
      if other.active > 0 and other:can_drive(transport) then busy[#busy + 1] = other end
    end
  end
  for _, other in ipairs(busy) do
    seconds = other:run_for(seconds)
    if seconds <= 0 then return end
  end
  return transport:sleep(seconds)
end

return scheduler
