--- Finds the rate that the cloud accepts, and tells a quota from throttling that does not depend on the rate.

-- The first throttled response shows the quota: as many requests as were accepted in the second before it. The rate
-- falls to DECREASE of the quota whenever the cloud throttles, and then rises: it reaches the quota after some seconds,
-- stays near it, and exceeds it later, because the quota may have grown. This is the curve of CUBIC (RFC 9438, section
-- 4.2), with the rate in place of the window. It does not depend on the round-trip time, so it suits a cloud that
-- counts requests per second.
--
-- Requests that are throttled below the quota show that it has fallen, or that the cloud throttles at any rate: noise
-- (see kms.bulk.noise). When noise is found, the rate rises to what it was before, and only more throttling lowers it.

local noise = require "kms.bulk.noise"

local rate_control = {}

local DECREASE = 0.95
local MAX_DECREASE = 0.5 -- if nothing was accepted in the last period
local TIME_TO_QUOTA = 6 -- seconds
-- The same if the server asked for a pause. A pause stops all requests, so the quota is exceeded less often; but not if
-- the quota was much larger before, because then others may have used a part of it for a short time.
local LONG_TIME_TO_QUOTA = 60
-- The same if the run was throttled at its begin, after so few requests that they show no quota: others may use it too.
local SHORT_TIME_TO_QUOTA = 1
local MIN_ACCEPTED = 10 -- requests that show a quota; documented quotas are larger
local LOW = 0.8 -- part of a quota
local MIN_RATE = 0.2 -- requests per second
local PERIOD = 1 -- seconds over which requests are counted
local BUCKETS = 20 -- parts of the period

---@class kms.bulk.RateControl
---@field limit number? requests per second, at most
---@field rate number? requests per second; nil: not limited
---@field quota number? the limit, or the rate at which the cloud throttled last
---@field lowered_at number when the rate was lowered last
---@field first_accepted_at number? when the cloud accepted the first request
---@field max_quota number
---@field time_to_quota number seconds
---@field accepted table<integer, integer> requests by number of the bucket
---@field throttled table<integer, integer> the same
---@field noise kms.bulk.Noise
---@field quota_before number|false|nil the quota before the tests; false: there was none
local RateControl = {}
RateControl.__index = RateControl

--- Returns to the limit.
local function forget_quota(self)
  self.rate, self.quota, self.lowered_at = self.limit, self.limit, -math.huge
end

--- Forgets what tests of noise have found.
local function end_tests(self)
  self.noise:end_tests()
  self.quota_before = nil
end

---@param limit number? requests per second, at most
---@return kms.bulk.RateControl
function rate_control.new(limit)
  local self = setmetatable({ limit = limit, first_accepted_at = nil, max_quota = 0, time_to_quota = TIME_TO_QUOTA,
    accepted = {}, throttled = {}, noise = noise.new(), quota_before = nil }, RateControl)
  forget_quota(self)
  return self
end

local function find_bucket(now) return math.floor(now / PERIOD * BUCKETS) end

local function add_to_bucket(buckets, now)
  local number = find_bucket(now)
  buckets[number] = (buckets[number] or 0) + 1
end

--- Counts the requests of the last period.
---@return integer count
---@return number first when the first of them was counted
local function count_recent(buckets, now)
  local last, sum, first = find_bucket(now), 0, math.huge
  for number, count in pairs(buckets) do
    if number > last - BUCKETS then
      sum, first = sum + count, math.min(first, number)
    else
      buckets[number] = nil
    end
  end
  return sum, first / BUCKETS * PERIOD
end

--- Computes the rate from the time since it was lowered.
---@param now number
function RateControl:update(now)
  if not self.quota then return end
  local part = (now - self.lowered_at) / self.time_to_quota - 1
  local rate = self.quota * (1 + (1 - DECREASE) * part ^ 3)
  self.rate = math.min(math.max(rate, MIN_RATE), self.limit or math.huge)
end

--- Whether a request was sent since the rate was lowered, while the quota was not used up: the rate was lower, or much
--- less was accepted. While tests of noise go on, they judge all requests.
local function is_below_quota(self, now, sent_at)
  return self.quota ~= nil and sent_at > self.lowered_at and (self.rate <= self.quota or self.noise:is_testing()
    or count_recent(self.accepted, now) / PERIOD < LOW * self.quota)
end

--- Counts a request for the tests of noise.
local function add_to_test(self, is_throttled)
  if self.noise:add(is_throttled) then self.quota_before = nil end
end

--- Judges a test of noise.
---@return number? excess share of requests that were throttled above the noise; nil: the rate has risen again
local function judge_test(self)
  if self.quota_before == nil then self.quota_before = self.quota end
  local excess = self.noise:judge()
  if excess then return excess end
  if self.quota_before then self.quota = self.quota_before else forget_quota(self) end
  self.quota_before = nil
  return nil
end

--- Records that the cloud accepted a request, whatever the outcome.
---@param now number
---@param sent_at number
function RateControl:accept(now, sent_at)
  if not self.first_accepted_at then
    -- What was throttled before shows no quota.
    self.first_accepted_at, self.max_quota = now, 0
    forget_quota(self)
    end_tests(self)
  end
  add_to_bucket(self.accepted, now)
  -- Responses to requests that were sent before the throttled one may arrive after it.
  if now < self.lowered_at + PERIOD then
    self.quota = math.max(self.quota, count_recent(self.accepted, now) / PERIOD / (1 - self.noise.share))
    self.max_quota = math.max(self.max_quota, self.quota)
  end
  if is_below_quota(self, now, sent_at) then add_to_test(self, false) end
end

--- Finds the quota that a throttled request shows.
---@param accepted integer requests in the last period
---@param retry_after number?
---@param excess number? that a test has found
---@return number
local function find_quota(self, accepted, retry_after, excess)
  local accepted_rate = accepted / PERIOD / (1 - self.noise.share)
  if excess then
    local quota = self.rate * math.max(1 - excess, 1 - noise.MAX_SHARE)
    -- A pause makes the accepted requests fewer than the quota.
    return (retry_after or accepted < MIN_ACCEPTED) and quota or math.min(quota, accepted_rate + 1)
  elseif accepted == 0 then
    return (self.rate or 1) * MAX_DECREASE / DECREASE
  elseif not self.quota then
    return accepted_rate
  end
  -- One more, because the counted ones may have been a request short of the quota.
  return math.min(self.rate, math.max(accepted_rate + 1, DECREASE * self.quota))
end

--- Lowers the rate below the quota that the accepted requests show.
---@param retry_after number?
---@param excess number? that a test has found
---@return number? pause seconds until the quota is free again, as far as that is known
local function lower_rate(self, now, retry_after, excess)
  local accepted, first = count_recent(self.accepted, now)
  self.quota = math.max(find_quota(self, accepted, retry_after, excess), MIN_RATE)
  self.lowered_at, self.max_quota = now, math.max(self.max_quota, self.quota)
  local is_begin = accepted < MIN_ACCEPTED and now < (self.first_accepted_at or now) + PERIOD
  local is_low = self.quota < LOW * self.max_quota
  self.time_to_quota = is_begin and SHORT_TIME_TO_QUOTA or retry_after and not is_low and LONG_TIME_TO_QUOTA
    or TIME_TO_QUOTA
  self:update(now)
  return accepted > 0 and first + PERIOD - now or nil
end

--- Decides whether a throttled request shows that the rate is too high.
---@return boolean
---@return number? excess that a test has found
local function is_too_high(self, now, sent_at)
  if now < self.lowered_at + PERIOD or sent_at <= self.lowered_at then return false end
  if is_below_quota(self, now, sent_at) then
    local excess = self.noise:has_found() and judge_test(self) or nil
    return excess ~= nil, excess
  end
  local throttled = count_recent(self.throttled, now)
  if throttled <= self.noise:get_max_throttled(throttled + count_recent(self.accepted, now)) then return false end
  -- No quota was known, or it has been reached.
  end_tests(self)
  if not self.quota then self.quota_before = false end
  return true
end

--- Records that the cloud throttled a request, and lowers the rate if that shows a quota, at most once per period.
---@param now number
---@param sent_at number when the request was sent: one from before the rate was lowered shows nothing new
---@param retry_after number? seconds that the server asks to wait
---@return boolean is_lowered
---@return number? pause seconds until the quota is free again, as far as that is known
function RateControl:throttle(now, sent_at, retry_after)
  add_to_bucket(self.throttled, now)
  if is_below_quota(self, now, sent_at) then add_to_test(self, true) end
  local should_lower, excess = is_too_high(self, now, sent_at)
  if not should_lower then return false end
  return true, lower_rate(self, now, retry_after, excess)
end

return rate_control
