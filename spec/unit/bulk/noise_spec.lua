--- kms.bulk.noise: which share of requests is throttled at any rate.

local noise = require "kms.bulk.noise"

--- Adds requests, of which one in `each` is throttled, until a test can be judged, and judges it.
---@return number? excess
local function run_test(self, each)
  local i = 0
  repeat
    i = i + 1
    assert.is_false(self:add(i % each == 0))
  until self:has_found()
  return self:judge()
end

describe("the noise", function()
  it("is found by the third test with the same share", function()
    local self = noise.new()
    assert.is_true(math.abs(run_test(self, 3) - 1 / 3) < 0.01)
    assert.is_true(self:is_testing())
    assert.is_true(run_test(self, 3) > 0)
    assert.is_nil(run_test(self, 3))
    assert.is_true(math.abs(self.share - 1 / 3) < 0.01, self.share)
    assert.is_false(self:is_testing())
  end)

  it("is not found if much less is throttled after a test", function()
    local self = noise.new()
    assert.equal(0.5, run_test(self, 2))
    for i = 1, 47 do assert.is_false(self:add(i % 7 == 0)) end
    assert.is_true(self:add(false))
    assert.equal(0, self.share)
  end)

  it("is not found if nearly all requests are throttled", function()
    local self = noise.new()
    for _ = 1, 10 do assert.equal(1, run_test(self, 1)) end
    assert.equal(0, self.share)
  end)

  it("is not found if the lower rate has helped, which ends the tests", function()
    local self, count = noise.new(), 0
    run_test(self, 2)
    repeat
      count = count + 1
      local has_ended = self:add(false)
    until has_ended
    assert.equal(48, count) -- of which a third of the half would be throttled
    assert.is_false(self:is_testing())
  end)

  it("begins a first test again after 200 requests", function()
    local self = noise.new()
    for i = 1, 199 do assert.is_false(self:add(i % 40 == 0)) end
    assert.is_true(self:add(false))
    assert.equal(0, self.tested)
  end)

  it("changes slowly after it was found, and ends", function()
    local self = noise.new()
    for _ = 1, 3 do run_test(self, 3) end
    for _ = 1, 200 do self:add(false) end
    assert.is_true(math.abs(self.share - 1 / 6) < 0.01, self.share)
    for _ = 1, 2000 do self:add(false) end
    assert.is_true(self.share < 0.001, self.share)
  end)

  it("allows for chance when it is compared with a number of requests", function()
    local self = noise.new()
    assert.equal(0, self:get_max_throttled(100))
    self.share = 0.5
    assert.equal(65, self:get_max_throttled(100))
  end)
end)
