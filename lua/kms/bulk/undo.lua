--- Says in the journal of a run that another run takes it back, and reads there how far that came.

local journal = require "kms.bulk.journal"
local journal_reader = require "kms.bulk.journal_reader"
local summary = require "kms.bulk.summary"

local undo = {}

---@class kms.bulk.UndoneRun
---@field path string of the journal of the run that is taken back
---@field plan string digest of its plan
---@field is_resumed boolean? the run that takes it back is continued

local function get_file_name(path) return path and path:match "[^/]*$" end

--- Whether the journal says already that a run with this journal takes it back.
local function is_announced(state, path)
  for _, record in ipairs(state.undos) do
    if get_file_name(record.journal) == get_file_name(path) then return true end
  end
  return false
end

--- Reads the journal of a run that is to be taken back.
---@param path string
---@return kms.bulk.UndoneRun? undone
---@return kms.Error? err
function undo.find(path)
  local state, err = journal_reader.read_plan(path)
  if not state then return nil, err end
  return { path = path, plan = state.header.plan }
end

--- Adds the record to an open journal, and closes it.
---@return kms.Error? err
local function add_record(opened, path)
  local state, err = journal_reader.read_plan(opened.path) -- nothing else writes to it now
  if not state then return err end
  opened:cut(state.size)
  opened:add { type = "undo", journal = path }
  if not opened:close() then return journal.new_error(opened.failure) end
end

--- Says in the journal of a run that it is taken back. This is on the disk before the first request.
---@param undone kms.bulk.UndoneRun
---@param path string? of the journal of the run that takes it back
---@return kms.Error? err
function undo.announce(undone, path)
  local state, err = journal_reader.read_plan(undone.path)
  if undone.is_resumed and (not state or state.header.plan ~= undone.plan) then return nil end -- it was removed
  if not state then return err end
  if is_announced(state, path) then return nil end
  local opened, _, message = journal.open(undone.path, false)
  if not opened then return journal.new_error(message) end
  local ok, problem = pcall(add_record, opened, path)
  if not ok or problem then opened:discard() end
  if not ok then error(problem, 0) end
  return problem
end

--- Reads the journal of a run that takes another one back. It may have been moved together with the other one.
---@param record table of the other journal
---@return kms.bulk.JournalState?
local function read_journal(record, path, plan)
  if not record.journal then return nil end
  for _, candidate in ipairs { record.journal, (path:match "^.*/" or "") .. get_file_name(record.journal) } do
    local state = journal_reader.read_plan(candidate)
    if state and state.header.undoes_plan == plan then return state end
  end
end

--- Reads how far the runs came that take back a run.
---@param path string of its journal
---@param state kms.bulk.JournalState
---@return kms.bulk.UndoStatus[]
function undo.read_all(path, state)
  local list = {}
  for i, record in ipairs(state.undos) do
    local own = read_journal(record, path, state.header.plan)
    list[i] = { journal = record.journal, started = record.t, counts = own and summary.count(own.steps) }
  end
  return list
end

--- Finds a run that may have taken back something.
---@param path string
---@param state kms.bulk.JournalState
---@return kms.bulk.UndoStatus?
function undo.find_effective(path, state)
  for _, status in ipairs(undo.read_all(path, state)) do
    local counts = status.counts
    if not counts or counts.done + counts.already + counts.uncertain > 0 then return status end
  end
end

return undo
