--- Keeps credentials that expire: asks for new ones in good time, once for all who need them, and lets the old ones
--- serve while they last.

local mutex = require "kms.util.mutex"
local Credentials = require "kms.credentials.value"

local cache = {}

local EDGE = 60 -- seconds before the end in which credentials serve no more: the request has yet to travel
local PATIENCE = 30 -- seconds that a caller without a deadline waits for another one's request
local FIRST_PAUSE, LONGEST_PAUSE = 2, 60 -- seconds until a failed source is asked again, doubled at each failure

---@class kms.RefreshJob
---@field plan fun(context: kms.CredentialsContext): kms.RefreshPlan?, kms.Error? settings, without I/O to a service
---@field fetch fun(context, plan: kms.RefreshPlan, state: table): kms.Credentials?, kms.Error?
---  asks for new ones, with `expires`; `state` is a memory of its own: `rejected` is what the cloud refused, `afresh`
---  says that the caller wants nothing remembered

---@class kms.RefreshPlan
---@field key string plans with the same key share their credentials
---@field margin number? seconds before the end from which new ones are asked for; a fifth of the lifetime without
---@field refused_pause number? seconds that a refusal is remembered, where asking again could lock an account

--- When credentials are to be renewed, and when they serve no more. A service that hands out the same ones until
--- shortly before their end is not asked at every call: at least half of what is left passes in between.
local function keep(slot, plan, found, now)
  local left = found.expires - now
  slot.held, slot.failure, slot.failures = found, nil, 0
  slot.renew_at = found.expires - math.min(plan.margin or left / 5, left / 2)
  slot.dead_at = found.expires - math.min(EDGE, left / 10)
end

local function remember(slot, plan, err, now)
  slot.failures = slot.failures + 1
  local pause = math.min(FIRST_PAUSE * 2 ^ (slot.failures - 1), LONGEST_PAUSE)
  if err.code == "refused" then pause = math.max(pause, plan.refused_pause or 0) end
  -- A copy: the error is the caller's from now on.
  slot.failure, slot.retry_at = { code = err.code, message = err.message, cause = err.cause }, now + pause
end

--- The failure of a moment ago, for a caller who comes before the next try.
local function repeated(slot, now)
  local failure = slot.failure
  local message = ("%s; asked again in %d s"):format(failure.message, math.ceil(slot.retry_at - now))
  return Credentials.error(failure.code, message, failure.cause)
end

--- The context for a request that only renews: what is held still serves, so that at most half of the call's time goes
--- into it.
local function hurried(context, now)
  if not context.deadline then return context end
  return setmetatable({ deadline = now + (context.deadline - now) / 2 }, { __index = context })
end

--- Asks for new ones, with the lock taken.
local function renew(job, plan, slot, context, usable)
  local found, err = job.fetch(usable and hurried(context, context:clock()) or context, plan, slot.state)
  local now = context:now()
  if found and found.expires <= now then
    found, err = Credentials.error("expired", "the answer's credentials have expired: is this machine's clock right?")
  end
  if found then
    slot.state.rejected, slot.state.afresh = nil, nil
    keep(slot, plan, found, now)
    return found
  end
  -- Where the caller's own deadline ended the try, nothing was learnt about the source.
  if usable or not context.deadline or context:clock() < context.deadline then remember(slot, plan, err, now) end
  return nil, err
end

--- One look at a slot: what to hand out, or that new ones are wanted.
---@return boolean settled, kms.Credentials? found, kms.Error? err, boolean? usable
local function look(slot, now)
  local usable = slot.held ~= nil and now < slot.dead_at
  if usable and now < slot.renew_at then return true, slot.held end
  if slot.failure and now < slot.retry_at then
    if usable then return true, slot.held end
    return true, repeated(slot, now)
  end
  return false, nil, nil, usable
end

local function get(job, plan, slot, context)
  local stop = context.deadline or context:clock() + PATIENCE
  local settled, found, err, usable = look(slot, context:now())
  if settled then return found, err end
  local held = slot.held
  local ticket = slot.lock:acquire(context, not usable and stop or nil)
  if not ticket then
    if usable then return held end
    return Credentials.error("unavailable", "another call was asking for new credentials, and got none in time")
  end
  local ok = true
  settled, found, err, usable = look(slot, context:now()) -- whoever had the lock may have settled it
  if not settled then
    held = slot.held
    ok, found, err = pcall(renew, job, plan, slot, context, usable)
  end
  slot.lock:release(ticket)
  if not ok then error(found, 0) end
  if not found and usable then return held end
  return found, err
end

--- Makes the `get` and the `forget` of a source that renews what it hands out.
---@param job kms.RefreshJob
---@return fun(context): kms.Credentials?, kms.Error?
---@return fun(self, refused: kms.Credentials?)
function cache.new(job)
  local slots = {}

  local function get_one(context)
    local plan, err = job.plan(context)
    if not plan then return nil, err end
    local slot = slots[plan.key]
    if not slot then
      slot = { lock = mutex.new(), failures = 0, state = {} }
      slots[plan.key] = slot
    end
    return get(job, plan, slot, context)
  end

  local function forget(_, refused)
    for _, slot in pairs(slots) do
      if not refused or slot.held == refused then
        slot.state.rejected = slot.held
        slot.held = nil
      end
      if not refused then slot.failure, slot.failures, slot.state.afresh = nil, 0, true end
    end
  end

  return get_one, forget
end

return cache
