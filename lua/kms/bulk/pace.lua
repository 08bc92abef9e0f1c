--- Decides when the requests of a run may be sent: it finds the rate that the cloud accepts, and stays close to it.

-- Without a limit, requests are sent as fast as tasks make them. The first throttled response shows the quota: as many
-- requests as were accepted in the second before it. From then on requests are sent one by one, at a rate that falls to
-- DECREASE of the quota whenever the cloud throttles, and then rises: it reaches the quota after some seconds, stays
-- near it, and exceeds it later, because the quota may have grown. This is the curve of CUBIC (RFC 9438, section 4.2),
-- with the rate in place of the window. It does not depend on the round-trip time, so it suits a cloud that counts
-- requests per second.

local pace = {}

local DECREASE = 0.95
local MAX_DECREASE = 0.7 -- if nothing was accepted in the last period
local TIME_TO_QUOTA = 6 -- seconds
-- The same if the server asked for a pause. A pause stops all requests, so the quota is exceeded less often; but not if
-- the quota was much larger before, because then others may have used a part of it for a short time.
local LONG_TIME_TO_QUOTA = 60
-- The same if the run was throttled at its begin, after so few requests that they show no quota: others may use it too.
local SHORT_TIME_TO_QUOTA = 1
local MIN_ACCEPTED = 10 -- requests; documented quotas are larger
local LOW = 0.8 -- part of the largest quota
local MIN_RATE = 0.2 -- requests per second
local PERIOD = 1 -- seconds over which accepted requests are counted
local BUCKETS = 20 -- parts of the period
local MAX_WAIT = 1 -- seconds until a waiting task asks again, because the rate may have changed

---@class kms.bulk.Pace
---@field limit number? requests per second, at most
---@field rate number? requests per second; nil: not known yet
---@field quota number? the rate at which the cloud throttled last
---@field throttled_at number? when the rate was lowered last
---@field first_accepted_at number? when the cloud accepted the first request
---@field max_quota number
---@field time_to_quota number seconds
---@field paused_until number
---@field last_ticket integer tickets are numbers in the order in which tasks asked
---@field slot_ticket integer the last ticket that was admitted under a rate
---@field slot_time number its time; the next ticket follows 1 / rate later
---@field accepted table<integer, integer> accepted requests by number of the bucket
local Pace = {}
Pace.__index = Pace

---@param limit number? requests per second, at most
---@return kms.bulk.Pace
function pace.new(limit)
  return setmetatable({ limit = limit, rate = limit, quota = nil, throttled_at = nil, max_quota = 0,
    time_to_quota = TIME_TO_QUOTA, paused_until = -math.huge,
    last_ticket = 0, slot_ticket = 0, slot_time = -math.huge, accepted = {} }, Pace)
end

local function find_bucket(now) return math.floor(now / PERIOD * BUCKETS) end

--- Counts the requests that were accepted in the last period.
---@return integer count
---@return number first when the first of them was accepted
local function count_accepted(self, now)
  local last, sum, first = find_bucket(now), 0, math.huge
  for number, count in pairs(self.accepted) do
    if number > last - BUCKETS then
      sum, first = sum + count, math.min(first, number)
    else
      self.accepted[number] = nil
    end
  end
  return sum, first / BUCKETS * PERIOD
end

--- Computes the rate from the time since it was lowered.
local function update_rate(self, now)
  if not self.quota then return end
  local part = (now - self.throttled_at) / self.time_to_quota - 1
  local rate = self.quota * (1 + (1 - DECREASE) * part ^ 3)
  self.rate = math.min(math.max(rate, MIN_RATE), self.limit or math.huge)
end

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
  update_rate(self, now)
  if not self.rate then
    self.slot_ticket = math.max(self.slot_ticket, ticket)
    return 0, ticket
  end
  local slot = self.slot_time + (ticket - self.slot_ticket) / self.rate
  if slot > now then return math.min(slot - now, MAX_WAIT), ticket end
  if ticket > self.slot_ticket then
    -- Time that nobody used is lost, except what a timer was late.
    self.slot_ticket, self.slot_time = ticket, now - slot < 1 / self.rate and slot or now
  end
  return 0, ticket
end

--- Records that the cloud accepted a request, whatever the outcome.
---@param now number
function Pace:accept(now)
  if not self.first_accepted_at then
    -- What was throttled before shows no quota.
    self.first_accepted_at, self.rate, self.quota, self.throttled_at, self.max_quota = now, self.limit, nil, nil, 0
  end
  local number = find_bucket(now)
  self.accepted[number] = (self.accepted[number] or 0) + 1
  -- Responses to requests that were sent before the throttled one may arrive after it.
  if self.throttled_at and now < self.throttled_at + PERIOD then
    self.quota = math.max(self.quota, count_accepted(self, now) / PERIOD)
    self.max_quota = math.max(self.max_quota, self.quota)
  end
end

--- Makes all requests wait.
---@param now number
---@param seconds number
function Pace:pause(now, seconds)
  self.paused_until = math.max(self.paused_until, now + seconds)
  if self.rate then self.slot_time = math.max(self.slot_time, self.paused_until - 1 / self.rate) end
end

--- Lowers the rate below the quota that the accepted requests show.
---@return number? pause seconds until the quota is free again, as far as that is known
local function lower_rate(self, now)
  local accepted, first = count_accepted(self, now)
  local pause
  if accepted > 0 then
    -- One more, because the counted ones may have been a request short of the quota.
    self.quota = self.quota and math.min(self.rate, accepted / PERIOD + 1) or accepted / PERIOD
    pause = first + PERIOD - now
  else
    self.quota = math.max((self.rate or 1) * MAX_DECREASE / DECREASE, MIN_RATE)
  end
  self.throttled_at = now
  return pause
end

--- Chooses how fast the rate rises again.
---@param retry_after number?
local function choose_time_to_quota(self, now, retry_after)
  local is_begin = now < (self.first_accepted_at or now) + PERIOD
  if is_begin and count_accepted(self, now) < MIN_ACCEPTED then return SHORT_TIME_TO_QUOTA end
  local is_low = self.quota < LOW * self.max_quota
  return retry_after and not is_low and LONG_TIME_TO_QUOTA or TIME_TO_QUOTA
end

--- Records that the cloud throttled a request, and lowers the rate, at most once per period.
---@param now number
---@param sent_at number when the request was sent: one from before the rate was lowered shows nothing new
---@param retry_after number? seconds that the server asks to wait
function Pace:throttle(now, sent_at, retry_after)
  local is_new = not self.throttled_at or now >= self.throttled_at + PERIOD and sent_at > self.throttled_at
  local pause
  if is_new then
    pause = lower_rate(self, now)
    self.max_quota = math.max(self.max_quota, self.quota)
    self.time_to_quota = choose_time_to_quota(self, now, retry_after)
    update_rate(self, now)
    self.slot_time = math.max(self.slot_time, now)
  end
  self:pause(now, retry_after or pause or 0)
end

return pace
