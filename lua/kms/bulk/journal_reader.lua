--- Reads a journal: the plan of its run, and what happened to each step.

local digest = require "kms.bulk.digest"
local journal = require "kms.bulk.journal"
local records = require "kms.bulk.records"

local journal_reader = {}

local FORMAT = 1

-- What each type of record means for its step.
local EFFECTS = {
  begin = function(step, record)
    -- A run was cut after an earlier request, which may have changed the key.
    if step.is_begun then step.is_doubtful = true end
    step.is_begun, step.outcome, step.attempt = true, nil, record.attempt
  end,
  ["end"] = function(step, record)
    step.is_begun = false
    step.is_doubtful = step.is_doubtful or record.uncertain or nil
    -- "retry" and "throttled" end an attempt, not the step.
    if record.outcome == "retry" or record.outcome == "throttled" then return end
    step.outcome = record.outcome
  end,
  settled = function(step, record)
    step.is_begun, step.outcome = false, record.outcome
  end,
}
EFFECTS.check = function() end

local DETAILS = { "before", "code", "status", "message", "request_id", "inferred" }

local function apply(steps, record)
  local effect = EFFECTS[record.type]
  if not effect then return true end
  local step = steps[record.n]
  if not step then return false end
  effect(step, record)
  if record.type == "begin" then return true end
  for _, name in ipairs(DETAILS) do
    if name ~= "before" or record.before then step[name] = record[name] end
  end
  if step.outcome == "done" or step.outcome == "already" then
    step.was_doubtful, step.is_doubtful = step.is_doubtful, nil
  end
  return true
end

local function new_step(record)
  return { n = record.n, line = record.line, key = record.key, params = record.params, after = record.after,
    before = record.before, is_temporary = record.temporary }
end

--- Formats a number of a record, which may be anything in a damaged journal.
local function format_number(value)
  return type(value) == "number" and ("%.14g"):format(value) or tostring(value)
end

local function create_error(path, text) return journal.new_error(("journal %s %s"):format(path, text)) end

--- Adds one record to what is known.
---@return string? problem
local function add_record(state, record, line)
  if not state.header then
    if record.type ~= "run" then return "does not begin with the record of a run" end
    if record.format ~= FORMAT then
      return ("has format %s; this version reads format %d"):format(format_number(record.format), FORMAT)
    end
    state.header = record
  elseif record.type == "item" then
    state.steps[#state.steps + 1] = new_step(record)
    state.digest:add(line .. "\n")
    if record.n ~= #state.steps then
      return ("has item %s in place of item %d"):format(format_number(record.n), #state.steps)
    end
  elseif record.type == "stop" then
    state.last_stop = record
  elseif record.type == "resume" then
    state.last_stop = nil
  elseif record.type == "undo" then
    state.undos[#state.undos + 1] = record
  elseif not apply(state.steps, record) then
    return ("names step %s, which is not in its plan"):format(format_number(record.n))
  end
end

---@class kms.bulk.JournalState
---@field header table the record of the run; nil if the journal is empty
---@field steps table[]
---@field is_complete boolean the whole plan is there; without it, nothing was sent
---@field size integer bytes up to the end of the last complete record
---@field undos table[] records of runs that take this one back
---@field last_stop table? how the last session ended; nil: it is under way, or it was cut

--- Adds all complete lines of a file.
---@return string? problem
local function add_lines(state, handle)
  local size = handle:seek "end"
  handle:seek "set"
  local offset, number, bad_line = 0, 0, nil
  for line in handle:lines() do
    number, offset = number + 1, offset + #line + 1
    local record = offset <= size and records.decode(line)
    if not record then
      bad_line = bad_line or number
    elseif bad_line then
      return ("is damaged: line %d is not a record"):format(bad_line)
    else
      local problem = add_record(state, record, line)
      if problem then return problem end
      state.size = offset
    end
  end
end

--- Reads a journal. What follows the last complete record is ignored, because a run can be cut at any instant.
---@param path string
---@return kms.bulk.JournalState? state
---@return kms.Error? err
function journal_reader.read(path)
  local state = { steps = {}, digest = digest.new(), size = 0, undos = {} }
  local problem
  local is_read, reason = require("kms.bulk.file").read(path, function(handle)
    problem = add_lines(state, handle)
    return true
  end)
  if not is_read then
    -- The message of io.open begins with the path, which is named before.
    if reason:sub(1, #path + 2) == path .. ": " then reason = reason:sub(#path + 3) end
    return nil, create_error(path, "cannot be read: " .. reason)
  end
  if problem then return nil, create_error(path, problem) end
  local header = state.header
  state.is_complete = header ~= nil and #state.steps == header.steps
  if state.is_complete and state.digest:finish() ~= header.plan then
    return nil, create_error(path, "is damaged: its items do not have the digest of the plan")
  end
  state.digest = nil
  return state
end

--- Reads a journal that must have a complete plan.
---@param path string
---@param advice string? what to do if it has none
---@return kms.bulk.JournalState? state
---@return kms.Error? err
function journal_reader.read_plan(path, advice)
  local state, err = journal_reader.read(path)
  if not state or state.is_complete then return state, err end
  return nil, create_error(path, "has no complete plan, so nothing was sent" .. (advice or ""))
end

return journal_reader
