--- kms.emulator.latency: distributions of durations.

local latency = require "kms.emulator.latency"
local random = require "kms.emulator.random"

-- Durations in order.
local function draw_all(setting)
  assert.is_nil(latency.find_problem(setting))
  local generator, durations = random.new(1), {}
  for i = 1, 10000 do durations[i] = latency.draw(setting, generator) end
  table.sort(durations)
  return durations
end

local function assert_near(expected, actual)
  assert.is_true(math.abs(actual - expected) < expected * 0.1, ("%g is not near %g"):format(actual, expected))
end

describe("kms.emulator.latency", function()
  it("fixed gives the same duration each time", function()
    local durations = draw_all { distribution = "fixed", seconds = 0.25 }
    assert.same({ 0.25, 0.25 }, { durations[1], durations[10000] })
  end)

  it("uniform gives durations between two limits", function()
    local durations = draw_all { distribution = "uniform", min = 1, max = 3 }
    assert.is_true(durations[1] >= 1 and durations[10000] <= 3)
    assert_near(2, durations[5000])
  end)

  it("exponential gives durations with a mean", function()
    local durations, sum = draw_all { distribution = "exponential", mean = 0.5 }, 0
    for _, duration in ipairs(durations) do sum = sum + duration end
    assert_near(0.5, sum / 10000)
  end)

  it("lognormal gives durations with a median and a 99th percentile", function()
    local durations = draw_all { distribution = "lognormal", median = 0.05, p99 = 1 }
    assert_near(0.05, durations[5000])
    assert_near(1, durations[9900])
    assert.equal(0, draw_all { distribution = "lognormal", median = 0, p99 = 1 }[10000])
  end)

  it("no duration is above an hour", function()
    local durations = draw_all { distribution = "exponential", mean = 3600 }
    assert.equal(3600, durations[10000])
  end)

  for _, case in ipairs {
    { "a number", 1, "table expected, got number" },
    { "no distribution", { seconds = 1 }, "field 'distribution' is missing" },
    { "a field of another distribution", { distribution = "fixed", mean = 1 }, 'unknown field "mean"' },
    { "a missing field", { distribution = "uniform", min = 1 }, "field 'max' is missing" },
    { "a negative duration", { distribution = "fixed", seconds = -1 }, "seconds must be a number of seconds from 0 to 3600; got -1" },
    { "limits in the wrong order", { distribution = "uniform", min = 2, max = 1 }, "max must not be below min" },
    { "a percentile below the median", { distribution = "lognormal", median = 2, p99 = 1 }, "p99 must not be below median" },
    { "a seed that is not whole", { distribution = "fixed", seconds = 1, seed = 0.5 }, "seed must be a whole number" },
  } do
    it("find_problem finds " .. case[1], function()
      local problem = latency.find_problem(case[2])
      assert.truthy(problem and problem:find(case[3], 1, true), problem)
    end)
  end
end)
