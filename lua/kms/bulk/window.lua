--- Decides how many requests may be under way: fewer when the cloud is slow, so that none times out in its queue.

-- An overloaded cloud keeps requests in a queue. Each further request makes all of them slower, until they time out:
-- the cloud then works for nobody, and each key is in doubt. So the window is halved when requests become slow, and
-- grows by one for each window of fast responses (additive increase, multiplicative decrease). Throttled and lost
-- requests say nothing about the queue: the rate and the attempts take care of them.

local window = {}

local SLOW = 0.5 -- part of the timeout

---@class kms.bulk.Window
---@field size number requests under way at most; not always whole
---@field max_size integer
---@field slow_after number seconds
---@field lowered_at number when the window was halved last
local Window = {}
Window.__index = Window

---@param max_size integer
---@param timeout number of a request, in seconds
---@return kms.bulk.Window
function window.new(max_size, timeout)
  return setmetatable({ size = max_size, max_size = max_size, slow_after = SLOW * timeout, lowered_at = -math.huge },
    Window)
end

--- Whether one more request may be sent.
---@param under_way integer
---@return boolean
function Window:has_room(under_way) return under_way + 1 <= math.max(self.size, 1) end

--- Records the end of a request.
---@param now number
---@param sent_at number a request from before the window was halved shows nothing new
---@param under_way integer requests, with this one
---@param has_response boolean
function Window:record(now, sent_at, under_way, has_response)
  if now - sent_at >= self.slow_after then
    if sent_at <= self.lowered_at then return end
    self.size, self.lowered_at = math.max(math.floor(math.min(self.size, under_way) / 2), 1), now
  elseif has_response then
    self.size = math.min(self.size + 1 / self.size, self.max_size)
  end
end

return window
