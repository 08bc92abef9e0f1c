--- The seam between calls and whoever runs many at once: what a task sends and sleeps goes through its runner, that of
--- all others straight to the transport. A coroutine of the caller's own within a task is no task: it may not be
--- suspended from here, and so it blocks.

local resume, running, status = coroutine.resume, coroutine.running, coroutine.status

local task = {}

---@class kms.TaskRunner
---@field drives fun(self, transport): boolean whether it can do the next two for this transport
---@field send fun(self, transport, request: table): table?, kms.Error? suspends the task
---@field sleep fun(self, seconds: number) likewise

-- The task under way, if there is one: its runner and its routine. Weak, for an error out of a debug hook (Lua's own
-- Ctrl-C is one) may keep `leave` from its work.
local current = setmetatable({}, { __mode = "v" })

local function leave(runner, routine, ...)
  current.runner, current.routine = runner, routine
  return ...
end

--- Whether a coroutine is running, or waits for one that it runs.
---@param routine thread
---@return boolean
function task.is_under_way(routine)
  local its_status = status(routine)
  return its_status == "running" or its_status == "normal"
end

--- Runs a task on, as coroutine.resume. Tasks may run tasks of another runner.
---@param its_runner kms.TaskRunner
---@param thread thread
function task.resume(its_runner, thread, ...)
  local runner, routine = current.runner, current.routine
  if routine and not task.is_under_way(routine) then runner, routine = nil, nil end
  current.runner, current.routine = its_runner, thread
  return leave(runner, routine, resume(thread, ...))
end

--- The runner to go through; nil outside tasks.
local function runner_for(transport)
  local routine = current.routine
  if not routine or running() ~= routine then return nil end
  local runner = current.runner
  return runner and runner:drives(transport) and runner or nil
end

---@param transport table|userdata
---@param request table
function task.send(transport, request)
  local runner = runner_for(transport)
  if runner then return runner:send(transport, request) end
  return transport:send(request)
end

---@param transport table|userdata
---@param seconds number
function task.sleep(transport, seconds)
  local runner = runner_for(transport)
  if runner then return runner:sleep(seconds) end
  return transport:sleep(seconds)
end

return task
