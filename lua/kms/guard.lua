--- Keeps a refused key from being locked: five refusals in a row lock a Huawei Cloud access key for five minutes, so
--- credentials that were refused once are not tried again, and new ones are tried by one call before others follow.

local Error = require "kms.error"
local sign = require "kms.sign"

local guard = {}

local Guard = {}
Guard.__index = Guard

local WAIT = 0.01 -- seconds between looks at a try under way
local MOST_KNOWN = 100

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
  return setmetatable({ shared = shared, known = {} }, Guard)
end

--- Forgets credentials known to be good once there are many: whoever rotates keys for years must not fill the memory.
local function forget_good(self)
  local count = 0
  for _ in pairs(self.known) do count = count + 1 end
  if count < MOST_KNOWN then return end
  for name, state in pairs(self.known) do
    if state == "good" then self.known[name] = nil end
  end
end

local function refused(self, name)
  if self.known[name] == "refused" then return true end
  return self.shared and self.shared:get("kms.guard:" .. name) ~= nil
end

--- Asks for leave to send under credentials. Of calls that come at once under credentials not yet known to be good, one
--- goes ahead, and the others wait for what becomes of it.
---@param name string
---@param context table `now`, `sleep` and `deadline` of the call
---@return boolean? leave, kms.Error? err
function Guard:enter(name, context)
  while true do
    if refused(self, name) then
      return nil, Error.new { kind = "credentials", code = "guarded",
        message = "these credentials were refused before and were not sent again, so that the key is not locked; "
          .. "change them, or lift the guard with client:reset()" }
    end
    local trial = self.known[name]
    if trial == "good" then return true end
    local now = context:now()
    -- A try that is past its own deadline was given up with its caller: it bars nobody.
    if not trial or trial <= now then
      if not trial then forget_good(self) end
      self.known[name] = context.deadline
      return true
    end
    if now >= context.deadline then
      return nil, Error.new { kind = "transport", code = "timeout", uncertain = false,
        message = "the deadline passed while another call tried the same credentials" }
    end
    context:sleep(WAIT)
  end
end

--- Tells what became of a call that had leave.
---@param name string
---@param outcome "good"|"refused"|nil nil: it showed nothing about the credentials
function Guard:leave(name, outcome)
  if outcome == "refused" then
    self.known[name] = "refused"
    if self.shared then self.shared:set("kms.guard:" .. name, true) end
  elseif self.known[name] ~= "refused" and self.known[name] ~= "good" then
    self.known[name] = outcome
  end
end

--- Forgets everything: refused credentials may be tried again.
function Guard:reset()
  for name in pairs(self.known) do
    if self.shared then self.shared:delete("kms.guard:" .. name) end
  end
  self.known = {}
end

return guard
