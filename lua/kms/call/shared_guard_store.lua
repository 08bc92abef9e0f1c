--- Remembers for a lock guard what is known about credentials, in a dictionary of all NGINX workers; see
--- kms.call.guard_store.

local cjson = require "cjson.safe".new()
local guard_store = require "kms.call.guard_store"

local shared_guard_store = {}

local MAX_TRIALS, MAX_REFUSALS = guard_store.MAX_TRIALS, guard_store.MAX_REFUSALS
local REFUSAL_LIFETIME = guard_store.REFUSAL_LIFETIME
local GOOD_LIFETIME = 60 * 60 -- seconds
local FAILURE_LIFETIME = 60 -- seconds

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
function shared_guard_store.new(dictionary, name)
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

return shared_guard_store
