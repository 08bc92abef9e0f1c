--- A run of kms.bulk: its plan, and its execution with a journal.

local coroutines = require "kms.util.coroutines"
local digest = require "kms.bulk.digest"
local journal = require "kms.bulk.journal"
local plan = require "kms.bulk.plan"
local records = require "kms.bulk.records"
local runner = require "kms.bulk.runner"
local summary = require "kms.bulk.summary"
local undo = require "kms.bulk.undo"

local FORMAT = 1
local STEPS_PER_WRITE = 1000

---@class kms.bulk.RunFields
---@field steps kms.bulk.Step[]
---@field item_count integer
---@field context kms.bulk.Context
---@field requester kms.bulk.Requester
---@field path string? of the journal
---@field journal kms.bulk.Journal? the journal of an earlier run, which is open
---@field size integer? bytes of its complete records
---@field is_resumed boolean
---@field undoes kms.bulk.UndoneRun? the run that this one takes back

local Run = { __name = "kms.bulk.run" }
Run.__index = Run

--- Returns an iterator over the steps of the plan.
function Run:each()
  local i = 0
  return function()
    i = i + 1
    return self.steps[i]
  end
end

--- Asks the run to stop: no further request begins, and those under way end. May be called from `on_progress`.
---@param message string?
---@param is_urgent boolean? does not wait for the requests under way, so their outcome is uncertain, and no doubt is
---settled. The client must not be used any more, because its calls have not ended
function Run:stop(message, is_urgent)
  self.requester:halt("requested", message or "the caller stopped the run")
  self.requester.stop.is_urgent = is_urgent
end

--- Unlocks the journal of a run that is not executed.
function Run:close()
  if self.journal and self.journal.file then self.journal:close() end
end

local function compute_digest(steps)
  local self = digest.new()
  for _, step in ipairs(steps) do self:add(records.encode(plan.to_record(step))) end
  return self:finish()
end

--- Writes the steps in blocks, because a plan may be large.
local function write_steps(self, steps)
  for i, step in ipairs(steps) do
    self:add_line(records.encode(plan.to_record(step)))
    if i % STEPS_PER_WRITE == 0 and not self:write() then return end
  end
end

--- Writes the plan to a new journal.
---@return kms.Error? err
local function write_plan(self)
  if not self.journal then
    local _, message
    self.journal, _, message = journal.open(self.path, true)
    if not self.journal then return journal.new_error(message) end
  end
  local target, undoes = self.requester.target, self.undoes or {}
  self.journal:cut(0)
  self.journal:add { type = "run", format = FORMAT, operation = target.provider .. "." .. self.context.operation,
    host = target.host, region = target.region, project_id = target.project_id, undoes = undoes.path,
    undoes_plan = undoes.plan, items = self.item_count, steps = #self.steps, plan = compute_digest(self.steps) }
  write_steps(self.journal, self.steps)
end

--- Begins a session of the journal, and says in the journal of the run that is taken back that it is.
---@return kms.Error? err
local function begin_journal(self)
  if self.is_resumed then
    self.journal:cut(self.size)
    self.journal:add { type = "resume" }
  elseif self.path then
    local err = write_plan(self)
    if err then return err end
  end
  local err
  if self.path and not self.journal:flush() then err = journal.new_error(self.journal.failure) end
  if not err and self.undoes then err = undo.announce(self.undoes, self.path) end
  if err and self.journal then self.journal:discard() end
  self.context.journal = self.journal
  return err
end

--- Writes the end of the session.
local function end_journal(self, counts)
  if not self.journal then return end
  local stop = self.requester.stop
  self.journal:add { type = "stop", code = stop and stop.code, message = stop and stop.message, counts = counts }
  if not self.journal:close() then self.requester:halt("journal", self.journal.failure) end
end

local function execute(self)
  local err = begin_journal(self)
  if err then return nil, err end
  local instance = runner.new { context = self.context, steps = self.steps, concurrency = self.requester.concurrency,
    on_progress = self.on_progress }
  local raised = instance:run()
  local counts = summary.count(self.steps)
  end_journal(self, counts)
  if raised ~= nil then error(raised, 0) end
  local result = counts
  result.errors, result.uncertain_keys = summary.group_errors(self.steps)
  result.stop, result.requests = self.requester.stop, self.requester.requests
  result.retries, result.throttled = self.requester.retries, self.requester.throttled
  result.seconds = self.requester:clock() - instance.started_at
  return result
end

--- Runs the plan. Raises what `on_progress` raised, after the journal is written.
---@return kms.bulk.Summary? summary
---@return kms.Error? err nothing was sent
function Run:execute()
  if self.is_executed then error("the run was executed before", 2) end
  self.is_executed = true
  local ok, result, err = coroutines.pcall(execute, self)
  if ok then return result, err end
  -- A debug hook may have raised an error anywhere.
  if not pcall(self.close, self) then self.journal:discard() end
  error(result, 0)
end

return Run
