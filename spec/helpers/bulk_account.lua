--- Compares the journal of a run with the requests that the emulator received.

local emulated = require "spec.helpers.emulator_client"
local error_codes = require "kms.transport.error_codes"
local journal_reader = require "kms.bulk.journal_reader"
local luassert = require "luassert"
local records = require "kms.bulk.records"

local bulk_account = {}

local OPERATIONS = { move = "update_primary_region", rename = "rename_key" }
local SOURCE_REGIONS = { move = "cn-north-4" }

local function new_account()
  return {
    begun = 0, open = 0, lost = 0, checked = 0, -- in the journal
    received = 0, delivered = 0, verified = 0, -- in the log
    journal_statuses = {}, log_statuses = {},
  }
end

local function count(counts, name) counts[name] = (counts[name] or 0) + 1 end

--- Adds up what the journal says about each key.
---@return table<string, table> accounts
---@return table<string, string> keys by request id
local function read_journal(path)
  local accounts, keys, done = {}, {}, {}
  for line in io.lines(path) do
    local record = luassert(records.decode(line), line)
    local account = record.key and (accounts[record.key] or new_account())
    if account then accounts[record.key] = account end
    if record.request_id then keys[record.request_id] = record.key end
    if record.type == "begin" then
      luassert.is_nil(done[record.n], "a change is requested after its success was recorded: " .. line)
      account.begun, account.open = account.begun + 1, account.open + 1
    elseif record.type == "end" then
      account.open = account.open - 1
      -- A response that broke off may have a status, and the log calls it a fault.
      local status = record.outcome == "done" and 200 or not error_codes[record.code] and record.status
      if status then count(account.journal_statuses, status)
      elseif record.code == "not_sent" then account.begun = account.begun - 1
      else account.lost = account.lost + 1 end
    elseif record.type == "check" then
      account.checked = account.checked + 1
    end
    if record.type ~= "begin" and (record.outcome == "done" or record.outcome == "already") then done[record.n] = true end
  end
  return accounts, keys
end

--- Adds what the emulator received. A verification of a move is the same operation at the target region.
local function read_log(kind, accounts)
  local key_by_id = {}
  for _, entry in ipairs(emulated.request_log()) do
    if entry.operation == OPERATIONS[kind] then
      local account = luassert(accounts[entry.key], "the journal does not know the key " .. tostring(entry.key))
      key_by_id[entry.request_id] = entry.key
      if SOURCE_REGIONS[kind] and entry.region ~= SOURCE_REGIONS[kind] then
        account.verified = account.verified + 1
      else
        account.received = account.received + 1
        if not entry.fault then
          account.delivered = account.delivered + 1
          count(account.log_statuses, entry.status)
        end
      end
    end
  end
  return key_by_id
end

--- Compares the two accounts of a key. No request is without a record, because the transport sends each one once. A
--- session that was killed leaves `open` begins without an end: their requests may have been received or not, with any
--- response.
local function compare(key, account)
  local responses = 0
  for status, number in pairs(account.journal_statuses) do
    responses = responses + number
    luassert.is_true(number <= (account.log_statuses[status] or 0), ("%s: status %d is recorded %d times, and was sent %d times"):format(
      key, status, number, account.log_statuses[status] or 0))
  end
  local function assert_between(what, low, value, high)
    luassert.is_true(low <= value and value <= high, ("%s: %s: %d is not from %d to %d"):format(key, what, value, low, high))
  end
  assert_between("responses", responses, account.delivered, responses + account.open)
  assert_between("requests", responses, account.received, account.begun)
  assert_between("begins", responses + account.lost + account.open, account.begun, responses + account.lost + account.open)
  if account.verified > 0 then
    luassert.is_true(account.checked > 0 or account.open > 0, key .. ": a verification without a record")
  end
end

--- Asserts that the journal and the log of the emulator agree about every key, and that every key is done.
---@param path string of the journal
---@param kind "move"|"rename"
---@param total integer keys
---@return { begun: integer, open: integer, received: integer } sums
function bulk_account.assert_equal(path, kind, total)
  local state = luassert(journal_reader.read(path))
  for _, step in ipairs(state.steps) do
    luassert.is_true(step.outcome == "done" or step.outcome == "already", step.key .. " " .. tostring(step.outcome))
  end
  local accounts, recorded_ids = read_journal(path)
  local logged_ids = read_log(kind, accounts)
  local sums, keys = { begun = 0, open = 0, received = 0 }, 0
  for key, account in pairs(accounts) do
    compare(key, account)
    keys = keys + 1
    for name, sum in pairs(sums) do sums[name] = sum + account[name] end
  end
  luassert.equal(total, keys)
  for id, key in pairs(recorded_ids) do luassert.equal(key, logged_ids[id] or key) end
  if kind == "move" then luassert.is_not_nil(next(recorded_ids)) end
  return sums
end

return bulk_account
