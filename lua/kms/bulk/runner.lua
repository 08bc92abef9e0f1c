--- Runs a plan: one item first, then many at once, until all are done or something stops the run.

local parallel = require "kms.parallel"
local plan = require "kms.bulk.plan"
local step_module = require "kms.bulk.step"
local summary = require "kms.bulk.summary"

local runner = {}

local PROGRESS_INTERVAL = 1 -- seconds without an outcome after which progress is reported

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
local function report(self, step, err)
  local now, requester = self.requester:clock(), self.requester
  self.reported_at = now
  if not self.on_progress then return end
  local event = { counts = self.counts, requests = requester.requests, retries = requester.retries,
    throttled = requester.throttled, rate = requester.pace.rate, seconds = now - self.started_at }
  if step then
    event.line, event.key, event.outcome, event.inferred = step.line, step.key, step.outcome, step.inferred
    event.error = err
  end
  self.on_progress(event)
end

local function report_wait(self)
  if self.requester:clock() - self.reported_at >= PROGRESS_INTERVAL then report(self) end
end

--- Takes the steps of a chain until one does not succeed.
---@return string? outcome of the last step that was taken
---@return kms.Error? err
local function take_chain(self, step)
  local outcome, err
  while step and not self.requester.stop do
    if not IS_COMPLETE[step.outcome] or step.is_planned then
      summary.add(self.counts, step, -1)
      step.is_planned = nil
      outcome, err = step_module.take(self.context, step)
      summary.add(self.counts, step, 1)
      if not outcome then return nil end
      local reason = self.context.stop_rule:record_item(not IS_COMPLETE[outcome], err and err.message or "")
      if reason then self.requester:halt("failures", reason) end
      if not step.is_temporary then report(self, step, err) end
      if not IS_COMPLETE[outcome] then return outcome, err end
    end
    step = step.next
  end
  return outcome, err
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

--- Takes items one after another until one succeeds: what concerns all shows in one request.
local function run_first(self)
  while not self.requester.stop do
    local head = self:take_head()
    if not head then return end
    local outcome, err = take_chain(self, head)
    if IS_COMPLETE[outcome] then return end
    if err and err.kind and not self.requester.stop then judge_first(self, head, err) end
  end
end

local function run_worker(self)
  while not self.requester.stop do
    local head = self:take_head()
    if not head then return true end
    take_chain(self, head)
  end
  return true
end

--- Runs what is left, many items at once.
---@return string? problem that a task raised
local function run_parallel(self)
  local left = #self.heads - self.next_head + 1
  if left < 1 or self.requester.stop then return nil end
  local tasks, workers = assert(parallel.new { concurrency = self.concurrency, order = "finished" }), {}
  for i = 1, math.min(self.concurrency, left) do workers[i] = i end
  self.context.sleep = function(seconds) self.requester.client:sleep(seconds) end
  local results = tasks:map(workers, function() return run_worker(self) end)
  local problem
  local ok, raised = pcall(function()
    for _ = 1, #workers do
      local _, result, err = results()
      if not result and err ~= nil and not problem then
        problem = err
        self.requester:halt("error", tostring(err))
      end
    end
  end)
  if not ok then
    problem = problem or raised
    self.requester:halt("error", tostring(raised))
  end
  tasks:close()
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
  local ok, problem = pcall(run_first, self)
  if ok then problem = run_parallel(self) else self.requester:halt("error", tostring(problem)) end
  return problem
end

return runner
