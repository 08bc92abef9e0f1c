--- Lets one at a time do what need not be done twice. A holder that never comes back (a light thread that was killed, a
--- coroutine that was dropped) holds up the others for a bounded time only.

-- Loaded with this module, for in a handler loading would hold up the worker.
local ngx = rawget(_G, "ngx")
local has_semaphore, semaphore = false, nil
if ngx and ngx.get_phase then has_semaphore, semaphore = pcall(require, "ngx.semaphore") end

local mutex = {}

local HOLD = 60 -- seconds after which a holder counts as lost
local STEP = 0.05 -- seconds between two looks, where nothing can wake a waiter

---@class kms.Lock
local Lock = {}
Lock.__index = Lock

---@return kms.Lock
function mutex.new()
  return setmetatable({}, Lock)
end

local function wait(self, context, seconds)
  if has_semaphore then
    self.semaphore = self.semaphore or semaphore.new(0)
    -- It raises in phases in which nothing can wait.
    local waited = pcall(self.semaphore.wait, self.semaphore, seconds)
    return waited
  end
  context:sleep(math.min(seconds, STEP))
  return true
end

--- Takes the lock.
---@param context table with `clock` and `sleep`
---@param stop number? on the scale of `clock`, until when to wait while another has it; nil: not at all
---@return table? ticket to release it with
function Lock:acquire(context, stop)
  while true do
    local now = context:clock()
    local holder = self.holder
    if not holder or now >= holder.lost then
      self.holder = { lost = math.min(now + HOLD, context.deadline or math.huge) }
      return self.holder
    end
    if not stop or now >= stop then return nil end
    if not wait(self, context, math.min(stop, holder.lost) - now) then return nil end
  end
end

--- Gives it back. Nothing happens when it has gone to another meanwhile.
---@param ticket table
function Lock:release(ticket)
  if self.holder ~= ticket then return end
  self.holder = nil
  local count = self.semaphore and self.semaphore:count() or 0 -- below 0 it says how many wait
  if count < 0 then self.semaphore:post(-count) end
end

return mutex
