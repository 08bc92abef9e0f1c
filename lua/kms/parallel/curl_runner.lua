--- Runs tasks as coroutines over one curl.multi: while one waits for an answer or sleeps, the others go on.

local curl = require "kms.transport.curl"
local scheduler = require "kms.transport.scheduler"
local timers = require "kms.parallel.timer_heap"

local yield = coroutine.yield
local close = rawget(coroutine, "close") -- Lua 5.4

local coroutines = {}

local METATABLE = getmetatable(curl.new())

-- What a worker yields first, so that it is told from what a task yields by itself.
local WAITS, ENDED = {}, {}

local LONGEST = 3600 -- seconds of one poll; more is several

---@class kms.parallel.Worker a coroutine and what it works on; kept for the next item when that is done
---@field routine thread
---@field run kms.parallel.Run
---@field outcome table
---@field key any what it waits for: its exchange's key, or one of the sleep's own

---@class kms.parallel.Coroutines : kms.TaskRunner
---@field active integer tasks begun and not ended
local Coroutines = {}
Coroutines.__index = Coroutines

---@return kms.parallel.Coroutines
function coroutines.new()
  return setmetatable({
    many = curl.multi(), timers = timers.new(), active = 0,
    waiting = {}, -- workers by the key of their exchange
    idle = {},
  }, Coroutines)
end

local function work(fn, item, number)
  while true do
    fn, item, number = yield(ENDED, pcall(fn, item, number))
  end
end

local function ended(self, worker, ok, result, err)
  local run, outcome = worker.run, worker.outcome
  worker.run, worker.outcome, worker.key = false, false, false
  self.active = self.active - 1
  run:take(outcome, ok, result, err)
end

--- Looks at why a worker has stopped.
local function stopped(self, worker, alive, why, ok, result, err)
  if alive and why == WAITS then return end
  if alive and why == ENDED then
    ended(self, worker, ok, result, err)
    self.idle[#self.idle + 1] = worker
    return
  end
  ended(self, worker, false, alive and "attempt to yield from a task of kms.parallel" or why)
  if alive and close then close(worker.routine) end
end

--- What a worker's turn came to; the one in whose turn it was comes back.
local function end_turn(self, outer, worker, ...)
  self.worker = outer
  return stopped(self, worker, ...)
end

local function go_on(self, worker, ...)
  local outer = self.worker
  self.worker = worker
  return end_turn(self, outer, worker, scheduler.resume(self, worker.routine, ...))
end

function Coroutines.can_drive(_, transport)
  return type(transport) == "userdata" and getmetatable(transport) == METATABLE
end

function Coroutines:send(transport, request)
  local key, err = self.many:add(transport, request)
  if not key then return nil, err end
  self.waiting[key], self.worker.key = self.worker, key
  return yield(WAITS)
end

function Coroutines:sleep(seconds)
  local worker = self.worker
  worker.key = {} -- of this sleep alone
  self.timers:add(self.many:clock() + seconds, { worker, worker.key })
  yield(WAITS)
end

--- Whether this is called from a task.
---@return boolean
function Coroutines:is_inside()
  local worker = self.worker
  return worker ~= nil and scheduler.is_running(worker.routine)
end

--- Begins a task, and goes on with it up to its first wait.
---@param run kms.parallel.Run
---@param item any
function Coroutines:start(run, item)
  local idle = self.idle
  local worker = idle[#idle]
  if worker then
    idle[#idle] = nil
  else
    worker = { routine = coroutine.create(work), run = false, outcome = false, key = false }
  end
  local outcome = run:begin()
  worker.run, worker.outcome = run, outcome
  self.active = self.active + 1
  go_on(self, worker, run.fn, item, outcome[1])
end

--- Goes on with a worker, if it still waits for this: an error out of a debug hook may have broken its wait off.
local function wake(self, worker, key, ...)
  if not worker or worker.key ~= key then return end
  worker.key = false
  go_on(self, worker, ...)
end

--- Goes on with those who have slept enough and with one whose exchange has ended; waits for it where there is none.
---@param seconds number? at most so long
function Coroutines:wait(seconds)
  local many, sleeping = self.many, self.timers
  local now, woken = many:clock(), false
  local sleeper = sleeping:due(now)
  while sleeper do
    wake(self, sleeper[1], sleeper[2])
    sleeper, woken = sleeping:due(now), true
  end
  local first = sleeping:first()
  if not first and not woken and many:pending() == 0 then
    error("not enough memory: a task of kms.parallel was lost", 0)
  end
  local patience = math.min(seconds or LONGEST, LONGEST)
  if woken then
    patience = 0
  elseif first then
    patience = math.max(0, math.min(first - now, patience))
  end
  self.polls = true
  local key, response, err = many:poll(patience)
  self.polls = false
  if not key then return end
  local worker = self.waiting[key]
  self.waiting[key] = nil
  -- There is none where memory ended before the worker could wait; its task has failed by then.
  wake(self, worker, key, response, err)
end

--- Goes on with the tasks for so long, as there are some that can go on.
---@param seconds number
---@return number left
function Coroutines:run_for(seconds)
  if self.polls then return seconds end -- a finalizer's call, in the middle of that
  local many = self.many
  local stop = many:clock() + seconds
  local left = seconds
  while left > 0 and (many:pending() > 0 or self.timers:first()) do
    self:wait(left)
    left = stop - many:clock()
  end
  return left
end

---@return kms.transport.curl.Stats
function Coroutines:stats()
  return self.many:stats()
end

function Coroutines:close()
  self.many:close()
end

return coroutines
