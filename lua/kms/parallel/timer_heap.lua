--- Binary heap of timers: finds the earliest one.

local floor = math.floor

local timer_heap = {}

---@class kms.TimerHeap
local TimerHeap = {}
TimerHeap.__index = TimerHeap

---@return kms.TimerHeap
function timer_heap.new()
  return setmetatable({ times = {}, values = {}, count = 0 }, TimerHeap)
end

--- Adds a timer. The heap does not change if this raises for lack of memory.
---@param time number when the timer is due
---@param value any what `pop_due` returns
function TimerHeap:add(time, value)
  local times, values = self.times, self.values
  local at = self.count + 1
  times[at], values[at] = time, value
  self.count = at
  while at > 1 do
    local parent = floor(at / 2)
    if times[parent] <= time then break end
    times[at], values[at] = times[parent], values[parent]
    at = parent
  end
  times[at], values[at] = time, value
end

--- Returns the time of the earliest timer, or nil.
---@return number?
function TimerHeap:first()
  return self.times[1]
end

--- Removes the earliest timer if it is due.
---@param now number
---@return any value nil if no timer is due
function TimerHeap:pop_due(now)
  local times, values, count = self.times, self.values, self.count
  if count == 0 or times[1] > now then return nil end
  local due, time, value = values[1], times[count], values[count]
  times[count], values[count] = nil, nil
  count = count - 1
  self.count = count
  local at = 1
  while at * 2 <= count do
    local child = at * 2
    if child < count and times[child + 1] < times[child] then child = child + 1 end
    if times[child] >= time then break end
    times[at], values[at] = times[child], values[child]
    at = child
  end
  if count > 0 then times[at], values[at] = time, value end
  return due
end

return timer_heap
