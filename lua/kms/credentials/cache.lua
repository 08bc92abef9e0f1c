--- Keeps credentials that expire, and fetches new ones ahead of expiry: once for all callers, while the old ones serve.

local coroutines = require "kms.util.coroutines"
local Credentials = require "kms.credentials.value"
local iterate = require "kms.util.iterate"
local mutex = require "kms.util.mutex"

local cache = {}

local EXPIRY_MARGIN = 60 -- seconds before expiry in which credentials are not used: they could expire on the way
local WAIT_TIMEOUT = 30 -- seconds that a caller without a deadline waits for another caller's fetch
local MIN_PAUSE, MAX_PAUSE = 2, 60 -- seconds between a failed fetch and the next one, doubled for each failure

---@class kms.CacheOptions
---@field plan fun(context: kms.Context): kms.CachePlan?, kms.Error? reads the settings; sends no request
---@field fetch fun(context: kms.Context, plan: kms.CachePlan, state: kms.CacheState): kms.Credentials?,
---  kms.Error? fetches new credentials, with `expires`

---@class kms.CachePlan
---@field key string plans with the same key share their credentials
---@field renewal_margin number? seconds before expiry from which new ones are fetched; default a fifth of the lifetime
---@field refusal_pause number? seconds without a fetch after a refusal, where repeated refusals could lock an account

---@class kms.CacheState memory of `fetch` for one key
---@field rejected kms.Credentials? those that the cloud refused
---@field is_reset boolean? the caller wants remembered refusals to be forgotten

--- Stores new credentials and their times in one step, because a debug hook may raise an error between two. Some
--- services return the same credentials until shortly before they expire, so at least half of the remaining lifetime
--- passes before the next fetch.
local function store_credentials(entry, plan, credentials, now)
  local lifetime = credentials.expires - now
  entry.failure, entry.failure_count = nil, 0
  entry.latest = {
    credentials = credentials,
    renew_at = credentials.expires - math.min(plan.renewal_margin or lifetime / 5, lifetime / 2),
    unusable_at = credentials.expires - math.min(EXPIRY_MARGIN, lifetime / 10),
  }
end

local function store_failure(entry, plan, err, clock)
  entry.failure_count = entry.failure_count + 1
  local pause = math.min(MIN_PAUSE * 2 ^ (entry.failure_count - 1), MAX_PAUSE)
  if err.code == "refused" then pause = math.max(pause, plan.refusal_pause or 0) end
  -- A copy, because the caller may change the error.
  entry.failure = { code = err.code, message = err.message, cause = err.cause, retry_at = clock + pause }
end

local function get_usable(entry, now)
  local latest = entry.latest
  return latest and now < latest.unusable_at and latest.credentials or nil
end

--- Looks up what can be returned without a fetch. Returns nothing when a fetch is due.
---@return kms.Credentials? credentials, kms.Error? err
local function look_up(entry, context)
  local now = context:cloud_time()
  local credentials = get_usable(entry, now)
  if credentials and now < entry.latest.renew_at then return credentials end
  local failure, clock = entry.failure, context:clock()
  if not failure or clock >= failure.retry_at then return nil end
  if credentials then return credentials end
  return Credentials.error(failure.code,
    ("%s; next request in %d s"):format(failure.message, math.ceil(failure.retry_at - clock)), failure.cause)
end

--- Fetches new credentials. The caller holds the mutex of the entry, and restores the deadline of the context.
local function renew(options, plan, entry, context)
  local old = get_usable(entry, context:cloud_time())
  if old and context.deadline then
    -- The old credentials serve the call, so a fetch may take half of its time only.
    context.deadline = (context:clock() + context.deadline) / 2
  end
  local credentials, err = options.fetch(context, plan, entry.state)
  local now = context:cloud_time()
  if credentials and credentials.expires <= now then
    credentials, err = Credentials.error("expired",
      "the response contains expired credentials; check the clock of this machine")
  end
  if credentials then
    entry.state.rejected, entry.state.is_reset = nil, nil
    store_credentials(entry, plan, credentials, now)
    return credentials
  end
  -- When the caller's own deadline ended the fetch, nothing is known about the service.
  local clock = context:clock()
  if old or not context.deadline or clock < context.deadline then store_failure(entry, plan, err, clock) end
  if old then return old end
  return nil, err
end

local function get(options, plan, entry, context)
  local credentials, err = look_up(entry, context)
  if credentials or err then return credentials, err end
  local old = get_usable(entry, context:cloud_time())
  local deadline = context.deadline
  local owner, failure = entry.mutex:acquire(context, not old and (deadline or context:clock() + WAIT_TIMEOUT) or nil)
  if not owner then
    if old then return old end
    return Credentials.error("unavailable", "timed out waiting for a concurrent request for credentials"
      .. (failure and "; its latest attempt: " .. failure.message or ""), failure and failure.cause)
  end
  local ok = true
  context.lease, context.is_single_attempt = owner, old ~= nil
  credentials, err = look_up(entry, context) -- the previous owner of the mutex may have fetched them
  if not credentials and not err then ok, credentials, err = coroutines.pcall(renew, options, plan, entry, context) end
  context.deadline, context.lease, context.is_single_attempt = deadline, nil, nil
  entry.mutex:release(owner)
  if not ok then error(credentials, 0) end
  return credentials, err
end

--- Creates the `get` and the `forget` of a provider whose credentials expire.
---@param options kms.CacheOptions
---@return fun(context: kms.Context): kms.Credentials?, kms.Error?
---@return fun(self, refused: kms.Credentials?)
function cache.new(options)
  local entries = {}

  local function get_by_plan(context)
    local plan, err = options.plan(context)
    if not plan then return nil, err end
    local entry = entries[plan.key]
    if not entry then
      entry = { mutex = mutex.new(), failure_count = 0, state = {} }
      entries[plan.key] = entry
    end
    return get(options, plan, entry, context)
  end

  local function forget(_, refused)
    for _, entry in iterate.members(entries) do
      local latest = entry.latest
      if not refused or latest and latest.credentials == refused then
        entry.state.rejected = latest and latest.credentials
        entry.latest = nil
      end
      if not refused then entry.failure, entry.failure_count, entry.state.is_reset = nil, 0, true end
    end
  end

  return get_by_plan, forget
end

return cache
