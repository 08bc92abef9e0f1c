--- Remembers for a lock guard what is known about credentials, in this process.

-- A store maps an id of credentials to "good", or to "refused" with the cause for five minutes. While neither is known,
-- a few attempts may be under way on trial. Each takes a slot, which expires if the attempt never ends.

local bounded_map = require "kms.util.bounded_map"

local guard_store = {}

-- Five refusals in a row lock a Huawei Cloud access key.
local MAX_TRIALS = 3 -- attempts under way at once
local MAX_REFUSALS = 4 -- refusals that are possible, those of the attempts under way included

local REFUSAL_LIFETIME = 5 * 60 -- seconds; as long as the cloud's lock

guard_store.MAX_TRIALS, guard_store.MAX_REFUSALS = MAX_TRIALS, MAX_REFUSALS
guard_store.REFUSAL_LIFETIME = REFUSAL_LIFETIME

local MAX_GOOD = 1000 -- entries of a LocalStore; a program that rotates keys must not fill its memory
local MAX_REFUSED = 10000

---@class kms.LocalStore the store of one process
local LocalStore = {}
LocalStore.__index = LocalStore

---@return kms.LocalStore
function guard_store.new()
  local self = setmetatable({}, LocalStore)
  self:reset()
  return self
end

function LocalStore:reset()
  self.good, self.trials = bounded_map.new(MAX_GOOD), bounded_map.new(MAX_GOOD)
  self.refused = bounded_map.new(MAX_REFUSED)
end

---@param id string
---@param context kms.Context
---@return "good"|"refused"|nil value, table? cause of the refusal
function LocalStore:get(id, context)
  if self.good.values[id] then return "good" end
  local refusal = self.refused.values[id]
  if refusal then
    if refusal.expires > context:clock() then return "refused", refusal.cause end
    self.refused:delete(id)
  end
end

function LocalStore:set_good(id)
  self.trials:delete(id)
  self.good:set(id, true)
end

function LocalStore:set_refused(id, cause, context)
  self.trials:delete(id)
  self.good:delete(id)
  self.refused:set(id, { cause = cause, expires = context:clock() + REFUSAL_LIFETIME })
end

--- Takes a slot for an attempt.
---@return integer? slot nil if no further attempt may be under way
function LocalStore:begin_trial(id, seconds, context)
  local trial, time = self.trials.values[id], context:clock()
  if not trial then
    trial = { refusals = 0 }
    self.trials:set(id, trial)
  end
  local slot, possible_refusals = nil, trial.refusals
  for i = 1, MAX_TRIALS do
    if (trial[i] or 0) > time then possible_refusals = possible_refusals + 1 else slot = slot or i end
  end
  if not slot or possible_refusals >= MAX_REFUSALS then return nil end
  trial[slot] = time + seconds
  return slot
end

function LocalStore:end_trial(id, slot)
  local trial = self.trials.values[id]
  if trial then trial[slot] = nil end
end

--- Counts a refusal that did not concern the keys, but the clock.
function LocalStore:add_refusal(id)
  local trial = self.trials.values[id]
  if trial then trial.refusals = trial.refusals + 1 end
end

--- Remembers why the last attempt proved nothing about the credentials.
function LocalStore:set_failure(id, cause)
  local trial = self.trials.values[id]
  if trial then trial.failure = cause end
end

function LocalStore:get_failure(id)
  local trial = self.trials.values[id]
  return trial and trial.failure
end

return guard_store
