--- Keeps a refused key from being locked: five refusals in a row lock a Huawei Cloud access key for five minutes, so
--- credentials that were refused once are not tried again, and new ones are tried by one call before others follow.

local Error = require "kms.error"
local sign = require "kms.sign"

local lock_guard = {}

local Guard = {}
Guard.__index = Guard

local WAIT = 0.01 -- seconds between looks at a try under way
local MOST_NOTES = 100 -- of one process; whoever rotates keys for years must not fill its memory
local GENERATION = "kms.call.lock_guard"

-- What a guard of one process writes down: "trial", "refused" or "good", by the name of the credentials.
local Notes = {}
Notes.__index = Notes

function Notes:get(name, context)
  local entry = self.entries[name]
  if entry and (not entry.stop or entry.stop > context:clock()) then return entry.value end
end

function Notes:add(name, value, seconds, context)
  if self:get(name, context) then return false end
  local count = 0
  for _ in pairs(self.entries) do count = count + 1 end
  for other, entry in pairs(count >= MOST_NOTES and self.entries or {}) do
    if entry.value == "good" or entry.stop and entry.stop <= context:clock() then self.entries[other] = nil end
  end
  self.entries[name] = { value = value, stop = context:clock() + seconds }
  return true
end

function Notes:set(name, value) self.entries[name] = { value = value } end
function Notes:delete(name) self.entries[name] = nil end
function Notes:reset() self.entries = {} end

-- The same in an NGINX shared dictionary. A key has its generation: a reset in one worker is one for all, and for those
-- after a reload.
local SharedNotes = {}
SharedNotes.__index = SharedNotes

local function key_of(self, name)
  return ("%s %d %s"):format(GENERATION, self.dictionary:get(GENERATION) or 0, name)
end

function SharedNotes:get(name) return (self.dictionary:get(key_of(self, name))) end
function SharedNotes:add(name, value, seconds) return (self.dictionary:add(key_of(self, name), value, seconds)) end
function SharedNotes:set(name, value) self.dictionary:set(key_of(self, name), value) end
function SharedNotes:delete(name) self.dictionary:delete(key_of(self, name)) end
function SharedNotes:reset() self.dictionary:incr(GENERATION, 1, 0) end

-- Names by snapshot, for sources hand out the same one again and again.
local names = setmetatable({}, { __mode = "k" })

--- A name for credentials that tells nothing of them: a signature under them of always the same thing.
---@param given kms.Credentials
---@return string? name nil for a token, which locks nothing
function lock_guard.identify(given)
  if not given.secret_key then return nil end
  if not names[given] then
    local headers = sign.ncloud({ method = "GET", target = "/" }, given, 0)
    names[given] = headers and headers["x-ncp-apigw-signature-v2"]
  end
  return names[given]
end

---@param shared table? an NGINX shared dictionary, for a guard that all workers share
function lock_guard.new(shared)
  local notes = shared and setmetatable({ dictionary = shared }, SharedNotes) or setmetatable({ entries = {} }, Notes)
  return setmetatable({ notes = notes }, Guard)
end

--- Asks for leave to send under credentials. Of calls that come at once under credentials not yet known to be good, one
--- goes ahead, and the others wait for what becomes of it. A try that is past its own deadline was given up with its
--- caller: it bars nobody.
---@param name string
---@param context table `clock`, `sleep` and `deadline` of the call
---@return boolean? leave, kms.Error? err
---@return boolean? known to be good: nobody waits for what becomes of this call, and only a refusal need be told
function Guard:acquire(name, context)
  while true do
    local note = self.notes:get(name, context)
    if note == "good" then return true, nil, true end
    if note == "refused" then
      return nil, Error.new { kind = "credentials", code = "guarded",
        message = "these credentials were refused before and were not sent again, so that the key is not locked; "
          .. "change them, or lift the guard with client:reset()" }
    end
    local left = context.deadline - context:clock()
    if left <= 0 then
      return nil, Error.new { kind = "transport", code = "timeout", uncertain = false,
        message = "the deadline passed while another call tried the same credentials" }
    end
    if not note and self.notes:add(name, "trial", left, context) then return true end
    context:sleep(WAIT)
  end
end

--- Tells what became of a call that had leave.
---@param name string
---@param outcome "good"|"refused"|nil nil: it showed nothing about the credentials
---@param context table
function Guard:report(name, outcome, context)
  local note = self.notes:get(name, context)
  if outcome == "refused" then
    self.notes:set(name, outcome)
  elseif outcome == "good" and note ~= "refused" then
    if note ~= "good" then self.notes:set(name, outcome) end
  elseif note == "trial" then
    self.notes:delete(name)
  end
end

--- Forgets everything: refused credentials may be tried again.
function Guard:reset()
  self.notes:reset()
end

return lock_guard
