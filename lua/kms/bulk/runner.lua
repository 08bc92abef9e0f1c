--- Runs a plan: one item first, then many at once, until all are done or something stops the run.

local coroutines = require "kms.util.coroutines"
local parallel = require "kms.parallel"
local plan = require "kms.bulk.plan"
local step_module = require "kms.bulk.step"
local summary = require "kms.bulk.summary"

local runner = {}

local PROGRESS_INTERVAL = 1 -- seconds without an outcome after which progress is reported
local TICK_INTERVAL = 0.1 -- the same while tasks wait for responses
local TICK_SLICE = 0.005 -- seconds after which a task that waits for the next report sees that the others have ended
local TICK = {} -- result of a task that has waited for the next report

local IS_COMPLETE = { done = true, already = true }

--- Lists the first steps of the chains that are not complete. Chains that failed before come last, so that they do not
--- keep the others from being tried.
local function list_heads(steps)
  local heads, failed = {}, {}
  for _, step in ipairs(steps) do
    if not step.after then
      local open = step
      while open and IS_COMPLETE[open.outcome] and not open.is_planned do open = open.next end
      if open then
        local list = open.outcome == "failed" and failed or heads
        list[#list + 1] = open
      end
    end
  end
  for _, step in ipairs(failed) do heads[#heads + 1] = step end
  return heads
end

--- Reports progress: the outcome of an item, or that time has passed.
---@param step kms.bulk.Step? nil: time has passed
---@param is_first boolean? from now on many items run at once
local function report(self, step, err, is_first)
  local now, requester = self.requester:clock(), self.requester
  self.reported_at = now
  if not self.on_progress then return end
  local event = { counts = self.counts, requests = requester.requests, retries = requester.retries,
    throttled = requester.throttled, under_way = requester.under_way, rate = requester.pace:get_rate(),
    seconds = now - self.started_at }
  if step then
    event.line, event.key, event.outcome, event.inferred = step.line, step.key, step.outcome, step.inferred
    event.error, event.is_first, event.is_temporary = err, is_first, step.is_temporary
  end
  self.on_progress(event)
end

local function report_wait(self)
  if self.requester:clock() - self.reported_at >= PROGRESS_INTERVAL then report(self) end
end

--- Takes a step, and counts its outcome.
---@return string? outcome nil: not tried
---@return kms.Error? err
local function take_step(self, step)
  summary.add(self.counts, step, -1)
  step.is_planned = nil
  local outcome, err = step_module.take(self.context, step)
  summary.add(self.counts, step, 1)
  if not outcome then return nil end
  local reason = self.context.stop_rule:record_item(not IS_COMPLETE[outcome], err and err.message or "")
  if reason then self.requester:halt("failures", reason) end
  return outcome, err
end

--- Takes the steps of a chain until one does not succeed.
local function take_chain(self, step)
  while step and not self.requester.stop do
    if not IS_COMPLETE[step.outcome] or step.is_planned then
      local outcome, err = take_step(self, step)
      if outcome and not step.is_temporary then report(self, step, err) end
      if not IS_COMPLETE[outcome] then return end
    end
    step = step.next
  end
end

--- Calls a function in a number of tasks. Meanwhile progress is reported often, and outside of the tasks. An urgent
--- stop leaves the tasks where they are.
---@param count integer
---@param fn function
---@return any problem that a task raised
local function run_tasks(self, count, fn)
  local tasks = assert(parallel.new { concurrency = count + 1, order = "finished" })
  local started, active, problem = 0, count, nil
  local function halt(raised)
    problem = problem == nil and raised or problem
    self.requester:halt("error", tostring(raised))
  end
  local function work()
    local ok, raised = coroutines.pcall(fn)
    if not ok then halt(raised) end
  end
  local function wait()
    local client = self.requester.client
    local deadline = client:clock() + TICK_INTERVAL
    repeat client:sleep(TICK_SLICE) until active == 0 or client:clock() >= deadline
    return TICK
  end
  local results = tasks:map(function()
    started = started + 1
    if started <= count then return work end
    return active > 0 and wait or nil
  end, function(task) return task() end)
  local function is_urgent() return self.requester.stop and self.requester.stop.is_urgent end
  local ok, raised = coroutines.pcall(function()
    repeat
      local number, result, raised = results()
      -- Counted here, because a debug hook may raise an error at the end of a task.
      if number and number <= count then active = active - 1 end
      if raised ~= nil then halt(raised) end
      if result == TICK then report(self) end
    until not number or is_urgent()
  end)
  if not ok then halt(raised) end
  if not is_urgent() then tasks:close() end
  return problem
end

local GLOBAL_KINDS = {
  transport = "unreachable", credentials = "credentials", invalid = "invalid", protocol = "protocol",
}

--- Stops the run if the first item failed for a reason that concerns all.
local function judge_first(self, step, err)
  local code = GLOBAL_KINDS[err.kind]
  local status = err.status or 0
  if not code and status == 403 then code = "forbidden" end
  if not code and status >= 500 then code = "unavailable" end
  local message = err.message
  if not code and self.behaviour.explain then
    message = self.behaviour.explain(step, err, self.requester)
    code = message and "target"
  end
  if code then self.requester:halt(code, message) end
end

--- Takes one step after another until one succeeds: what concerns all shows in one request. Each outcome is reported
--- outside of tasks, before anything else is changed.
---@return any problem that a task raised
local function run_first(self)
  while not self.requester.stop do
    local head = self:take_head()
    if not head then return nil end
    local needs_request = head.outcome ~= "already"
    local outcome, err
    local problem = run_tasks(self, 1, function() outcome, err = take_step(self, head) end)
    if problem ~= nil or not outcome then return problem end
    local is_first = IS_COMPLETE[outcome] and needs_request
    if not head.is_temporary or is_first then report(self, head, err, is_first or nil) end
    if IS_COMPLETE[outcome] then
      if head.next then self:return_head(head.next) end
      if is_first then return nil end
    elseif err and err.kind and not self.requester.stop then
      problem = run_tasks(self, 1, function() judge_first(self, head, err) end)
      if problem ~= nil then return problem end
    end
  end
end

--- Runs what is left, many items at once.
---@return any problem that a task raised
local function run_parallel(self)
  local left = #self.heads - self.next_head + 1
  if left < 1 or self.requester.stop then return nil end
  self.context.sleep = function(seconds) self.requester.client:sleep(seconds) end
  local problem = run_tasks(self, math.min(self.concurrency, left), function()
    while not self.requester.stop do
      local head = self:take_head()
      if not head then return end
      take_chain(self, head)
    end
  end)
  self.context.sleep = nil
  return problem
end

---@class kms.bulk.Runner
---@field heads kms.bulk.Step[]
---@field next_head integer
---@field counts kms.bulk.Counts
local Runner = {}
Runner.__index = Runner

function Runner:take_head()
  local head = self.heads[self.next_head]
  self.next_head = self.next_head + 1
  return head
end

--- Makes a step the next one to take.
function Runner:return_head(step)
  self.next_head = self.next_head - 1
  self.heads[self.next_head] = step
end

---@param fields { context: kms.bulk.Context, steps: kms.bulk.Step[], concurrency: integer, on_progress: function? }
---@return kms.bulk.Runner
function runner.new(fields)
  plan.link(fields.steps)
  local context = fields.context
  return setmetatable({
    context = context, requester = context.requester, behaviour = context.behaviour, steps = fields.steps,
    concurrency = fields.concurrency, on_progress = fields.on_progress, heads = list_heads(fields.steps), next_head = 1,
    counts = summary.count(fields.steps),
  }, Runner)
end

--- Runs the plan.
---@return any problem that was raised, if any
function Runner:run()
  self.started_at = self.requester:clock()
  self.reported_at = self.started_at
  self.requester.on_wait = function() report_wait(self) end
  local ok, problem = coroutines.pcall(run_first, self)
  if not ok then self.requester:halt("error", tostring(problem)) end
  if problem == nil then problem = run_parallel(self) end
  return problem
end

return runner
