--- Binary heap of timers: finds the earliest one. If a debug hook raises an error within a method, a timer may be there
--- twice, and none is lost but the one that is being added.

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
---@param value any what `get_due` returns
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
  if self.count > 0 then return self.times[1] end
end

--- Returns the earliest timer if it is due.
---@param now number
---@return any value nil if no timer is due
function TimerHeap:get_due(now)
  if self.count > 0 and self.times[1] <= now then return self.values[1] end
end

--- Removes the earliest timer, after `get_due` has returned it and its work is done.
---@param due any what `get_due` has returned; nothing happens if it is not the earliest timer any more
function TimerHeap:remove_due(due)
  local times, values, count = self.times, self.values, self.count
  if count == 0 or values[1] ~= due then return end
  local time, value, at = times[count], values[count], 1
  while at * 2 < count do
    local child = at * 2
    if child + 1 < count and times[child + 1] < times[child] then child = child + 1 end
    if times[child] >= time then break end
    times[at], values[at] = times[child], values[child]
    at = child
  end
  times[at], values[at] = time, value
  self.count = count - 1
  times[count], values[count] = nil, nil
end

return timer_heap
