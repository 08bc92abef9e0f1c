--- kms.bulk: changes many keys with a plan, a pace, a journal and a known outcome for every key.

local digest = require "kms.bulk.digest"
local Error = require "kms.error"
local journal = require "kms.bulk.journal"
local journal_reader = require "kms.bulk.journal_reader"
local plan = require "kms.bulk.plan"
local records = require "kms.bulk.records"
local requester = require "kms.bulk.requester"
local runner = require "kms.bulk.runner"
local stop_rule = require "kms.bulk.stop_rule"
local summary = require "kms.bulk.summary"
local validate = require "kms.util.validate"

local bulk = {}

local DEFAULT_CONCURRENCY = 64
local FORMAT = 1
local STEPS_PER_WRITE = 1000

-- What is known about operations: how to plan, verify and take back. The others are repeated until they succeed.
local BEHAVIOURS = {
  ["huawei.update_primary_region"] = require "kms.bulk.move",
  ["ncloud.rename_key"] = require "kms.bulk.rename",
}

---@type kms.Field[]
local OPTIONS = {
  { name = "client", type = "table", required = true },
  { name = "operation", type = "string" },
  { name = "items", type = "table|function" },
  { name = "params", type = "table" },
  { name = "journal", type = "string" },
  { name = "concurrency", type = "number", positive = true },
  { name = "rate", type = "number", positive = true },
  { name = "attempts", type = "number", positive = true },
  { name = "stop_after", type = "number|boolean" },
  { name = "verify", type = "table|boolean" },
  { name = "on_progress", type = "function" },
}

local function new_error(code, message)
  return Error.new { kind = "invalid", code = code, message = message }
end

--- Finds argument errors.
---@return string? problem
local function find_problem(options)
  local problem = validate.arguments(OPTIONS, options, "option")
  if problem then return problem end
  for _, name in ipairs { "concurrency", "attempts", "stop_after" } do
    local value = options[name]
    if type(value) == "number" and (value % 1 ~= 0 or value < 1) then
      return ("option '%s': a whole number above 0 expected, got %s"):format(name, tostring(value))
    end
  end
  if options.stop_after == true then return "option 'stop_after': number or false expected, got true" end
  if type(options.client.operation) ~= "function" then return "option 'client': a client expected" end
  if options.operation and not options.client:operation(options.operation) then
    return "option 'operation': no operation " .. validate.quote(options.operation)
  end
  if not options.operation and not options.journal then return "option 'operation' is missing" end
  if not options.items and not options.journal then return "option 'items' is missing" end
end

--- Returns the error for a journal that was cut before its plan was complete.
local function create_no_plan_error(path, advice)
  return new_error("journal", ("journal %s has no complete plan, so nothing was sent%s"):format(path, advice or ""))
end

--- Opens the journal of an earlier run, if there is one.
---@param path string?
---@param must_have_plan boolean
---@return kms.bulk.Journal? journal
---@return kms.bulk.JournalState? state
---@return kms.Error? err
local function open_journal(path, must_have_plan)
  if not path then return nil end
  local opened, word, message = journal.open(path, false)
  if word == "absent" and not must_have_plan then return nil end
  if not opened then return nil, nil, new_error("journal", message) end
  local state, err = journal_reader.read(path)
  if state and must_have_plan and not state.is_complete then
    err = create_no_plan_error(path, "; start again with the items")
  end
  if err then
    opened:close()
    return nil, nil, err
  end
  return opened, state
end

--- Compares the header of a journal with what the client calls.
---@return string? problem
local function compare_header(header, target, operation)
  local name = target.provider .. "." .. operation
  if header.operation ~= name then return ("it belongs to operation %s, not %s"):format(header.operation, name) end
  local what = target.region and "region" or "host"
  if header[what] ~= target[what] then
    return ("it belongs to %s %s; the client calls %s"):format(what, header[what], target[what])
  end
  if header.project_id and target.project_id and header.project_id ~= target.project_id then
    return ("it belongs to project %s; the client calls %s"):format(header.project_id, target.project_id)
  end
end

local function is_equal(params, others)
  for name, value in pairs(params) do
    if others[name] ~= value then return false end
  end
  for name in pairs(others) do
    if params[name] == nil then return false end
  end
  return true
end

--- Compares a list with the plan of a journal.
---@return string? problem
local function compare_items(steps, planned)
  local count = 0
  for _, step in ipairs(planned) do
    if not step.is_temporary then count = count + 1 end
  end
  if count ~= #steps then return ("it belongs to a list of %d items; this one has %d"):format(count, #steps) end
  for i, step in ipairs(steps) do
    if step.key ~= planned[i].key or not is_equal(step.params, planned[i].params) then
      return ("it belongs to another list: item %d was %s"):format(step.line, planned[i].key)
    end
  end
end

--- Builds the error for items that are not valid.
local function create_items_error(problems, duplicates)
  table.sort(problems, function(a, b) return a.line < b.line end)
  local first = ("item %d is not valid: %s"):format(problems[1].line, problems[1].message)
  local err = new_error("items", problems[2] and ("%s; %d items in all"):format(first, #problems) or first)
  err.problems, err.duplicates = problems, duplicates
  return err
end

--- Makes the steps of a new run.
---@return kms.bulk.Step[]? steps
---@return kms.Error? err
local function order_steps(self, collected, problems)
  local steps = collected.steps
  if self.behaviour.plan then
    local more, err = self.behaviour.plan(steps, self.requester, self.may_verify, collected.bad_keys)
    if not more and not problems[1] then return nil, err end
    for _, problem in ipairs(more or {}) do problems[#problems + 1] = problem end
  end
  if problems[1] then return nil, create_items_error(problems, self.duplicates) end
  for _, step in ipairs(steps) do step.is_planned = step.outcome and true or nil end
  return steps
end

--- Finds the steps: those of the journal, or those of the items.
---@return kms.bulk.Step[]? steps
---@return kms.Error? err
local function find_steps(self, options, state)
  local has_plan, collected, problems = state and state.is_complete, nil, nil
  if options.items then
    collected, problems = plan.collect { client = options.client, entry = self.entry, items = options.items,
      params = options.params }
    self.duplicates = collected.duplicates
  end
  if not has_plan then return order_steps(self, collected, problems) end
  if problems and problems[1] then return nil, create_items_error(problems, self.duplicates) end
  local problem = compare_header(state.header, self.requester.target, self.entry.name)
    or collected and compare_items(collected.steps, state.steps)
  if problem then
    return nil, new_error("journal", ("journal %s cannot be continued: %s"):format(options.journal, problem))
  end
  return state.steps
end

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

--- Writes the plan to a new journal, or says that an earlier run continues.
---@return kms.Error? err
local function begin_journal(self)
  if not self.path then return nil end
  local target = self.requester.target
  if self.is_resumed then
    self.journal:cut(self.size)
    self.journal:add { type = "resume" }
  else
    if not self.journal then
      local _, message
      self.journal, _, message = journal.open(self.path, true)
      if not self.journal then return new_error("journal", message) end
    end
    self.journal:cut(0)
    self.journal:add { type = "run", format = FORMAT, operation = target.provider .. "." .. self.entry.name,
      host = target.host, region = target.region, project_id = target.project_id, items = self.item_count,
      steps = #self.steps, plan = compute_digest(self.steps) }
    write_steps(self.journal, self.steps)
  end
  self.journal:flush()
  if self.journal.failure then
    local err = new_error("journal", self.journal.failure)
    self.journal.file:close()
    self.journal.file = nil
    return err
  end
  self.context.journal = self.journal
end

--- Writes the end of the session.
local function end_journal(self, counts)
  if not self.journal then return end
  local stop = self.requester.stop
  self.journal:add { type = "stop", code = stop and stop.code, message = stop and stop.message, counts = counts }
  if not self.journal:close() then self.requester:halt("journal", self.journal.failure) end
end

--- Runs the plan. Raises what `on_progress` raised, after the journal is written.
---@return kms.bulk.Summary? summary
---@return kms.Error? err nothing was sent
function Run:execute()
  if self.is_executed then error("the run was executed before", 2) end
  self.is_executed = true
  local err = begin_journal(self)
  if err then return nil, err end
  local instance = runner.new { context = self.context, steps = self.steps, concurrency = self.concurrency,
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

--- Makes a run: reads and validates all items, and opens the journal of an earlier run. Changes nothing.
---@param options kms.bulk.Options
---@return kms.bulk.Run? run
---@return kms.Error? err
---@return string? problem an argument error
function bulk.new(options)
  local problem = find_problem(options == nil and {} or options)
  if problem then return nil, nil, problem end
  local self = setmetatable({ path = options.journal, concurrency = options.concurrency or DEFAULT_CONCURRENCY,
    on_progress = options.on_progress, may_verify = options.verify ~= false, duplicates = {} }, Run)
  local sender, err = requester.new(options.client, options)
  if not sender then return nil, err end
  local state
  self.requester = sender
  self.journal, state, err = open_journal(options.journal, not options.items)
  if err then return nil, err end
  local name = options.operation or state and state.header and state.header.operation:match "%.(.*)$"
  self.entry = name and options.client:operation(name)
  if not self.entry or not self.entry.repeatable then
    self:close()
    return nil, nil, not self.entry and "option 'operation' is missing"
      or ("option 'operation': %s is not repeatable"):format(name)
  end
  self.behaviour = BEHAVIOURS[sender.target.provider .. "." .. name] or {}
  self.steps, err = find_steps(self, options, state)
  if not self.steps then
    self:close()
    return nil, err
  end
  self.is_resumed, self.size = (state and state.is_complete) == true, state and state.size
  local counts = summary.count(self.steps)
  self.item_count = counts.total
  self.context = { requester = sender, operation = name, behaviour = self.behaviour, may_verify = self.may_verify,
    stop_rule = stop_rule.new(options.stop_after, counts.total) }
  return self
end

--- Reads what a journal says, without locking it.
---@param path string
---@return kms.bulk.Status? status
---@return kms.Error? err
function bulk.read(path)
  local state, err = journal_reader.read(path)
  if not state then return nil, err end
  if not state.is_complete then return nil, create_no_plan_error(path) end
  local header, status = state.header, summary.count(state.steps)
  local behaviour = BEHAVIOURS[header.operation]
  for _, step in ipairs(behaviour and behaviour.find_hint and state.steps or {}) do
    if step.outcome == "failed" then step.hint = behaviour.find_hint(step, step) end
  end
  status.errors, status.uncertain_keys = summary.group_errors(state.steps)
  status.operation, status.host, status.region = header.operation, header.host, header.region
  status.project_id, status.started, status.stop = header.project_id, header.t, state.last_stop
  status.steps = state.steps
  return status
end

--- Finds the plans that take back what a run has changed: one per region that is called.
---@param path string of its journal
---@return kms.bulk.Undo[]? plans
---@return kms.Error? err
function bulk.invert(path)
  local status, err = bulk.read(path)
  if not status then return nil, err end
  local behaviour = BEHAVIOURS[status.operation]
  if not behaviour then
    return nil, new_error("journal", ("journal %s: operation %s cannot be taken back"):format(path, status.operation))
  end
  local plans, by_region, seen = {}, {}, {}
  for _, step in ipairs(status.steps) do
    local may_be_changed = step.outcome == "done" or step.outcome == "uncertain" or step.was_doubtful or step.is_begun
    local params, region = nil, nil
    if may_be_changed and not seen[step.key] then params, region = behaviour.invert(step) end
    if params then
      seen[step.key] = true
      local undo = by_region[region or ""]
      if not undo then
        undo = { operation = status.operation:match "%.(.*)$", region = region, items = {}, uncertain = {} }
        by_region[region or ""], plans[#plans + 1] = undo, undo
      end
      local list = step.outcome == "done" and undo.items or undo.uncertain
      list[#list + 1] = params
    end
  end
  return plans
end

--- Iterates over the lines of a list: trimmed, without blank lines and comments.
---@param file file* or anything with the method `lines`
---@return fun(): string?, integer?
function bulk.lines(file)
  local next_line, number = file:lines(), 0
  return function()
    while true do
      local line = next_line()
      if not line then return nil end
      number = number + 1
      if number == 1 then line = line:gsub("^\239\187\191", "") end
      line = line:match "^%s*(.-)%s*$"
      if line ~= "" and line:sub(1, 1) ~= "#" then return line, number end
    end
  end
end

return bulk
