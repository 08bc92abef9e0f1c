--- The timer heap: timers come out in the order of their times.

local timer_heap = require "kms.parallel.timer_heap"

describe("kms.parallel.timer_heap", function()
  it("a new timer heap is empty", function()
    local timers = timer_heap.new()
    assert.is_nil(timers:first())
    assert.is_nil(timers:pop_due(math.huge))
    assert.equal(0, timers.count)
  end)

  it("pop_due returns no timer before its time", function()
    local timers = timer_heap.new()
    timers:add(2, "later")
    timers:add(1, "soon")
    assert.equal(1, timers:first())
    assert.is_nil(timers:pop_due(0.9))
    assert.equal("soon", timers:pop_due(1))
    assert.is_nil(timers:pop_due(1))
    assert.equal(2, timers:first())
  end)

  it("pop_due returns timers in the order of their times, in whatever order they are added", function()
    local timers = timer_heap.new()
    local count, seed = 0, 1
    local function random()
      seed = seed * 16807 % 2147483647
      return seed % 1000
    end
    for round = 1, 50 do
      for _ = 1, random() % 40 do
        local time = random()
        timers:add(time, { time = time })
        count = count + 1
      end
      local now, previous = round * 20, -1
      local due = timers:pop_due(now)
      while due do
        assert.is_true(due.time <= now and due.time >= previous)
        previous, count, due = due.time, count - 1, timers:pop_due(now)
      end
      assert.is_true(timers:first() == nil or timers:first() > now)
      assert.equal(count, timers.count)
    end
  end)
end)
