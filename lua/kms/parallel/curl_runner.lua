--- Runs tasks as coroutines over one multi of kms.transport.curl: while a task waits for a response or sleeps, the
--- others continue.

local coroutines = require "kms.util.coroutines"
local curl = require "kms.transport.curl"
local scheduler = require "kms.transport.scheduler"
local timer_heap = require "kms.parallel.timer_heap"

local getmetatable, next, type = getmetatable, next, type
local yield, resume, protected_call = coroutine.yield, scheduler.resume, coroutines.pcall
local close_coroutine = rawget(coroutine, "close") -- Lua 5.4

local curl_runner = {}

local TRANSPORT_METATABLE = getmetatable(curl.new())

-- The first value that the coroutine of a task yields says why the task stopped. Another value comes from a yield in
-- the caller's function.
local WAITING, FINISHED = {}, {}

local MAX_WAIT = 3600 -- seconds of one step; a longer wait takes several steps

---@class kms.parallel.Task : kms.Task a coroutine and its work; reused for the next item
---@field run kms.parallel.Run|false
---@field number integer|false of the item
---@field next_idle kms.parallel.Task|false
---@field wait_key any the id of the request that the task waits for, or the table of its wait; false: neither
---@field loops table<kms.loop.Loop, true>|false event loops of the host that can suspend the coroutine that started it

---@class kms.parallel.CurlRunner : kms.TaskRunner
---@field active integer tasks that have started and not ended
---@field idle kms.parallel.Task|false the first of the tasks for reuse
---@field tasks table<kms.parallel.Task, true> all of them, also the idle ones
---@field waiting table<integer, kms.parallel.Task> by the id of their request
---@field loop_calls kms.loop.Call[] what callers of `wait` wait for while a loop of the host runs
---@field loop kms.loop.Loop? the host's event loop that tasks wait for
---@field last_started kms.parallel.Task?
local CurlRunner = {}
CurlRunner.__index = CurlRunner

---@return kms.parallel.CurlRunner
function curl_runner.new()
  local runner = setmetatable({
    multi = curl.multi(), timers = timer_heap.new(), active = 0, idle = false, tasks = {}, waiting = {},
    is_stepping = false, loop_calls = {},
  }, CurlRunner)
  scheduler.register(runner)
  return runner
end

local function run_items(fn, item, number)
  while true do
    fn, item, number = yield(FINISHED, protected_call(fn, item, number))
  end
end

--- Records the end of a task. Its run is removed last: until then, `end_lost_tasks` finds it after an error of a hook.
local function end_task(self, task, ok, result, err)
  local run = task.run
  local ended_count = run:set_outcome(task.number, ok, result, err)
  task.wait_key = false
  task.run, run.ended_count = false, ended_count
  self.active = self.active - 1
end

--- Ends a task that cannot be used again.
local function drop_task(self, task, err)
  end_task(self, task, false, err)
  self.tasks[task] = nil
  if close_coroutine and coroutine.status(task.coroutine) == "suspended" then close_coroutine(task.coroutine) end
end

--- Runs a task until it stops. `reason` is what its coroutine yielded, or the error that ended it.
local function resume_task(self, task, first, second, third)
  local is_alive, reason, ok, result, err = resume(task, first, second, third)
  if reason == WAITING and is_alive then return end
  if reason == FINISHED and is_alive then
    end_task(self, task, ok, result, err)
    task.next_idle, self.idle = self.idle, task
    return
  end
  drop_task(self, task, is_alive and "attempt to yield from a task of kms.parallel" or reason)
end

--- Transports of kms.transport.curl, and those of kms.loop, which are made of one.
function CurlRunner.can_drive(_, transport)
  if getmetatable(transport) == TRANSPORT_METATABLE then return true end
  return type(transport) == "table" and getmetatable(transport.connections) == TRANSPORT_METATABLE
end

local wake

--- Suspends a task. Its coroutine itself notes the end of the wait: it still waits if a debug hook raises an error
--- before it is resumed.
---@return kms.transport.Response? response, kms.Error? err
local function suspend(task)
  local response, err = yield(WAITING)
  task.wait_key = false
  return response, err
end

--- Returns the loop of a transport of kms.loop, if it can suspend the caller of `wait` while the task waits. The caller
--- can wait for one loop at a time; requests over transports of other adapters block then.
local function select_loop(self, task, transport)
  local loop, current = transport.loop, self.loop
  local is_usable = task.loops and task.loops[loop] and (not current or current == loop or current:is_idle())
  return is_usable and loop
end

--- Returns a callback of a loop that resumes the task, and then the callers of `wait`.
local function new_loop_callback(self, task, loop)
  local key, calls = {}, nil
  task.wait_key, self.loop = key, loop
  return function(response, err)
    wake(self, task, key, response, err)
    if not calls then
      calls = self.loop_calls
      self.loop_calls = {}
    end
    for _, call in ipairs(calls) do loop:finish(call) end
  end
end

function CurlRunner:send(task, transport, request, is_brief)
  local connections = transport.connections -- of a transport of kms.loop
  if connections then
    local loop = select_loop(self, task, transport)
    transport = connections
    if loop then
      local ok, problem = loop:start(transport, request, new_loop_callback(self, task, loop))
      if not ok then return nil, problem end
      return suspend(task)
    end
  end
  local id, err = self.multi:add(transport, request, is_brief)
  if not id then return nil, err end
  self.waiting[id], task.wait_key = task, id
  return suspend(task)
end

function CurlRunner:sleep(task, transport, seconds)
  local loop = type(transport) == "table" and select_loop(self, task, transport)
  if loop then
    loop:start_timer(seconds, new_loop_callback(self, task, loop))
  else
    task.wait_key = {}
    self.timers:add(self.multi:clock() + seconds, { task, task.wait_key })
  end
  suspend(task)
end

--- Returns whether the caller runs in a task of this runner.
---@type fun(self): boolean
CurlRunner.is_inside = scheduler.is_inside

--- Starts a task and runs it until its first wait.
---@param run kms.parallel.Run
---@param item any
function CurlRunner:start(run, item)
  local task = self.idle
  if task then
    self.idle, task.next_idle = task.next_idle, false
  else
    task = { runner = self, coroutine = coroutine.create(run_items), outer = false, run = false, number = false,
      next_idle = false, wait_key = false, loops = false }
    self.tasks[task] = true
  end
  if scheduler.has_loops then task.loops = scheduler.find_loops() or false end
  local number, last = run.started_count + 1, self.last_started
  -- The start of this item was interrupted before: that task has not begun.
  if last and last.run == run and last.number == number then last.run = false end
  self.last_started = task
  task.number = number
  task.run = run
  run:reserve_outcome()
  self.active = self.active + 1
  resume_task(self, task, run.fn, item, number)
end

--- Resumes a task if it still waits for `key`. An error that a debug hook raised may have ended that wait.
function wake(self, task, key, response, err)
  if not task or task.wait_key ~= key then return end
  resume_task(self, task, response, err)
end

--- Resumes the tasks whose sleep is over.
---@return number seconds that the runner may wait then, at most `max_seconds`
local function wake_sleepers(self, max_seconds)
  local timers, now = self.timers, self.multi:clock()
  local sleeper = timers:get_due(now)
  if sleeper then max_seconds = 0 end
  while sleeper do
    wake(self, sleeper[1], sleeper[2])
    timers:remove_due(sleeper)
    sleeper = timers:get_due(now)
  end
  local first = timers:first()
  return first and math.max(0, math.min(first - now, max_seconds)) or max_seconds
end

--- Waits until the loop of the host has resumed a task. Lua 5.1 itself cannot suspend the iterator of a `for` loop.
local function wait_in_loop(self, seconds)
  local loop = self.loop
  if not coroutines.is_native or not loop:can_suspend() then
    loop:step(seconds)
    return
  end
  local call = loop:new_call()
  self.loop_calls[#self.loop_calls + 1] = call
  loop:wait(call)
end

--- Ends the tasks that nothing resumes any more, because a debug hook raised an error, or memory ran out.
---@return boolean had_tasks
local function end_lost_tasks(self)
  local lost = {}
  for task in pairs(self.tasks) do
    if task.run and not scheduler.is_running(task.coroutine) then lost[#lost + 1] = task end
  end
  for _, task in ipairs(lost) do
    if task.wait_key then
      wake(self, task, task.wait_key, nil, scheduler.new_loss_error())
    elseif task.number > task.run.started_count then
      task.run = false
    else
      drop_task(self, task, scheduler.new_loss_error())
    end
  end
  if not lost[1] then self.active = 0 end
  return lost[1] ~= nil
end

--- Waits while no request is under way and no task sleeps: for the loop of the host.
---@return boolean? is_idle no task is left
local function wait_for_others(self, seconds)
  if self.loop and not self.loop:is_idle() then return wait_in_loop(self, seconds) end
  return not end_lost_tasks(self)
end

--- Resumes the tasks whose sleep is over, and one task whose request has ended. Waits if there is no such task.
---@param max_seconds number?
---@return boolean? is_idle there was no task to wait for
function CurlRunner:wait(max_seconds)
  local multi = self.multi
  local seconds = max_seconds and max_seconds < MAX_WAIT and max_seconds or MAX_WAIT
  local has_requests = multi:pending() > 0
  if not has_requests then
    local id, task = next(self.waiting)
    if id then
      self.waiting[id] = nil
      wake(self, task, id, nil, scheduler.new_loss_error())
      return
    end
  end
  if self.timers.count > 0 then
    seconds = wake_sleepers(self, seconds)
  elseif not has_requests then
    return wait_for_others(self, seconds)
  end
  self.is_stepping = true
  local id, response, err = multi:step(seconds)
  self.is_stepping = false
  if not id then return end
  local waiting = self.waiting
  local task = waiting[id]
  waiting[id] = nil
  -- No task waits if memory ran out before it could wait: that error has ended it.
  wake(self, task, id, response, err)
end

--- Runs the tasks that can continue, for at most `seconds`.
---@param seconds number
---@return number remaining
function CurlRunner:run_for(seconds)
  if self.is_stepping then return seconds end -- called by a finalizer during the step
  local multi = self.multi
  local deadline = multi:clock() + seconds
  local remaining = seconds
  while remaining > 0 and (next(self.waiting) ~= nil or self.timers:first()) do
    self:wait(remaining)
    remaining = deadline - multi:clock()
  end
  return remaining
end

---@return kms.transport.Stats
function CurlRunner:stats()
  return self.multi:stats()
end

function CurlRunner:close()
  self.multi:close()
end

return curl_runner
