--- Mutual exclusion of coroutines and light threads. An owner that never releases the mutex (an abandoned coroutine)
--- blocks the others until its lease ends: no longer than the request that it began. One whose coroutine or light
--- thread was closed or killed does not block, nor does one in the caller's coroutine: a debug hook has raised an error
--- before the release.

local coroutines = require "kms.util.coroutines"

-- Loaded with this module, because loading in a handler would block the NGINX worker.
local ngx = rawget(_G, "ngx")
local has_semaphore, semaphore = false, nil
if ngx and ngx.get_phase then has_semaphore, semaphore = pcall(require, "ngx.semaphore") end

local mutex, running, status = {}, coroutines.running, coroutine.status

local FIRST_LEASE = 2 -- seconds for an owner that has not begun a request
local GRACE = 0.5 -- seconds between the end of a request and that of the lease
local POLL_INTERVAL = 0.05 -- seconds, where there is no semaphore

---@class kms.MutexOwner
---@field mutex kms.Mutex
---@field expires_at number end of the lease, on the scale of the context's `clock`
---@field coroutine thread|false|nil false: the main one of Lua 5.1; nil: it was collected
local Owner = { __mode = "v" }
Owner.__index = Owner

--- Extends the lease for a request.
---@param context kms.Context
---@param seconds number that the request may take
function Owner:extend(context, seconds)
  self.expires_at = math.min(context:clock() + seconds, context.deadline or math.huge) + GRACE
end

--- Keeps the reason why the owner does not release the mutex yet, for those that wait.
---@param failure kms.Error?
function Owner:report(failure)
  if self.mutex.owner == self then self.mutex.failure = failure end
end

---@class kms.Mutex
---@field owner kms.MutexOwner?
---@field failure kms.Error? that an owner has reported
local Mutex = {}
Mutex.__index = Mutex

---@return kms.Mutex
function mutex.new()
  return setmetatable({}, Mutex)
end

--- Returns whether an owner will never release the mutex. Its coroutine is dead if the caller has closed it.
local function is_lost(owner, thread, time)
  local owning = owner.coroutine
  return time >= owner.expires_at or owning == thread or owning == nil or owning and status(owning) == "dead"
end

---@return boolean can_wait false where NGINX cannot wait
local function wait(self, context, seconds)
  if has_semaphore then
    self.semaphore = self.semaphore or semaphore.new(0)
    -- It raises in phases that cannot wait.
    return (pcall(self.semaphore.wait, self.semaphore, seconds))
  end
  context:sleep(math.min(seconds, POLL_INTERVAL))
  return true
end

--- Acquires the mutex.
---@param context kms.Context
---@param deadline number? on the scale of the context's `clock`; without it, the mutex is acquired at once or never
---@return kms.MutexOwner? owner for `release`
---@return kms.Error? failure the latest one that an owner has reported
function Mutex:acquire(context, deadline)
  local thread = running() or false
  while true do
    local time, owner = context:clock(), self.owner
    if not owner or is_lost(owner, thread, time) then
      owner = setmetatable({ mutex = self, coroutine = thread, expires_at = time + FIRST_LEASE }, Owner)
      self.owner = owner
      return owner
    end
    if not deadline or time >= deadline then return nil, self.failure end
    if not wait(self, context, math.min(deadline, owner.expires_at) - time) then return nil, self.failure end
  end
end

--- Releases the mutex. Does nothing if another owner has it now.
---@param owner kms.MutexOwner
function Mutex:release(owner)
  if self.owner ~= owner then return end
  self.owner, self.failure = nil, nil
  local count = self.semaphore and self.semaphore:count() or 0 -- a negative count is the number of waiting threads
  if count < 0 then self.semaphore:post(-count) end
end

return mutex
