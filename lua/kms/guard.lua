--- Keeps a refused key from being locked: five refusals in a row lock a Huawei Cloud access key for five minutes, so
--- credentials that were refused once are not tried again, and new ones are tried by one call before others follow.

local Error = require "kms.error"
local sign = require "kms.sign"

local guard = {}

local Guard = {}
Guard.__index = Guard

local WAIT = 0.01 -- seconds between looks at a try under way
local MOST_NOTES = 100 -- of one process; whoever rotates keys for years must not fill its memory
local GENERATION = "kms.guard"

-- What a guard of one process writes down, with the methods of a lua_shared_dict that are needed here.
local Notes = {}
Notes.__index = Notes

local function new_notes()
  return setmetatable({ entries = {} }, Notes)
end

function Notes:get(key, now)
  local entry = self.entries[key]
  if entry and (not entry.stop or entry.stop > now) then return entry.value end
end

function Notes:add(key, value, seconds, now)
  if self:get(key, now) then return false end
  local count = 0
  for _ in pairs(self.entries) do count = count + 1 end
  for other, entry in pairs(count >= MOST_NOTES and self.entries or {}) do
    if entry.value == "good" then self.entries[other] = nil end
  end
  self.entries[key] = { value = value, stop = now + seconds }
  return true
end

function Notes:set(key, value) self.entries[key] = { value = value } end
function Notes:delete(key) self.entries[key] = nil end

function Notes:incr(key, step)
  -- A new generation: nothing of the old one is asked for any more.
  local entry = self.entries[key]
  self.entries = { [key] = { value = (entry and entry.value or 0) + step } }
end

-- Names by snapshot, for sources hand out the same one again and again.
local names = setmetatable({}, { __mode = "k" })

--- A name for credentials that tells nothing of them: a signature under them of always the same thing.
---@param given kms.Credentials
---@return string? name nil for a token, which locks nothing
function guard.name(given)
  if not given.secret_key then return nil end
  if not names[given] then
    local headers = sign.ncloud({ method = "GET", target = "/" }, given, 0)
    names[given] = headers and headers["x-ncp-apigw-signature-v2"]
  end
  return names[given]
end

---@param shared table? an NGINX shared dictionary, for a guard that all workers share
function guard.new(shared)
  return setmetatable({ notes = shared or new_notes() }, Guard)
end

--- The key of a note, with its generation: a reset in one worker is one for all, and for those after a reload.
local function key_of(self, name)
  return ("%s %d %s"):format(GENERATION, self.notes:get(GENERATION, 0) or 0, name)
end

--- Asks for leave to send under credentials. Of calls that come at once under credentials not yet known to be good, one
--- goes ahead, and the others wait for what becomes of it. A try that is past its own deadline was given up with its
--- caller: it bars nobody.
---@param name string
---@param context table `now`, `sleep` and `deadline` of the call
---@return boolean? leave, kms.Error? err
function Guard:enter(name, context)
  while true do
    local key, now = key_of(self, name), context:now()
    local note = self.notes:get(key, now)
    if note == "good" then return true end
    if note == "refused" then
      return nil, Error.new { kind = "credentials", code = "guarded",
        message = "these credentials were refused before and were not sent again, so that the key is not locked; "
          .. "change them, or lift the guard with client:reset()" }
    end
    if now >= context.deadline then
      return nil, Error.new { kind = "transport", code = "timeout", uncertain = false,
        message = "the deadline passed while another call tried the same credentials" }
    end
    if not note and self.notes:add(key, "trial", context.deadline - now, now) then return true end
    context:sleep(WAIT)
  end
end

--- Tells what became of a call that had leave.
---@param name string
---@param outcome "good"|"refused"|nil nil: it showed nothing about the credentials
---@param now number
function Guard:leave(name, outcome, now)
  local key = key_of(self, name)
  local note = self.notes:get(key, now)
  if outcome == "refused" then
    self.notes:set(key, outcome)
  elseif outcome == "good" and note ~= "refused" then
    if note ~= "good" then self.notes:set(key, outcome) end
  elseif note == "trial" then
    self.notes:delete(key)
  end
end

--- Forgets everything: refused credentials may be tried again.
function Guard:reset()
  self.notes:incr(GENERATION, 1, 0)
end

return guard
