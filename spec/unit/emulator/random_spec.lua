--- kms.emulator.random: numbers that follow from a seed.

local random = require "kms.emulator.random"

local function draw(seed, count)
  local generator, numbers = random.new(seed), {}
  for i = 1, count do numbers[i] = random.next(generator) end
  return numbers
end

describe("kms.emulator.random", function()
  it("the same seed gives the same numbers, also on another Lua", function()
    assert.same(draw(7, 100), draw(7, 100))
    -- Computed in Python.
    local numbers = draw(7, 3)
    assert.same({ "0.4344", "0.4775", "0.0680" }, { ("%.4f"):format(numbers[1]), ("%.4f"):format(numbers[2]),
      ("%.4f"):format(numbers[3]) })
  end)

  it("other seeds give other numbers", function()
    for seed = 0, 20 do
      for other = seed + 1, 20 do assert.not_equal(draw(seed, 1)[1], draw(other, 1)[1]) end
    end
  end)

  it("the numbers are spread evenly from 0 to below 1", function()
    local counts = {}
    for _, number in ipairs(draw(1, 10000)) do
      assert.is_true(number >= 0 and number < 1)
      local tenth = math.floor(number * 10)
      counts[tenth] = (counts[tenth] or 0) + 1
    end
    for tenth = 0, 9 do assert.is_true(counts[tenth] > 850 and counts[tenth] < 1150, counts[tenth]) end
  end)

  it("choose returns each member of a list", function()
    local generator, seen = random.new(1), {}
    for _ = 1, 100 do seen[random.choose(generator, { "a", "b", "c" })] = true end
    assert.same({ a = true, b = true, c = true }, seen)
  end)

  it("a generator is one number, so it can be saved", function()
    local generator = random.new(5)
    random.next(generator)
    local copy = { value = generator.value }
    assert.equal(random.next(generator), random.next(copy))
  end)
end)
