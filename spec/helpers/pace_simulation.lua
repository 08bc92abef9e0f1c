--- Runs kms.bulk.pace on virtual time against simulated clouds.

local new_generator = require "spec.helpers.new_generator"
local pace = require "kms.bulk.pace"

local pace_simulation = {}

local MAX_TIME = 2000 -- seconds

-- How a cloud counts. Each returns a function of the time that accepts a request or not. A quota is a number, or a
-- function of the time.
pace_simulation.counters = {
  ["whole seconds"] = function(get_quota)
    local second, count = nil, 0
    return function(now)
      local current = math.floor(now + 0.3)
      if current ~= second then second, count = current, 0 end
      count = count + 1
      return count <= get_quota(now)
    end
  end,
  ["the last second"] = function(get_quota)
    local accepted = {}
    return function(now)
      while accepted[1] and accepted[1] <= now - 1 do table.remove(accepted, 1) end
      if #accepted >= get_quota(now) then return false end
      accepted[#accepted + 1] = now
      return true
    end
  end,
  ["a bucket of tokens"] = function(get_quota)
    local tokens, last = get_quota(0), 0
    return function(now)
      local quota = get_quota(now)
      tokens, last = math.min(quota, tokens + (now - last) * quota), now
      if tokens < 1 then return false end
      tokens = tokens - 1
      return true
    end
  end,
}

--- Creates the function of a cloud that accepts a request or not.
---@param options { counter: string?, quota: number|function|nil, faults: number?, seed: integer? }
local function new_cloud(options)
  local quota, draw = options.quota or math.huge, new_generator(options.seed or 1)
  local get_quota = type(quota) == "function" and quota or function() return quota end
  local count = pace_simulation.counters[options.counter or "whole seconds"](get_quota)
  local faults = options.faults or 0
  return function(now)
    if faults > 0 and draw() < faults then return false end
    return count(now)
  end
end

--- Creates a queue of functions that run at a time, in the order of their times.
---@return { now: number, at: fun(time: number, fn: function), run: function }
function pace_simulation.new_agenda()
  local events, sequence, agenda = {}, 0, { now = 0 }
  function agenda.at(time, fn)
    sequence = sequence + 1
    events[#events + 1] = { time, sequence, fn }
  end
  function agenda.run()
    while events[1] do
      local first = 1
      for i = 2, #events do
        local a, b = events[i], events[first]
        if a[1] < b[1] or a[1] == b[1] and a[2] < b[2] then first = i end
      end
      local event = table.remove(events, first)
      agenda.now = event[1]
      assert(agenda.now < MAX_TIME, "the simulation does not end")
      event[3]()
    end
  end
  return agenda
end

---@class spec.PaceOptions
---@field count integer items
---@field concurrency integer? default 64
---@field latency number seconds
---@field limit number? of the run
---@field quota number|fun(now: number): number default: none
---@field counter string? a key of `counters`
---@field faults number? the part of the requests that are throttled whatever the rate is
---@field seed integer? of the faults
---@field retry_after number? seconds

--- Runs items in tasks, the first one alone.
---@param options spec.PaceOptions
---@return number seconds
---@return number[] sent_times of all requests
---@return kms.bulk.Pace
function pace_simulation.run(options)
  local self, accept, agenda = pace.new(options.limit), new_cloud(options), pace_simulation.new_agenda()
  local started, done, sent_times = 0, 0, {}
  local next_item
  local function send(ticket)
    local wait
    wait, ticket = self:acquire(agenda.now, ticket)
    if wait > 0 then return agenda.at(agenda.now + wait, function() send(ticket) end) end
    local sent_at, is_accepted = agenda.now, nil
    sent_times[#sent_times + 1] = sent_at
    agenda.at(sent_at + options.latency / 2, function() is_accepted = accept(agenda.now) end)
    agenda.at(sent_at + options.latency, function()
      if is_accepted then
        self:accept(agenda.now, sent_at)
        done = done + 1
        next_item()
      else
        self:throttle(agenda.now, sent_at, options.retry_after)
        send()
      end
    end)
  end
  function next_item()
    for _ = 1, done == 1 and (options.concurrency or 64) or 1 do
      if started < options.count then
        started = started + 1
        send()
      end
    end
  end
  next_item()
  agenda.run()
  assert(done == options.count)
  return agenda.now, sent_times, self
end

return pace_simulation
