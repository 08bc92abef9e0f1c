--- Remembers for a lock guard what is known about credentials: in this process, or in a dictionary of all NGINX
--- workers.

-- A store maps an id of credentials to "good", or to "refused" with the cause for five minutes. While neither is known,
-- a few attempts may be under way on trial. Each takes a slot, which expires if the attempt never ends.

local bounded_map = require "kms.util.bounded_map"
local cjson = require "cjson.safe".new()

local guard_store = {}

-- Five refusals in a row lock a Huawei Cloud access key.
local MAX_TRIALS = 3 -- attempts under way at once
local MAX_REFUSALS = 4 -- refusals that are possible, those of the attempts under way included

local REFUSAL_LIFETIME = 5 * 60 -- seconds; as long as the cloud's lock
local GOOD_LIFETIME = 60 * 60 -- seconds, in a shared dictionary
local FAILURE_LIFETIME = 60 -- seconds, in a shared dictionary

local MAX_GOOD = 1000 -- entries of a LocalStore; a program that rotates keys must not fill its memory
local MAX_REFUSED = 10000

---@class kms.LocalStore the store of one process
local LocalStore = {}
LocalStore.__index = LocalStore

---@return kms.LocalStore
function guard_store.new_local()
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

---@class kms.SharedStore the store of all NGINX workers, in a shared dictionary
local SharedStore = {}
SharedStore.__index = SharedStore

-- Keys contain a generation, so that a reset in one worker counts in all of them, and after a reload.
local GENERATION = "kms.lock_guard"
local OWN_KEY = "^kms%."
local MAX_KEYS = 32 -- that are checked

---@param dictionary table
---@param name string
---@return kms.SharedStore
function guard_store.new_shared(dictionary, name)
  return setmetatable({ dictionary = dictionary, name = name }, SharedStore)
end

local function build_key(self, id, suffix)
  return ("%s %d %s%s"):format(GENERATION, self.dictionary:get(GENERATION) or 0, id, suffix or "")
end

function SharedStore:reset() self.dictionary:incr(GENERATION, 1, 0) end

--- Checks that nothing else fills the dictionary, because that would evict what the guard remembers.
---@return string? problem
function SharedStore:check()
  for _, key in ipairs(self.dictionary:get_keys(MAX_KEYS)) do
    if not key:find(OWN_KEY) then
      return ("lua_shared_dict %s also holds other data, which may evict refused credentials; the lock guard needs a "
        .. "dictionary of its own"):format(self.name)
    end
  end
end

function SharedStore:get(id)
  local value = self.dictionary:get(build_key(self, id))
  if not value or value == "good" then return value end
  return "refused", cjson.decode(value)
end

function SharedStore:set_good(id) self.dictionary:set(build_key(self, id), "good", GOOD_LIFETIME) end

function SharedStore:set_refused(id, cause)
  self.dictionary:set(build_key(self, id), cjson.encode(cause or {}), REFUSAL_LIFETIME)
end

function SharedStore:begin_trial(id, seconds)
  local dictionary = self.dictionary
  local possible_refusals = dictionary:get(build_key(self, id, " refusals")) or 0
  for i = 1, MAX_TRIALS do
    if dictionary:get(build_key(self, id, " trial " .. i)) then possible_refusals = possible_refusals + 1 end
  end
  if possible_refusals >= MAX_REFUSALS then return nil end
  for i = 1, MAX_TRIALS do
    if dictionary:add(build_key(self, id, " trial " .. i), true, seconds) then return i end
  end
end

function SharedStore:end_trial(id, slot) self.dictionary:delete(build_key(self, id, " trial " .. slot)) end

function SharedStore:add_refusal(id)
  local key = build_key(self, id, " refusals")
  self.dictionary:set(key, (self.dictionary:get(key) or 0) + 1, REFUSAL_LIFETIME)
end

function SharedStore:set_failure(id, cause)
  self.dictionary:set(build_key(self, id, " failure"), cjson.encode(cause or {}), FAILURE_LIFETIME)
end

function SharedStore:get_failure(id)
  local text = self.dictionary:get(build_key(self, id, " failure"))
  return text and cjson.decode(text)
end

return guard_store
