--- kms.bulk.pace against simulated clouds with quotas of several kinds, on virtual time.

local pace = require "kms.bulk.pace"

-- How a cloud counts: each returns a function of the time that accepts a request or not.
local COUNTERS = {
  ["whole seconds"] = function(quota)
    local second, count = nil, 0
    return function(now)
      local current = math.floor(now + 0.3)
      if current ~= second then second, count = current, 0 end
      count = count + 1
      return count <= quota
    end
  end,
  ["the last second"] = function(quota)
    local accepted = {}
    return function(now)
      while accepted[1] and accepted[1] <= now - 1 do table.remove(accepted, 1) end
      if #accepted >= quota then return false end
      accepted[#accepted + 1] = now
      return true
    end
  end,
  ["a bucket of tokens"] = function(quota)
    local tokens, last = quota, 0
    return function(now)
      tokens, last = math.min(quota, tokens + (now - last) * quota), now
      if tokens < 1 then return false end
      tokens = tokens - 1
      return true
    end
  end,
}

--- Runs `count` items by `concurrency` tasks, the first one alone.
---@return number seconds, integer requests, number max_rate requests sent in the busiest second after the first two
local function simulate(options)
  local queue, now, sequence = {}, 0, 0
  local self, accept = pace.new(options.limit), COUNTERS[options.counter](options.quota)
  local started, done, requests, sent_times = 0, 0, 0, {}

  local function at(time, fn)
    sequence = sequence + 1
    queue[#queue + 1] = { time, sequence, fn }
  end
  local function take_next()
    local first = 1
    for i = 2, #queue do
      local a, b = queue[i], queue[first]
      if a[1] < b[1] or a[1] == b[1] and a[2] < b[2] then first = i end
    end
    return table.remove(queue, first)
  end

  local next_item
  local function send(ticket)
    local wait
    wait, ticket = self:acquire(now, ticket)
    if wait > 0 then return at(now + wait, function() send(ticket) end) end
    local sent_at = now
    requests, sent_times[#sent_times + 1] = requests + 1, now
    at(now + options.latency / 2, function()
      local is_accepted = accept(now)
      at(now + options.latency / 2, function()
        if is_accepted then
          self:accept(now)
          done = done + 1
          next_item()
        else
          self:throttle(now, sent_at, options.retry_after)
          send()
        end
      end)
    end)
  end
  function next_item()
    local tasks = done == 1 and options.concurrency or 1
    for _ = 1, tasks do
      if started < options.count then
        started = started + 1
        send()
      end
    end
  end

  next_item()
  while queue[1] do
    local event = take_next()
    now = event[1]
    assert(now < 1000, "the simulation does not end")
    event[3]()
  end
  assert.equal(options.count, done)
  return now, requests, sent_times
end

describe("the pace of a run", function()
  for counter in pairs(COUNTERS) do
    for _, retry_after in ipairs { false, 1 } do
      for _, latency in ipairs { 0.002, 0.05 } do
        local name = ("a quota of 20 per second, counted in %s, %s Retry-After, at a latency of %d ms"):format(counter,
          retry_after and "with" or "without", latency * 1000)
        it(name .. ": 300 items take at most 1.1 times the ideal time", function()
          local seconds, requests = simulate { counter = counter, quota = 20, count = 300, concurrency = 64, latency = latency,
            retry_after = retry_after or nil }
          assert.is_true(seconds <= 1.1 * 300 / 20, seconds)
          assert.is_true(requests <= 380, requests)
        end)
      end
    end
  end

  it("without a quota is not limited", function()
    local seconds = simulate { counter = "whole seconds", quota = math.huge, count = 1000, concurrency = 64, latency = 0.05 }
    assert.is_true(seconds <= 0.05 * (1 + math.ceil(999 / 64)) + 1e-9, seconds)
  end)

  it("never exceeds its limit", function()
    local _, _, sent_times = simulate { counter = "whole seconds", quota = math.huge, limit = 20, count = 100, concurrency = 64,
      latency = 0.05 }
    for i = 22, #sent_times do assert.is_true(sent_times[i] - sent_times[i - 21] >= 1 - 1e-9) end
  end)

  it("rises again when the quota has grown", function()
    local quota = 5
    COUNTERS.growing = function()
      local second, count = nil, 0
      return function(now)
        if now > 10 then quota = 50 end
        if math.floor(now) ~= second then second, count = math.floor(now), 0 end
        count = count + 1
        return count <= quota
      end
    end
    local seconds = simulate { counter = "growing", count = 1000, concurrency = 64, latency = 0.01 }
    COUNTERS.growing = nil
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

  it("falls when nothing is accepted, and keeps a lowest rate", function()
    local self = pace.new(10)
    for second = 1, 100 do self:throttle(second * 2, second * 2 - 0.1) end
    assert.is_true(self.rate >= 0.19 and self.rate < 1, self.rate)
  end)
end)
