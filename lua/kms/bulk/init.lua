--- kms.bulk: changes many keys with a plan, a pace, a journal and a known outcome for every key.

local behaviours = require "kms.bulk.behaviours"
local coroutines = require "kms.util.coroutines"
local Error = require "kms.error"
local journal = require "kms.bulk.journal"
local journal_reader = require "kms.bulk.journal_reader"
local line_reader = require "kms.util.line_reader"
local plan = require "kms.bulk.plan"
local requester = require "kms.bulk.requester"
local Run = require "kms.bulk.run"
local status = require "kms.bulk.status"
local stop_rule = require "kms.bulk.stop_rule"
local summary = require "kms.bulk.summary"
local undo = require "kms.bulk.undo"
local validate = require "kms.util.validate"

local bulk = { read = status.read, invert = status.invert }

---@type kms.Field[]
local OPTIONS = {
  { name = "client", type = "table", required = true },
  { name = "operation", type = "string" },
  { name = "items", type = "table|function" },
  { name = "params", type = "table" },
  { name = "journal", type = "string" },
  { name = "undoes", type = "string" },
  { name = "concurrency", type = "number", positive = true },
  { name = "rate", type = "number", positive = true },
  { name = "attempts", type = "number", positive = true },
  { name = "stop_after", type = "number|boolean" },
  { name = "verify", type = "table|boolean" },
  { name = "on_progress", type = "function" },
}

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

--- Opens the journal of an earlier run, if there is one.
---@param self kms.bulk.RunFields gets the journal
---@param must_have_plan boolean
---@return kms.bulk.JournalState? state
---@return kms.Error? err
local function open_journal(self, must_have_plan)
  local path, word, message = self.path
  if not path then return nil end
  self.journal, word, message = journal.open(path, false)
  if word == "absent" and not must_have_plan then return nil end
  if not self.journal then return nil, journal.new_error(message) end
  if must_have_plan then return journal_reader.read_plan(path, "; begin a new run with the list") end
  return journal_reader.read(path)
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

--- Finds a run that has taken back a part of this one.
---@return string? problem
local function find_undo(path, state)
  local found = undo.find_effective(path, state)
  return found and ("it was taken back%s; begin a new run with the list"):format(
    found.journal and ", see journal " .. found.journal or "")
end

--- Finds the run that is taken back: the one of the option, or that of a journal.
---@return kms.bulk.UndoneRun? undone
---@return kms.Error? err
local function find_undone(options, state)
  local header = state and state.is_complete and state.header
  if header then
    return header.undoes and { path = header.undoes, plan = header.undoes_plan, is_resumed = true } or nil
  end
  if options.undoes then return undo.find(options.undoes) end
end

--- Builds the error for items that are not valid.
local function create_items_error(problems, duplicates)
  table.sort(problems, function(a, b) return a.line < b.line end)
  local first = ("item %d is not valid: %s"):format(problems[1].line, problems[1].message)
  local err = Error.new { kind = "invalid", code = "items",
    message = problems[2] and ("%s; %d items in all"):format(first, #problems) or first }
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
    or collected and compare_items(collected.steps, state.steps) or find_undo(options.journal, state)
  if problem then
    return nil, journal.new_error(("journal %s cannot be continued: %s"):format(options.journal, problem))
  end
  return state.steps
end

--- Opens the journal, and makes the plan.
---@return boolean? is_ok
---@return kms.Error? err
---@return string? problem an argument error
local function prepare(self, options)
  local sender, err = requester.new(options.client, options)
  if not sender then return nil, err end
  local state
  self.requester = sender
  state, err = open_journal(self, not options.items)
  if err then return nil, err end
  local name = options.operation or state and state.header and state.header.operation:match "%.(.*)$"
  self.entry = name and options.client:operation(name)
  if not self.entry or not self.entry.repeatable then
    return nil, nil, not self.entry and "option 'operation' is missing"
      or ("option 'operation': %s is not repeatable"):format(name)
  end
  self.behaviour = behaviours[sender.target.provider .. "." .. name] or {}
  self.undoes, err = find_undone(options, state)
  if not err then self.steps, err = find_steps(self, options, state) end
  if err then return nil, err end
  self.is_resumed, self.size = (state and state.is_complete) == true, state and state.size
  local counts = summary.count(self.steps)
  self.item_count = counts.total
  self.context = { requester = sender, operation = name, behaviour = self.behaviour, may_verify = self.may_verify,
    stop_rule = stop_rule.new(options.stop_after, counts.total) }
  return true
end

--- Makes a run: reads and validates all items, and opens the journal of an earlier run. Changes nothing.
---@param options kms.bulk.Options
---@return kms.bulk.Run? run
---@return kms.Error? err
---@return string? problem an argument error
function bulk.new(options)
  local problem = find_problem(options == nil and {} or options)
  if problem then return nil, nil, problem end
  local self = setmetatable({ path = options.journal, on_progress = options.on_progress,
    may_verify = options.verify ~= false, duplicates = {} }, Run)
  local is_completed, is_ok, err
  is_completed, is_ok, err, problem = coroutines.pcall(prepare, self, options)
  if is_ok and is_completed then return self end
  self:close()
  if not is_completed then error(is_ok, 0) end
  return nil, err, problem
end

--- Iterates over the lines of a list: trimmed, without blank lines and comments.
---@param file file* or anything with the method `read`
---@return fun(): string?, integer?
function bulk.lines(file)
  local next_line, number = line_reader(file), 0
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
