--- The seam between calls and whoever runs many at once: what a task sends and sleeps goes through its runner, that of
--- all others straight to the transport. A coroutine of the caller's own within a task is no task: it may not be
--- suspended from here, and so it blocks.

local resume, running = coroutine.resume, coroutine.running

local task = {}

---@class kms.TaskRunner
---@field drives fun(self, transport): boolean whether it can do the next two for this transport
---@field send fun(self, transport, request: table): table?, kms.Error? suspends the task
---@field sleep fun(self, seconds: number) likewise

local runner, routine -- of the task under way, if there is one

local function leave(before, its_routine, ...)
  runner, routine = before, its_routine
  return ...
end

--- Runs a task on, as coroutine.resume. Tasks may run tasks of another runner.
---@param its_runner kms.TaskRunner
---@param thread thread
function task.resume(its_runner, thread, ...)
  local before, its_routine = runner, routine
  runner, routine = its_runner, thread
  return leave(before, its_routine, resume(thread, ...))
end

local function driven(transport)
  return running() == routine and runner:drives(transport)
end

---@param transport table|userdata
---@param request table
function task.send(transport, request)
  if routine and driven(transport) then return runner:send(transport, request) end
  return transport:send(request)
end

---@param transport table|userdata
---@param seconds number
function task.sleep(transport, seconds)
  if routine and driven(transport) then return runner:sleep(seconds) end
  return transport:sleep(seconds)
end

return task
