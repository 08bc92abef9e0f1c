--- Reads what a journal says: the outcomes of a run, and the plans that take it back.

local behaviours = require "kms.bulk.behaviours"
local journal = require "kms.bulk.journal"
local journal_reader = require "kms.bulk.journal_reader"
local summary = require "kms.bulk.summary"
local undo = require "kms.bulk.undo"

local status = {}

--- Reads what a journal says, without locking it.
---@param path string
---@return kms.bulk.Status? status
---@return kms.Error? err
function status.read(path)
  local state, err = journal_reader.read_plan(path)
  if not state then return nil, err end
  local header, result = state.header, summary.count(state.steps)
  local behaviour = behaviours[header.operation]
  for _, step in ipairs(behaviour and behaviour.find_hint and state.steps or {}) do
    if step.outcome == "failed" then step.hint = behaviour.find_hint(step, step) end
  end
  result.errors, result.uncertain_keys = summary.group_errors(state.steps)
  result.operation, result.host, result.region = header.operation, header.host, header.region
  result.project_id, result.started, result.stop = header.project_id, header.t, state.last_stop
  result.steps, result.undoes, result.undos = state.steps, header.undoes, undo.read_all(path, state)
  return result
end

--- Whether a step may have changed its key.
local function may_be_changed(step)
  return step.outcome == "done" or step.outcome == "uncertain" or step.was_doubtful or step.is_doubtful or step.is_begun
end

--- Finds the plans that take back what a run has changed: one per region that is called.
---@param path string of its journal
---@return kms.bulk.Undo[]? plans
---@return kms.Error? err
function status.invert(path)
  local state, err = journal_reader.read_plan(path)
  if not state then return nil, err end
  local operation = state.header.operation
  local behaviour = behaviours[operation]
  if not behaviour then
    return nil, journal.new_error(("journal %s: operation %s cannot be taken back"):format(path, operation))
  end
  local plans, by_region, seen = {}, {}, {}
  for _, step in ipairs(state.steps) do
    local params, region = nil, nil
    if may_be_changed(step) and not seen[step.key] then params, region = behaviour.invert(step) end
    if params then
      seen[step.key] = true
      local inverse = by_region[region or ""]
      if not inverse then
        inverse = { operation = operation:match "%.(.*)$", region = region, items = {}, uncertain = {}, undoes = path }
        by_region[region or ""], plans[#plans + 1] = inverse, inverse
      end
      local list = step.outcome == "done" and inverse.items or inverse.uncertain
      list[#list + 1] = params
    end
  end
  return plans
end

return status
