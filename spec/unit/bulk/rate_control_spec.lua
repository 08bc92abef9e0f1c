--- kms.bulk.rate_control: what throttled requests show about a quota. spec/unit/bulk/pace_spec.lua has simulated clouds.

local rate_control = require "kms.bulk.rate_control"

--- Sends requests at a rate for some seconds. `is_throttled` is asked with the number of each.
---@return number now
local function send(self, now, rate, seconds, is_throttled)
  for i = 1, rate * seconds do
    now = now + 1 / rate
    self:update(now)
    if is_throttled and is_throttled(i) then self:throttle(now, now - 0.01) else self:accept(now, now - 0.01) end
  end
  return now
end

local function every(count)
  return function(i) return i % count == 0 end
end

describe("the control of the rate", function()
  it("has no rate until the cloud throttles, and then slightly less than was accepted", function()
    local self = rate_control.new()
    local now = send(self, 0, 40, 2)
    assert.is_nil(self.rate)
    assert.is_true((self:throttle(now, now - 0.01)))
    assert.is_true(self.rate > 35 and self.rate < 40, self.rate)
  end)

  it("pauses until the quota is free again", function()
    local self = rate_control.new()
    send(self, 10, 20, 0.5)
    local _, pause = self:throttle(10.5, 10.4)
    assert.is_true(math.abs(pause - 0.5) < 0.1, pause)
  end)

  it("does not lower the rate for a few throttled requests below the quota", function()
    local self = rate_control.new(20)
    local now = send(self, 0, 20, 2)
    for _ = 1, 7 do assert.is_false((self:throttle(now, now - 0.01))) end
    assert.equal(20, self.rate)
  end)

  it("finds after three tests that throttling does not depend on the rate, and returns to the limit", function()
    local self = rate_control.new(20)
    local now, lowest = 0, 20
    for _ = 1, 12 do
      now = send(self, now, math.floor(self.rate), 1, every(3))
      lowest = math.min(lowest, self.rate)
    end
    assert.is_true(lowest < 12, lowest)
    assert.equal(20, self.rate)
    assert.is_true(math.abs(self.noise.share - 1 / 3) < 0.05, self.noise.share)
  end)

  it("lowers the rate again if more is throttled than the noise", function()
    local self = rate_control.new(20)
    local now = 0
    for _ = 1, 12 do now = send(self, now, math.floor(self.rate), 1, every(3)) end
    for _ = 1, 5 do now = send(self, now, math.ceil(self.rate), 1, function(i) return i % 10 ~= 0 end) end
    assert.is_true(self.rate < 15, self.rate)
  end)

  it("forgets noise that has ended", function()
    local self = rate_control.new(20)
    local now = 0
    for _ = 1, 12 do now = send(self, now, math.floor(self.rate), 1, every(3)) end
    send(self, now, 20, 60)
    assert.is_true(self.noise.share < 0.02, self.noise.share)
  end)

  it("follows a quota that has fallen, without taking it for noise", function()
    local self = rate_control.new(40)
    local now = send(self, 0, 40, 3)
    local second, count
    for _ = 1, 10 do
      now = send(self, now, math.ceil(self.rate), 1, function()
        if math.floor(now) ~= second then second, count = math.floor(now), 0 end
        count = count + 1
        return count > 10
      end)
    end
    assert.is_true(self.rate > 5 and self.rate <= 12, self.rate)
    assert.equal(0, self.noise.share)
  end)

  it("forgets what was throttled before the first request was accepted", function()
    local self = rate_control.new(20)
    for second = 1, 30 do self:throttle(second, second - 0.1) end
    assert.is_true(self.rate < 20)
    self:accept(31, 30.9)
    assert.equal(20, self.rate)
  end)

  it("falls when nothing is accepted, and keeps a lowest rate", function()
    local self = rate_control.new(10)
    for second = 1, 100 do self:throttle(second * 2, second * 2 - 0.1) end
    assert.is_true(self.rate >= 0.19 and self.rate < 1, self.rate)
  end)
end)
