--- kms.emulator.chance: one generator per setting with a seed.

local chance = require "kms.emulator.chance"

local function new_settings()
  return { random_faults = { rate = 0.5, seed = 1 }, latency = { distribution = "uniform", min = 0, max = 1, seed = 2 } }
end

describe("kms.emulator.chance", function()
  it("faults and durations do not change each other", function()
    local first, second = chance.new(new_settings()), chance.new(new_settings())
    for _ = 1, 10 do
      first:draw_fault()
      assert.equal(first:draw_latency(), second:draw_latency())
    end
  end)

  it("restart starts the numbers of one setting again", function()
    local settings = new_settings()
    local self = chance.new(settings)
    local duration, fault = self:draw_latency(), self:draw_fault()
    self:restart "latency"
    self:restart "clock_offset"
    assert.equal(duration, self:draw_latency())
    self:restart "random_faults"
    assert.same(fault, self:draw_fault())
  end)
end)
