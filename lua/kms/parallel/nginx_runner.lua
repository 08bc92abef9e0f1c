--- Runs the tasks of kms.parallel as light threads of NGINX. Each task sends over its own client's transport.

local ngx = rawget(_G, "ngx")
local cosocket = require "kms.transport.cosocket"
local has_semaphore, semaphore = pcall(require, "ngx.semaphore")

local running = coroutine.running

local nginx_runner = {}

local MAX_WAIT = 3600 -- seconds that one `wait` lasts; callers repeat it

---@class kms.parallel.NginxRunner
---@field active integer tasks that have started and not ended
local Runner = {}
Runner.__index = Runner

--- Returns why no light thread can start here.
---@return string? problem
function nginx_runner.check_phase()
  local err = cosocket.check_phase()
  return err and err.message or not has_semaphore and "kms.parallel needs ngx.semaphore of lua-resty-core" or nil
end

--- Returns a table that identifies the current request. The light threads of a request end with it.
---@return table? request
function nginx_runner.get_request()
  local ok, context = pcall(function() return ngx.ctx end)
  return ok and context or nil
end

---@return kms.parallel.NginxRunner
function nginx_runner.new()
  return setmetatable({
    active = 0,
    task_ended = semaphore.new(0),
    ended = {}, -- threads that have ended; NGINX keeps their results until a wait
    tasks = setmetatable({}, { __mode = "k" }), -- by coroutine
  }, Runner)
end

local function run_task(self, run, item)
  local task, number = running(), run:reserve_outcome()
  self.tasks[task] = true
  self.active = self.active + 1
  local ok, result, err = pcall(run.fn, item, number)
  self.active = self.active - 1
  self.ended[#self.ended + 1] = task
  run:record(number, ok, result, err)
  local count = self.task_ended:count() -- negative: the number of coroutines that wait
  if count <= 0 then self.task_ended:post(math.max(1, -count)) end
end

--- Releases the threads that have ended. Only the coroutine that spawned a thread can wait for it; NGINX releases the
--- others at the end of the request.
local function release_ended(self)
  local ended = self.ended
  if #ended == 0 then return end
  self.ended = {}
  for _, thread in ipairs(ended) do pcall(ngx.thread.wait, thread) end
end

--- Returns whether the current coroutine is a task.
---@return boolean
function Runner:is_inside()
  return self.tasks[running()] or false
end

---@param run kms.parallel.Run
---@param item any
function Runner:start(run, item)
  release_ended(self)
  ngx.thread.spawn(run_task, self, run, item)
end

--- Waits until a task has ended, at most MAX_WAIT seconds.
function Runner:wait()
  local ok, problem = self.task_ended:wait(MAX_WAIT)
  if not ok and problem ~= "timeout" then error("kms.parallel cannot wait: " .. problem, 0) end
  release_ended(self)
end

return nginx_runner
