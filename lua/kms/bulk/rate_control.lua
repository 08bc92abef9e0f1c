--- Finds the rate that the cloud accepts, and tells a quota from throttling that does not depend on the rate.

-- The first throttled response shows the quota: as many requests as were accepted in the second before it. The rate
-- falls to DECREASE of the quota whenever the cloud throttles, and then rises: it reaches the quota after some seconds,
-- stays near it, and exceeds it later, because the quota may have grown. This is the curve of CUBIC (RFC 9438, section
-- 4.2), with the rate in place of the window. It does not depend on the round-trip time, so it suits a cloud that
-- counts requests per second.
--
-- A quota throttles nothing while the rate is below it. If requests are throttled there, the quota has fallen, or the
-- throttling is noise: it does not depend on the rate. Tests tell them apart. The rate falls to what was accepted; if
-- the same share is throttled again, twice, it is noise. Then the rate rises to what it was before the tests, and only
-- more throttling than the noise lowers it.

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

local MIN_THROTTLED = 8 -- requests that make a test
local MAX_TESTED = 200 -- requests after which a first test begins again
local SAME = 1 / 3 -- part of the share that the test before has found; less is not the same
local MIN_SAME = 2 -- tests that find the same share
local MAX_NOISE = 0.75
local DEVIATIONS = 3 -- standard deviations of noise that show nothing

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
---@field noise number share of requests that are throttled at any rate
---@field tested integer requests that were sent below the quota since the last test
---@field tested_throttled integer of them
---@field excess number? share above the noise that the last test has found; nil: it has found nothing
---@field same integer tests in a row that have found the same
---@field same_tested integer requests of these tests
---@field same_throttled integer of them
---@field quota_before number|false|nil the quota before the tests; false: there was none
local RateControl = {}
RateControl.__index = RateControl

--- Returns to the limit.
local function forget_quota(self)
  self.rate, self.quota, self.lowered_at = self.limit, self.limit, -math.huge
end

--- Forgets what the tests have found.
local function end_tests(self)
  self.tested, self.tested_throttled = 0, 0
  self.excess, self.same, self.quota_before = nil, 0, nil
end

---@param limit number? requests per second, at most
---@return kms.bulk.RateControl
function rate_control.new(limit)
  local self = setmetatable({ limit = limit, first_accepted_at = nil, max_quota = 0, time_to_quota = TIME_TO_QUOTA,
    accepted = {}, throttled = {}, noise = 0, same_tested = 0, same_throttled = 0 }, RateControl)
  forget_quota(self)
  end_tests(self)
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

-- Tests.

--- Whether a request was sent since the rate was lowered, while the quota was not used up: the rate was lower, or much
--- less was accepted. While tests go on, they judge all requests.
local function is_below_quota(self, now, sent_at)
  return self.quota ~= nil and sent_at > self.lowered_at and (self.rate <= self.quota or self.excess ~= nil
    or count_recent(self.accepted, now) / PERIOD < LOW * self.quota)
end

--- Returns how many of a number of requests are throttled by noise at most.
local function compute_max_noise(self, count)
  return count * self.noise + DEVIATIONS * math.sqrt(count * self.noise * (1 - self.noise))
end

--- Whether enough requests were throttled below the quota to judge them.
local function has_found(self)
  return self.tested_throttled >= MIN_THROTTLED + compute_max_noise(self, self.tested)
end

--- Counts a request below the quota.
local function add_to_test(self, is_throttled)
  self.tested = self.tested + 1
  if is_throttled then self.tested_throttled = self.tested_throttled + 1 end
  if has_found(self) then return end
  if not self.excess and self.tested >= MAX_TESTED then
    -- The noise may have changed slowly.
    if self.noise > 0 then self.noise = (self.noise + math.min(self.tested_throttled / self.tested, MAX_NOISE)) / 2 end
    end_tests(self)
  elseif self.excess and self.tested * self.excess * SAME >= MIN_THROTTLED + compute_max_noise(self, self.tested) then
    end_tests(self) -- the lower rate has helped
  end
end

--- Judges a test.
---@return number? excess share above the noise; nil: it is noise, and the rate has risen again
local function judge_test(self)
  local share = self.tested_throttled / self.tested
  local excess = share - self.noise
  if self.excess and share <= MAX_NOISE and excess >= SAME * self.excess then
    self.same = self.same + 1
  else
    self.same, self.same_tested, self.same_throttled = 0, 0, 0
  end
  self.same_tested, self.same_throttled = self.same_tested + self.tested, self.same_throttled + self.tested_throttled
  self.tested, self.tested_throttled = 0, 0
  self.excess = share <= MAX_NOISE and excess or nil
  if self.quota_before == nil then self.quota_before = self.quota end
  if self.same < MIN_SAME then return excess end
  self.noise = self.same_throttled / self.same_tested
  if self.quota_before then self.quota = self.quota_before else forget_quota(self) end
  end_tests(self)
  return nil
end

-- What the cloud does.

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
    self.quota = math.max(self.quota, count_recent(self.accepted, now) / PERIOD / (1 - self.noise))
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
  local accepted_rate = accepted / PERIOD / (1 - self.noise)
  if excess then
    local quota = self.rate * math.max(1 - excess, 1 - MAX_NOISE)
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
    local excess = has_found(self) and judge_test(self) or nil
    return excess ~= nil, excess
  end
  local throttled = count_recent(self.throttled, now)
  if throttled <= compute_max_noise(self, throttled + count_recent(self.accepted, now)) then return false end
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
