--- Who wants to be woken when: a binary heap, whose first is the earliest.

local floor = math.floor

local timers = {}

---@class kms.Timers
local Timers = {}
Timers.__index = Timers

---@return kms.Timers
function timers.new()
  return setmetatable({ times = {}, sleepers = {}, count = 0 }, Timers)
end

---@param time number
---@param sleeper any
function Timers:add(time, sleeper)
  local times, sleepers = self.times, self.sleepers
  local at = self.count + 1
  times[at], sleepers[at] = time, sleeper -- where this raises for want of memory, nobody was added
  self.count = at
  while at > 1 do
    local above = floor(at / 2)
    if times[above] <= time then break end
    times[at], sleepers[at] = times[above], sleepers[above]
    at = above
  end
  times[at], sleepers[at] = time, sleeper
end

--- The earliest time; nil when nobody sleeps.
---@return number?
function Timers:first()
  return self.times[1]
end

--- Takes out who is to be woken first, where that is due.
---@param now number
---@return any sleeper nil: nobody is due
function Timers:due(now)
  local times, sleepers, count = self.times, self.sleepers, self.count
  if count == 0 or times[1] > now then return nil end
  local sleeper, time, moved = sleepers[1], times[count], sleepers[count]
  times[count], sleepers[count] = nil, nil
  count = count - 1
  self.count = count
  local at = 1
  while at * 2 <= count do
    local below = at * 2
    if below < count and times[below + 1] < times[below] then below = below + 1 end
    if times[below] >= time then break end
    times[at], sleepers[at] = times[below], sleepers[below]
    at = below
  end
  if count > 0 then times[at], sleepers[at] = time, moved end
  return sleeper
end

return timers
