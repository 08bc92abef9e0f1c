--- Decides when the requests of a run may be sent: one by one at the rate that the cloud accepts, and none in a pause.

local rate_control = require "kms.bulk.rate_control"

local pace = {}

local MAX_WAIT = 1 -- seconds until a waiting task asks again, because the rate may have changed

---@class kms.bulk.Pace
---@field control kms.bulk.RateControl
---@field paused_until number
---@field last_ticket integer tickets are numbers in the order in which tasks asked
---@field slot_ticket integer the last ticket that was admitted under a rate
---@field slot_time number its time; the next ticket follows 1 / rate later
local Pace = {}
Pace.__index = Pace

---@param limit number? requests per second, at most
---@return kms.bulk.Pace
function pace.new(limit)
  return setmetatable({ control = rate_control.new(limit), paused_until = -math.huge, last_ticket = 0, slot_ticket = 0,
    slot_time = -math.huge }, Pace)
end

--- Returns the requests per second that are sent at most; nil: as many as tasks make.
---@return number?
function Pace:get_rate() return self.control.rate end

--- Asks to send a request. Without admission the caller waits and asks again with its ticket.
---@param now number seconds
---@param ticket integer? from the first time that the caller asked
---@return number wait seconds; 0: the request may be sent
---@return integer ticket
function Pace:acquire(now, ticket)
  if not ticket then
    ticket = self.last_ticket + 1
    self.last_ticket = ticket
  end
  if now < self.paused_until then return math.min(self.paused_until - now, MAX_WAIT), ticket end
  self.control:update(now)
  local rate = self.control.rate
  if not rate then
    self.slot_ticket = math.max(self.slot_ticket, ticket)
    return 0, ticket
  end
  local slot = self.slot_time + (ticket - self.slot_ticket) / rate
  if slot > now then return math.min(slot - now, MAX_WAIT), ticket end
  if ticket > self.slot_ticket then
    -- Time that nobody used is lost, except what a timer was late.
    self.slot_ticket, self.slot_time = ticket, now - slot < 1 / rate and slot or now
  end
  return 0, ticket
end

--- Records that the cloud accepted a request, whatever the outcome.
---@param now number
---@param sent_at number
function Pace:accept(now, sent_at) self.control:accept(now, sent_at) end

--- Makes all requests wait.
---@param now number
---@param seconds number
function Pace:pause(now, seconds)
  self.paused_until = math.max(self.paused_until, now + seconds)
  local rate = self.control.rate
  if rate then self.slot_time = math.max(self.slot_time, self.paused_until - 1 / rate) end
end

--- Records that the cloud throttled a request.
---@param now number
---@param sent_at number
---@param retry_after number? seconds that the server asks to wait
function Pace:throttle(now, sent_at, retry_after)
  local is_lowered, seconds = self.control:throttle(now, sent_at, retry_after)
  if is_lowered then self.slot_time = math.max(self.slot_time, now) end
  self:pause(now, retry_after or seconds or 0)
end

return pace
