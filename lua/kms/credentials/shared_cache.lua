--- Shares one token among all NGINX workers through a lua_shared_dict: one worker fetches it, the others read it.

local Credentials = require "kms.credentials.value"

local shared_cache = {}

local LOCK_TIMEOUT = 60 -- seconds after which a worker that holds the lock counts as lost
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
  local ok, credentials, err = pcall(self.renew, self)
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
    local is_locked, problem = dictionary:add(self.lock_key, owner, math.min(LOCK_TIMEOUT, math.max(remaining, 0.001)))
    if is_locked then return self:renew_and_unlock(owner, credentials) end
    if credentials then return credentials end
    -- Where the dictionary has no room for a lock, each worker fetches its own token.
    if problem ~= "exists" then return self.fetch(context, self.plan, self.state) end
    if remaining <= 0 then
      return Credentials.error("unavailable", "timed out waiting for another worker's request for a token")
    end
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
    }, Request):run()
  end
end

return shared_cache
