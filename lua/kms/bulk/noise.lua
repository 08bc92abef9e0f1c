--- Finds the share of requests that a cloud throttles at any rate, by tests at falling rates.

-- A quota throttles nothing while the rate is below it. If requests are throttled there, the quota has fallen, or the
-- throttling is noise: it does not depend on the rate. Tests tell them apart. After each one the rate falls to what was
-- accepted; if the same share is throttled again, twice, it is noise.

local noise = {}

local MIN_THROTTLED = 8 -- requests that make a test
local MAX_TESTED = 200 -- requests after which a first test begins again
local SAME = 1 / 3 -- part of the share that the test before has found; less is not the same
local MIN_SAME = 2 -- tests that find the same share
local DEVIATIONS = 3 -- standard deviations of noise that show nothing

noise.MAX_SHARE = 0.75

---@class kms.bulk.Noise
---@field share number of requests that are throttled at any rate
---@field tested integer requests since the last test
---@field throttled integer of them
---@field excess number? share above the noise that the last test has found; nil: it has found nothing
---@field same integer tests in a row that have found the same
---@field same_tested integer requests of these tests
---@field same_throttled integer of them
local Noise = {}
Noise.__index = Noise

---@return kms.bulk.Noise
function noise.new()
  local self = setmetatable({ share = 0, same_tested = 0, same_throttled = 0 }, Noise)
  self:end_tests()
  return self
end

--- Forgets what the tests have found.
function Noise:end_tests()
  self.tested, self.throttled, self.excess, self.same = 0, 0, nil, 0
end

--- Whether a test has found something, so that the next ones judge all requests.
---@return boolean
function Noise:is_testing() return self.excess ~= nil end

--- Returns how many of a number of requests are throttled by noise at most.
---@param count integer
---@return number
function Noise:get_max_throttled(count)
  return count * self.share + DEVIATIONS * math.sqrt(count * self.share * (1 - self.share))
end

--- Whether enough requests were throttled to judge them.
---@return boolean
function Noise:has_found()
  return self.throttled >= MIN_THROTTLED + self:get_max_throttled(self.tested)
end

--- Counts a request that was sent below the quota.
---@param is_throttled boolean
---@return boolean has_ended the tests have found no noise
function Noise:add(is_throttled)
  self.tested = self.tested + 1
  if is_throttled then self.throttled = self.throttled + 1 end
  if self:has_found() then return false end
  if self.excess then
    if self.tested * self.excess * SAME < MIN_THROTTLED + self:get_max_throttled(self.tested) then return false end
  elseif self.tested < MAX_TESTED then
    return false
  elseif self.share > 0 then
    -- The noise may have changed slowly.
    self.share = (self.share + math.min(self.throttled / self.tested, noise.MAX_SHARE)) / 2
  end
  self:end_tests()
  return true
end

--- Judges a test.
---@return number? excess share above the noise; nil: it is noise, which is known now
function Noise:judge()
  local share = self.throttled / self.tested
  local excess, is_possible = share - self.share, share <= noise.MAX_SHARE
  if self.excess and is_possible and excess >= SAME * self.excess then
    self.same = self.same + 1
  else
    self.same, self.same_tested, self.same_throttled = 0, 0, 0
  end
  self.same_tested, self.same_throttled = self.same_tested + self.tested, self.same_throttled + self.throttled
  self.tested, self.throttled, self.excess = 0, 0, is_possible and excess or nil
  if self.same < MIN_SAME then return excess end
  self.share = self.same_throttled / self.same_tested
  self:end_tests()
  return nil
end

return noise
