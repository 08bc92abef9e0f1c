--- Protects an access key from lock-out: credentials that were refused are not sent again, and few attempts are under
--- way at once while nothing is known about new ones. Five refusals in a row lock a Huawei Cloud access key for five
--- minutes.

local Error = require "kms.error"
local guard_store = require "kms.call.guard_store"
local lazy = require "kms.util.lazy"
local sign = require "kms.sign"

local shared_guard_store = lazy "kms.call.shared_guard_store"

local lock_guard = {}

local POLL_INTERVAL = 0.01 -- seconds
local DEFAULT_ATTEMPT_TIMEOUT = 10 -- seconds
local SLOT_MARGIN = 1 -- seconds that a slot outlives the time limit of its attempt

-- Ids by credentials table, because providers return the same table many times.
local ids = setmetatable({}, { __mode = "k" })

--- Returns an opaque id of credentials: the same in every process, and not reversible to the keys.
---@param credentials kms.Credentials
---@return string? id nil for a token, because refusing a token locks nothing
---@return kms.Error? err if the keys cannot be used
function lock_guard.identify(credentials)
  local id, err = ids[credentials], nil
  if not id and credentials.secret_key then
    id, err = sign.fingerprint(credentials)
    ids[credentials] = id
  end
  return id, err
end

---@class kms.LockGuard
---@field store kms.LocalStore|kms.SharedStore
local LockGuard = {}
LockGuard.__index = LockGuard

---@param dictionary table? an NGINX shared dictionary: the guard is then shared by all workers
---@param name string? of the dictionary
---@return kms.LockGuard
function lock_guard.new(dictionary, name)
  local store = dictionary and shared_guard_store.new(dictionary, name) or guard_store.new()
  return setmetatable({ store = store }, LockGuard)
end

local function describe_cause(cause)
  return cause and cause.message and (" (%s: %s)"):format(cause.code or cause.status or cause.kind, cause.message) or ""
end

local function create_refused_error(cause)
  return Error.new { kind = "credentials", code = "guarded", cause = cause,
    message = ("the credentials were refused%s and are not sent again for five minutes, because repeated refusals lock "
      .. "the access key; change them, or call client:reset()"):format(describe_cause(cause)) }
end

local function create_deadline_error()
  return Error.new { kind = "transport", code = "timeout", uncertain = false,
    message = "the deadline passed before the request was sent" }
end

local function create_timeout_error(cause)
  return Error.new { kind = "transport", code = "timeout", uncertain = false, cause = cause,
    message = "timed out waiting for concurrent calls that try the same credentials"
      .. (cause and "; the last of them failed" .. describe_cause(cause) or "") }
end

--- Asks for permission to make one attempt. While nothing is known about the credentials, it waits until few attempts
--- are under way, at most until the deadline of the call.
---@param id string from `identify`
---@param context kms.Context `guard_slot` is set on trial
---@param attempt_timeout number? seconds
---@return boolean? is_allowed, kms.Error? err
---@return boolean? is_known the credentials are good: only a refusal must be reported
function LockGuard:acquire(id, context, attempt_timeout)
  local store, has_waited = self.store, false
  while true do
    local value, cause = store:get(id, context)
    if value == "good" then return true, nil, true end
    if value == "refused" then return nil, create_refused_error(cause) end
    local problem = store.check and store:check()
    if problem then return nil, Error.new { kind = "invalid", code = "lock_guard", message = problem } end
    local left = context.deadline - context:clock()
    if left <= 0 then
      return nil, has_waited and create_timeout_error(store:get_failure(id)) or create_deadline_error()
    end
    local lifetime = math.min(attempt_timeout or DEFAULT_ATTEMPT_TIMEOUT, left) + SLOT_MARGIN
    context.guard_slot = store:begin_trial(id, lifetime, context)
    if context.guard_slot then return true end
    context:sleep(POLL_INTERVAL)
    has_waited = true
  end
end

--- Reports the result of an attempt that `acquire` allowed.
---@param id string
---@param verdict "good"|"refused"|"skewed"|nil nil if the attempt proved nothing about the credentials; "skewed" if the
---  refusal concerns the clock, and the request is signed again
---@param context kms.Context
---@param cause table? the failure: `code`, `message`
function LockGuard:report(id, verdict, context, cause)
  local store = self.store
  if verdict == "refused" then
    store:set_refused(id, cause, context)
  elseif verdict == "good" then
    if not store:get(id, context) then store:set_good(id) end
  else
    if verdict == "skewed" then store:add_refusal(id) elseif cause then store:set_failure(id, cause) end
  end
  if context.guard_slot then store:end_trial(id, context.guard_slot) end
  context.guard_slot = nil
end

--- Forgets all credentials, so that refused ones may be sent again.
function LockGuard:reset()
  self.store:reset()
end

return lock_guard
