--- kms.bulk.window: how many requests may be under way.

local pace_simulation = require "spec.helpers.pace_simulation"
local window = require "kms.bulk.window"

local TIMEOUT = 10 -- seconds

--- Sends requests to a server that works on one after the other, also on those that nobody waits for any more.
---@param options { rate: number, count: integer, concurrency: integer, is_fixed: boolean? }
---@return number seconds
---@return integer timeouts
local function simulate(options)
  local agenda, self = pace_simulation.new_agenda(), window.new(options.concurrency, TIMEOUT)
  local free_at, under_way, done, timeouts, left = 0, 0, 0, 0, options.count
  local send_more
  local function send()
    under_way, left = under_way + 1, left - 1
    local sent_at = agenda.now
    free_at = math.max(free_at, sent_at) + 1 / options.rate
    local is_lost = free_at > sent_at + TIMEOUT
    agenda.at(math.min(free_at, sent_at + TIMEOUT), function()
      if not options.is_fixed then self:record(agenda.now, sent_at, under_way, not is_lost) end
      under_way = under_way - 1
      if is_lost then timeouts, left = timeouts + 1, left + 1 else done = done + 1 end
      send_more()
    end)
  end
  function send_more()
    while left > 0 and self:has_room(under_way) do send() end
  end
  send_more()
  agenda.run()
  assert.equal(options.count, done)
  return agenda.now, timeouts
end

describe("the window of a run", function()
  it("keeps requests from timing out in the queue of a slow server, and takes no longer for it", function()
    local _, fixed_timeouts = simulate { rate = 7, count = 300, concurrency = 64, is_fixed = true }
    assert.equal(0, fixed_timeouts)
    local seconds, timeouts = simulate { rate = 4, count = 300, concurrency = 64 }
    assert.is_true(timeouts <= 80, timeouts) -- of the first requests, which were sent before any was slow
    assert.is_true(seconds <= 1.1 * (300 + timeouts) / 4, seconds)
  end)

  it("without adaptation would send most requests to a slow server without success", function()
    local ok, message = pcall(simulate, { rate = 4, count = 300, concurrency = 64, is_fixed = true })
    assert.is_false(ok)
    assert.matches("the simulation does not end", message, 1, true)
  end)

  it("is as large as it may be while responses are fast, and costs no time then", function()
    local seconds = simulate { rate = 1000, count = 1000, concurrency = 64 }
    assert.is_true(seconds <= 1 + 1e-9, seconds)
  end)

  it("is halved once for all requests that were sent before", function()
    local self = window.new(64, TIMEOUT)
    for i = 0, 63 do self:record(6, 0, 64 - i, true) end
    assert.equal(32, self.size)
    self:record(13, 7, 32, false)
    assert.equal(16, self.size)
  end)

  it("grows by one for each window of fast responses, up to its largest size", function()
    local self = window.new(4, TIMEOUT)
    self:record(6, 0, 4, true)
    assert.equal(2, self.size)
    for _ = 1, 2 do self:record(7, 6.9, 2, true) end
    assert.is_true(self.size > 2.8 and self.size <= 3, self.size)
    for _ = 1, 50 do self:record(8, 7.9, 3, true) end
    assert.equal(4, self.size)
  end)

  it("does not change for requests that are lost soon", function()
    local self = window.new(4, TIMEOUT)
    for _ = 1, 50 do self:record(1, 0.5, 4, false) end
    assert.equal(4, self.size)
  end)

  it("always lets one request be sent", function()
    local self = window.new(1, TIMEOUT)
    for i = 1, 10 do self:record(100 * i, 100 * i - 9, 1, false) end
    assert.is_true(self:has_room(0))
    assert.is_false(self:has_room(1))
  end)
end)
