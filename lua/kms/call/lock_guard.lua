--- Protects an access key from lock-out: credentials that were refused once are not sent again, and new credentials are
--- tried by one call before the others follow. Five refusals in a row lock a Huawei Cloud access key for five minutes.

local Error = require "kms.error"
local sign = require "kms.sign"

local lock_guard = {}

local POLL_INTERVAL = 0.01 -- seconds
local MAX_ENTRIES = 100 -- of a LocalStore; a program that rotates keys must not fill its memory

-- A store maps an id of credentials to "trial", "refused" or "good". A trial ends with the deadline of its call.

---@class kms.LocalStore the store of one process
local LocalStore = {}
LocalStore.__index = LocalStore

function LocalStore:get(id, context)
  local entry = self.entries[id]
  if entry and (not entry.deadline or entry.deadline > context:clock()) then return entry.value end
end

function LocalStore:add(id, value, timeout, context)
  if self:get(id, context) then return false end
  local time, count = context:clock(), 0
  for _ in pairs(self.entries) do count = count + 1 end
  for other, entry in pairs(count >= MAX_ENTRIES and self.entries or {}) do
    if entry.value == "good" or entry.deadline and entry.deadline <= time then self.entries[other] = nil end
  end
  self.entries[id] = { value = value, deadline = time + timeout }
  return true
end

function LocalStore:set(id, value) self.entries[id] = { value = value } end
function LocalStore:delete(id) self.entries[id] = nil end
function LocalStore:reset() self.entries = {} end

---@class kms.SharedStore the store of all NGINX workers, in a shared dictionary
local SharedStore = {}
SharedStore.__index = SharedStore

-- Keys contain a generation, so that a reset in one worker counts in all of them, and after a reload.
local GENERATION = "kms.lock_guard"

local function build_key(self, id)
  return ("%s %d %s"):format(GENERATION, self.dictionary:get(GENERATION) or 0, id)
end

function SharedStore:get(id) return (self.dictionary:get(build_key(self, id))) end
function SharedStore:add(id, value, timeout) return (self.dictionary:add(build_key(self, id), value, timeout)) end
function SharedStore:set(id, value) self.dictionary:set(build_key(self, id), value) end
function SharedStore:delete(id) self.dictionary:delete(build_key(self, id)) end
function SharedStore:reset() self.dictionary:incr(GENERATION, 1, 0) end

-- Ids by credentials table, because providers return the same table many times.
local ids = setmetatable({}, { __mode = "k" })

--- Returns an opaque id of credentials: the same in every process, and not reversible to the keys.
---@param credentials kms.Credentials
---@return string? id nil for a token, because refusing a token locks nothing
function lock_guard.identify(credentials)
  local id = ids[credentials]
  if not id and credentials.secret_key then
    id = sign.fingerprint(credentials)
    ids[credentials] = id
  end
  return id
end

---@class kms.LockGuard
---@field store kms.LocalStore|kms.SharedStore
local LockGuard = {}
LockGuard.__index = LockGuard

---@param dictionary table? an NGINX shared dictionary: the guard is then shared by all workers
---@return kms.LockGuard
function lock_guard.new(dictionary)
  local store = dictionary and setmetatable({ dictionary = dictionary }, SharedStore)
    or setmetatable({ entries = {} }, LocalStore)
  return setmetatable({ store = store }, LockGuard)
end

--- Asks for permission to send under credentials. If they are new, the call that comes first tries them, and the others
--- wait for its result, at most until its deadline.
---@param id string from `identify`
---@param context kms.Context
---@return boolean? is_allowed, kms.Error? err
---@return boolean? is_known the credentials are good: other calls do not wait for this one, and only a refusal must be
---  reported
function LockGuard:acquire(id, context)
  while true do
    local value = self.store:get(id, context)
    if value == "good" then return true, nil, true end
    if value == "refused" then
      return nil, Error.new { kind = "credentials", code = "guarded",
        message = "the credentials were refused before and are not sent again, because repeated refusals lock the "
          .. "access key; change them, or call client:reset()" }
    end
    local timeout = context.deadline - context:clock()
    if timeout <= 0 then
      return nil, Error.new { kind = "transport", code = "timeout", uncertain = false,
        message = "timed out waiting for a concurrent call that tries the same credentials" }
    end
    if not value and self.store:add(id, "trial", timeout, context) then return true end
    context:sleep(POLL_INTERVAL)
  end
end

--- Reports the result of a call that `acquire` allowed.
---@param id string
---@param verdict "good"|"refused"|nil nil if the call proved nothing about the credentials
---@param context kms.Context
function LockGuard:report(id, verdict, context)
  local value = self.store:get(id, context)
  if verdict == "refused" then
    self.store:set(id, verdict)
  elseif verdict == "good" and value ~= "refused" then
    if value ~= "good" then self.store:set(id, verdict) end
  elseif value == "trial" then
    self.store:delete(id)
  end
end

--- Forgets all credentials, so that refused ones may be sent again.
function LockGuard:reset()
  self.store:reset()
end

return lock_guard
