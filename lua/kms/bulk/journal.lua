--- Writes the journal of a run: appends records, and syncs the file once for all records that wait for it.

local Error = require "kms.error"
local http1 = require "kms.http1"
local records = require "kms.bulk.records"

local journal = {}

-- Before a slow sync, a task waits as long as the last sync took, so that others can add their records: at most half of
-- the time is then spent in syncs. A fast sync costs less than such a wait.
local SLOW_SYNC = 0.001 -- seconds
local MAX_GATHER = 0.02 -- seconds

---@class kms.bulk.Journal
---@field path string
---@field file table? nil once it is closed
---@field lines string[] records that are not written yet
---@field added integer records added
---@field synced integer records that are on the disk
---@field sync_time number seconds that the last sync took
---@field failure string? why the journal cannot be written
local Journal = {}
Journal.__index = Journal

local REASONS = {
  exists = "the file exists",
  absent = "there is no such file",
  locked = "another run uses it",
}

--- Creates the error of a journal.
---@param message string
---@return kms.Error
function journal.new_error(message)
  return Error.new { kind = "invalid", code = "journal", message = message }
end

--- Opens a journal and locks it.
---@param path string
---@param is_new boolean the file must not exist; otherwise it must
---@return kms.bulk.Journal? journal
---@return string? word "exists", "absent", "locked" or "failed"
---@return string? message
function journal.open(path, is_new)
  -- Loaded here, because it needs libraries that a run without a journal does not need.
  local handle, word, reason = require("kms.bulk.file").open(path, is_new)
  if not handle then
    reason = word == "absent" and is_new and "there is no such folder" or REASONS[word] or reason
    return nil, word, ("cannot open journal %s: %s"):format(path, reason)
  end
  return setmetatable({ path = path, file = handle, lines = {}, added = 0, synced = 0, sync_time = 0 }, Journal)
end

--- Cuts the file, so that it ends after its last complete record.
---@param size integer bytes
---@return boolean is_ok
function Journal:cut(size)
  local ok, _, reason = self.file:truncate(size)
  if not ok then self.failure = ("cannot write journal %s: %s"):format(self.path, reason) end
  return ok == true
end

--- Adds a record. It is written at the next flush.
---@param record table
function Journal:add(record)
  self:add_line(records.encode_now(record))
end

--- Adds a record that is encoded already.
---@param line string
function Journal:add_line(line)
  self.lines[#self.lines + 1] = line
  self.added = self.added + 1
end

--- Writes all records to the file. After a failure nothing more is written, because the file may end within a record.
---@return boolean is_ok
function Journal:write()
  if self.failure then return false end
  if not self.lines[1] then return true end
  local text = table.concat(self.lines)
  self.lines = {}
  local ok, _, reason = self.file:append(text)
  if not ok then self.failure = ("cannot write journal %s: %s"):format(self.path, reason) end
  return ok == true
end

--- Writes all records and waits until they are on the disk.
---@return boolean is_ok
function Journal:flush()
  if not self:write() then return false end
  local added, started = self.added, http1.monotonic()
  local ok, _, reason = self.file:sync()
  self.sync_time = http1.monotonic() - started
  if not ok then
    self.failure = ("cannot sync journal %s: %s"):format(self.path, reason)
    return false
  end
  self.synced = added
  return true
end

--- Waits until all records that were added so far are on the disk. Of many tasks that wait, one syncs for all.
---@param sleep fun(seconds: number)? lets other tasks add their records
---@return boolean is_ok
function Journal:commit(sleep)
  local number = self.added
  if sleep then sleep(self.sync_time < SLOW_SYNC and 0 or math.min(self.sync_time, MAX_GATHER)) end
  if self.synced < number then self:flush() end
  return self.failure == nil
end

--- Unlocks the file without writing what is left.
function Journal:discard()
  if not self.file then return end
  self.file:close()
  self.file = nil
end

--- Writes what is left, and unlocks the file.
---@return boolean is_ok
function Journal:close()
  if not self.file then return self.failure == nil end
  local ok = self:flush()
  self:discard()
  return ok
end

return journal
