--- One token for all workers of an NGINX, through a lua_shared_dict: one of them asks, the others take what it got.

local Credentials = require "kms.credentials.value"

local shared_cache = {}

local HOLD = 60 -- seconds after which a worker that asks counts as lost
local STEP = 0.05 -- seconds between two looks

-- A name for each holder of a lock, so that nobody gives back a lock that went to another meanwhile.
local turn = 0

local function ticket()
  local ngx = rawget(_G, "ngx")
  turn = turn + 1
  return ("%s %d"):format(ngx and ngx.worker and ngx.worker.pid() or "", turn)
end

--- The token that is there. What the cloud has refused is none.
---@return kms.Credentials? found, boolean? due it serves still, but a new one is wanted
local function stored(dictionary, keys, plan, state, now)
  local text = dictionary:get(keys.token)
  local expires, token = (text or ""):match "^(%S+) (%S+)$"
  expires = tonumber(expires)
  if not expires or expires <= now or state.rejected and state.rejected.token == token then return nil end
  return { token = token, expires = expires }, expires - now <= plan.margin
end

--- Asks, with the lock of all workers taken, and tells them what came of it.
local function ask(dictionary, keys, fetch, context, plan, state)
  local found, err = fetch(context, plan, state)
  local now = context:now()
  if found then
    -- Where it does not fit, each worker keeps its own, and the caller can see why.
    local _, problem = dictionary:set(keys.token, ("%.3f %s"):format(found.expires, found.token), found.expires - now)
    if problem then found.warning = "the token is not shared among the workers: " .. problem end
    dictionary:delete(keys.refusal)
  elseif err.code == "refused" then
    -- So that not every worker spends a try of its own on a wrong password.
    dictionary:set(keys.refusal, err.message, plan.refused_pause)
  end
  return found, err
end

--- A `fetch` that looks into the dictionary before it asks.
---@param dictionary table from ngx.shared
---@param fetch function as in kms.RefreshJob
---@return function
function shared_cache.wrap(dictionary, fetch)
  return function(context, plan, state)
    -- Names of the account, no password.
    local keys = { token = "kms.token:" .. plan.key, lock = "kms.token.lock:" .. plan.key,
      refusal = "kms.token.refusal:" .. plan.key }
    if state.afresh then dictionary:delete(keys.refusal) end
    local mine = ticket()
    while true do
      local now = context:now()
      local found, due = stored(dictionary, keys, plan, state, now)
      if found and not due then return found end
      local refusal = not found and dictionary:get(keys.refusal)
      if refusal then return Credentials.error("refused", refusal) end
      local hold = math.min(HOLD, math.max((context.deadline or math.huge) - context:clock(), 0.001))
      local taken, problem = dictionary:add(keys.lock, mine, hold)
      if taken then
        local newer, still_due = stored(dictionary, keys, plan, state, now) -- whoever had the lock may have brought it
        if newer and not still_due then
          dictionary:delete(keys.lock)
          return newer
        end
        local ok, fetched, err = pcall(ask, dictionary, keys, fetch, context, plan, state)
        if dictionary:get(keys.lock) == mine then dictionary:delete(keys.lock) end
        if not ok then error(fetched, 0) end
        if not fetched and found then return found end -- it serves while it lasts
        return fetched, err
      end
      if found then return found end
      if problem ~= "exists" then return fetch(context, plan, state) end -- no room for a lock: each for itself
      if context.deadline and context:clock() >= context.deadline then
        return Credentials.error("unavailable", "another worker was asking for a token, and got none in time")
      end
      context:sleep(STEP)
    end
  end
end

return shared_cache
