--- Runs tasks as light threads of NGINX, each over the transport of its own.

local ngx = rawget(_G, "ngx")
local cosocket = require "kms.transport.cosocket"
local has_semaphore, semaphore = pcall(require, "ngx.semaphore")

local running = coroutine.running

local threads = {}

local PATIENCE = 3600 -- seconds of one wait; more is several

---@class kms.parallel.Threads
---@field active integer tasks begun and not ended
local Threads = {}
Threads.__index = Threads

--- Why there can be no light threads here.
---@return string? problem
function threads.refusal()
  local refused = cosocket.refusal()
  return refused and refused.message or not has_semaphore and "there is no ngx.semaphore" or nil
end

--- Whose light threads would be begun now: they end with it.
---@return table? request
function threads.owner()
  local known, context = pcall(function() return ngx.ctx end)
  return known and context or nil
end

---@return kms.parallel.Threads
function threads.new()
  return setmetatable({
    active = 0,
    bell = semaphore.new(0), -- rung when a task has ended
    over = {}, -- threads that have ended, and are to be waited for: until then NGINX keeps what they returned
    routines = setmetatable({}, { __mode = "k" }),
  }, Threads)
end

local function work(self, run, item)
  local routine, outcome = running(), run:begin()
  self.routines[routine] = true
  self.active = self.active + 1
  local ok, result, err = pcall(run.fn, item, outcome[1])
  self.active = self.active - 1
  self.over[#self.over + 1] = routine
  run:take(outcome, ok, result, err)
  local count = self.bell:count() -- below 0 it says how many wait
  if count <= 0 then self.bell:post(math.max(1, -count)) end
end

--- Lets go of threads that have ended. Only who began a thread may wait for it; one that somebody else's loop began
--- goes with its request.
local function reap(self)
  local over = self.over
  if #over == 0 then return end
  self.over = {}
  for _, thread in ipairs(over) do pcall(ngx.thread.wait, thread) end
end

--- Whether this is called from a task.
---@return boolean
function Threads:is_inside()
  return self.routines[running()] or false
end

---@param run kms.parallel.Run
---@param item any
function Threads:start(run, item)
  reap(self)
  ngx.thread.spawn(work, self, run, item)
end

--- Waits until a task has ended.
function Threads:wait()
  local rung, problem = self.bell:wait(PATIENCE)
  if not rung and problem ~= "timeout" then error("kms.parallel cannot wait here: " .. problem, 0) end
  reap(self)
end

return threads
