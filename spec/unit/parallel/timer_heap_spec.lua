--- The timer heap: timers come out in the order of their times.

local interruption = require "spec.helpers.interruption"
local timer_heap = require "kms.parallel.timer_heap"

--- Removes and returns the earliest timer if it is due.
local function pop_due(timers, now)
  local due = timers:get_due(now)
  if due then timers:remove_due(due) end
  return due
end

describe("kms.parallel.timer_heap", function()
  it("a new timer heap is empty", function()
    local timers = timer_heap.new()
    assert.is_nil(timers:first())
    assert.is_nil(pop_due(timers, math.huge))
    assert.equal(0, timers.count)
  end)

  it("get_due returns no timer before its time", function()
    local timers = timer_heap.new()
    timers:add(2, "later")
    timers:add(1, "soon")
    assert.equal(1, timers:first())
    assert.is_nil(pop_due(timers, 0.9))
    assert.equal("soon", pop_due(timers, 1))
    assert.is_nil(pop_due(timers, 1))
    assert.equal(2, timers:first())
  end)

  it("get_due returns timers in the order of their times, in whatever order they are added", function()
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
      local due = pop_due(timers, now)
      while due do
        assert.is_true(due.time <= now and due.time >= previous)
        previous, count, due = due.time, count - 1, pop_due(timers, now)
      end
      assert.is_true(timers:first() == nil or timers:first() > now)
      assert.equal(count, timers.count)
    end
  end)

  it("an error that a debug hook raises loses no timer but the one that is being added or removed", function()
    local count, timers = 0, nil
    local function fill()
      timers = timer_heap.new()
      for time = 7, 1, -1 do timers:add(time, time) end
    end
    local methods = {
      function() timers:add(0, "new") end,
      function() timers:remove_due(1) end,
    }
    for _, method in ipairs(methods) do
      fill()
      interruption.interrupt_everywhere(method, function()
        local found, due = {}, pop_due(timers, math.huge)
        while due do
          found[due], due = true, pop_due(timers, math.huge)
        end
        for time = 2, 7 do assert.is_true(found[time]) end
        assert.equal(0, timers.count)
        assert.is_nil(timers:first())
        count = count + 1
        fill()
      end)
    end
    assert.is_true(count > 20)
  end)
end)
