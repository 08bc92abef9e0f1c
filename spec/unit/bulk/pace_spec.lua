--- kms.bulk.pace: when requests may be sent, and how long simulated clouds of several kinds make a run, on virtual time.

local pace = require "kms.bulk.pace"
local pace_simulation = require "spec.helpers.pace_simulation"

local COUNTERS = { "whole seconds", "the last second", "a bucket of tokens" }

describe("the pace of a run", function()
  for _, counter in ipairs(COUNTERS) do
    for _, retry_after in ipairs { false, 1 } do
      for _, latency in ipairs { 0.002, 0.05 } do
        local name = ("a quota of 20 per second, counted in %s, %s Retry-After, at a latency of %d ms"):format(counter,
          retry_after and "with" or "without", latency * 1000)
        it(name .. ": 300 items take at most 1.1 times the ideal time", function()
          local seconds, sent_times = pace_simulation.run { counter = counter, quota = 20, count = 300, latency = latency,
            retry_after = retry_after or nil }
          assert.is_true(seconds <= 1.1 * 300 / 20, seconds)
          assert.is_true(#sent_times <= 380, #sent_times)
        end)
      end
    end
  end

  -- Each row: what the cloud does, and the seconds that 300 items take at most. Under a limit, the ideal is
  -- 300 / (20 * (1 - faults)).
  local function fall(now) return now < 5 and 40 or 15 end
  local function rise(now) return now < 5 and 15 or 40 end
  for _, row in ipairs {
    { "a limit of 20, and 5 % random 429", { limit = 20, faults = 0.05 }, 1.4 * 15.8 },
    { "a limit of 20, and 10 % random 429", { limit = 20, faults = 0.1 }, 1.4 * 16.7 },
    { "a limit of 20, and 30 % random 429", { limit = 20, faults = 0.3 }, 1.25 * 21.4 },
    { "no limit, and 2 % random 429", { faults = 0.02 }, 8 },
    { "no limit, and 30 % random 429", { faults = 0.3 }, 15 },
    { "no limit, a latency of 400 ms, and 30 % random 429", { faults = 0.3, latency = 0.4 }, 40 },
    { "no limit, and 10 % random 429 that ask for a pause of a second", { faults = 0.1, retry_after = 1 }, 40 },
    { "a quota of 20, and 10 % random 429", { quota = 20, faults = 0.1 }, 28 },
    { "a quota of 20, and 30 % random 429", { quota = 20, faults = 0.3 }, 35 },
    { "a limit far above a quota of 20", { limit = 2000, quota = 20 }, 1.1 * 15 },
    { "a quota that falls from 40 to 15 after 5 s", { quota = fall }, 1.15 * (5 + 100 / 15) },
    { "a quota that rises from 15 to 40 after 5 s", { quota = rise }, 20 },
  } do
    it(("with %s takes %.0f s at most"):format(row[1], row[3]), function()
      for seed = 1, 5 do
        local options = { count = 300, latency = 0.05, seed = seed * 7919 }
        for name, value in pairs(row[2]) do options[name] = value end
        local seconds = pace_simulation.run(options)
        assert.is_true(seconds <= row[3], seconds)
      end
    end)
  end

  it("without a quota is not limited", function()
    local seconds = pace_simulation.run { count = 1000, latency = 0.05 }
    assert.is_true(seconds <= 0.05 * (1 + math.ceil(999 / 64)) + 1e-9, seconds)
  end)

  it("never exceeds its limit", function()
    local _, sent_times = pace_simulation.run { limit = 20, count = 100, latency = 0.05 }
    for i = 22, #sent_times do assert.is_true(sent_times[i] - sent_times[i - 21] >= 1 - 1e-9) end
  end)

  it("rises again when the quota has grown", function()
    local seconds = pace_simulation.run { quota = function(now) return now > 10 and 50 or 5 end, count = 1000, latency = 0.01 }
    assert.is_true(seconds < 60, seconds)
  end)

  it("pauses all requests, and not shorter for a shorter pause", function()
    local self = pace.new()
    self:pause(100, 30)
    self:pause(100, 1)
    assert.equal(1, (self:acquire(100)))
    assert.equal(0.5, (self:acquire(129.5)))
    assert.equal(0, (self:acquire(130)))
  end)

  it("admits tasks in the order in which they asked", function()
    local self = pace.new(1)
    assert.equal(0, (self:acquire(0)))
    local _, second = self:acquire(0)
    local _, third = self:acquire(0)
    assert.equal(1, (self:acquire(1, third)))
    assert.equal(0, (self:acquire(1, second)))
    assert.equal(0, (self:acquire(2, third)))
  end)

  it("pauses for Retry-After although the rate is not lowered", function()
    local self = pace.new(20)
    self:accept(0, 0)
    self:throttle(1, 0.5, 30)
    assert.equal(20, self:get_rate())
    assert.equal(0.5, (self:acquire(30.5)))
  end)
end)
