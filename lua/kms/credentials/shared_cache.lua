--- Shares one token among all NGINX workers through a lua_shared_dict: one worker fetches it, the others read it.

local coroutines = require "kms.util.coroutines"
local Credentials = require "kms.credentials.value"

local shared_cache = {}

local FIRST_LEASE = 2 -- seconds until a worker that holds the lock and has not begun a request counts as lost
local GRACE = 0.5 -- seconds between the end of a request and that of the lease
local FAILURE_LIFETIME = 60 -- seconds in which the other workers see why they wait
local POLL_INTERVAL = 0.05 -- seconds

-- Each holder of the lock has an id of its own, so that no worker releases a lock that went to another one.
local owner_count = 0

local function new_owner()
  local ngx = rawget(_G, "ngx")
  owner_count = owner_count + 1
  return ("%s %d"):format(ngx and ngx.worker and ngx.worker.pid() or "", owner_count)
end

-- One request for a token: `dictionary`, `fetch`, `context`, `plan`, `state`, and the keys in the dictionary.
local Request = {}
Request.__index = Request

--- Reads the shared token, unless the cloud has refused it.
---@return kms.Credentials? credentials
---@return boolean? is_due the token serves, but a new one should be fetched
function Request:read()
  local text = self.dictionary:get(self.token_key)
  local expires, token = (text or ""):match "^(%S+) (%S+)$"
  local remaining = expires and tonumber(expires) - self.context:cloud_time() or 0
  local rejected = self.state.rejected
  if remaining <= 0 or rejected and rejected.token == token then return nil end
  return { token = token, expires = tonumber(expires) }, remaining <= self.plan.renewal_margin
end

-- The lock of the dictionary as a lease. It also extends the one of the worker's own mutex.
local Lease = {}
Lease.__index = Lease

function Lease:extend(context, seconds)
  local dictionary, keys = self.request.dictionary, self.request
  if dictionary:get(keys.lock_key) == self.owner then
    local remaining = (context.deadline or math.huge) - context:clock()
    dictionary:set(keys.lock_key, self.owner, math.max(math.min(seconds, remaining), 0) + GRACE)
  end
  if self.outer then self.outer:extend(context, seconds) end
end

function Lease:report(failure)
  self.request.dictionary:set(self.request.failure_key, failure.message, FAILURE_LIFETIME)
  if self.outer then self.outer:report(failure) end
end

--- Fetches a token under a lease, and restores the lease of the context.
function Request:fetch_as(owner)
  local context = self.context
  local outer = context.lease
  context.lease = setmetatable({ request = self, owner = owner, outer = outer }, Lease)
  local ok, credentials, err = coroutines.pcall(self.renew, self)
  context.lease = outer
  return ok, credentials, err
end

--- Fetches a token and shares the result. The worker holds the lock.
function Request:renew()
  local credentials, err = self.fetch(self.context, self.plan, self.state)
  if credentials then
    local lifetime = credentials.expires - self.context:cloud_time()
    local _, problem = self.dictionary:set(self.token_key, ("%.3f %s"):format(credentials.expires, credentials.token),
      lifetime)
    -- Where the token does not fit, each worker keeps its own.
    if problem then credentials.warning = "the token is not shared among the workers: " .. problem end
    self.dictionary:delete(self.refusal_key)
    self.dictionary:delete(self.failure_key)
  elseif err.code == "refused" then
    -- Shared, so that the other workers do not repeat a wrong password.
    self.dictionary:set(self.refusal_key, err.message, self.plan.refusal_pause)
  end
  return credentials, err
end

--- Renews the token unless the previous holder of the lock has done so, and releases the lock.
---@param owner string of the lock
---@param old kms.Credentials? returned when the fetch fails
function Request:renew_and_unlock(owner, old)
  local newer, is_due = self:read()
  if newer and not is_due then
    self.dictionary:delete(self.lock_key)
    return newer
  end
  local ok, credentials, err = self:fetch_as(owner)
  if self.dictionary:get(self.lock_key) == owner then self.dictionary:delete(self.lock_key) end
  if not ok then error(credentials, 0) end
  if not credentials and old then return old end
  return credentials, err
end

function Request:run()
  local dictionary, context, owner = self.dictionary, self.context, new_owner()
  if self.state.is_reset then dictionary:delete(self.refusal_key) end
  while true do
    local credentials, is_due = self:read()
    if credentials and not is_due then return credentials end
    local refusal = not credentials and dictionary:get(self.refusal_key)
    if refusal then return Credentials.error("refused", refusal) end
    local remaining = (context.deadline or math.huge) - context:clock()
    local is_locked, problem = dictionary:add(self.lock_key, owner, FIRST_LEASE)
    if is_locked then return self:renew_and_unlock(owner, credentials) end
    if credentials then return credentials end
    -- Where the dictionary has no room for a lock, each worker fetches its own token.
    if problem ~= "exists" then return self.fetch(context, self.plan, self.state) end
    if remaining <= 0 then
      local failure = dictionary:get(self.failure_key)
      return Credentials.error("unavailable", "timed out waiting for another worker's request for a token"
        .. (failure and "; its latest attempt: " .. failure or ""))
    end
    if context.lease then context.lease:extend(context, POLL_INTERVAL) end
    context:sleep(POLL_INTERVAL)
  end
end

--- Wraps a `fetch` so that it reads the dictionary first.
---@param dictionary table from ngx.shared
---@param fetch function as in kms.CacheOptions
---@return function fetch
function shared_cache.wrap(dictionary, fetch)
  return function(context, plan, state)
    return setmetatable({
      dictionary = dictionary, fetch = fetch, context = context, plan = plan, state = state,
      -- The plan's key names the account and contains no password.
      token_key = "kms.token:" .. plan.key,
      lock_key = "kms.token.lock:" .. plan.key,
      refusal_key = "kms.token.refusal:" .. plan.key,
      failure_key = "kms.token.failure:" .. plan.key,
    }, Request):run()
  end
end

return shared_cache
