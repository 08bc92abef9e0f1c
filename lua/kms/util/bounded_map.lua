--- A map with a limit: a new entry replaces the oldest one. Every operation takes constant time.

---@class kms.BoundedMap
---@field values table<string, any>
local BoundedMap = {}
BoundedMap.__index = BoundedMap

local bounded_map = {}

---@param limit integer maximum number of entries
---@return kms.BoundedMap
function bounded_map.new(limit)
  return setmetatable({ limit = limit, values = {}, positions = {}, ids = {}, first = 1, last = 0 }, BoundedMap)
end

---@param id string
---@param value any
function BoundedMap:set(id, value)
  if self.values[id] == nil then
    self.last = self.last + 1
    self.ids[self.last], self.positions[id] = id, self.last
    if self.last - self.first >= self.limit then self:drop_first() end
  end
  self.values[id] = value
end

---@param id string
function BoundedMap:delete(id)
  self.values[id], self.positions[id] = nil, nil
end

--- Drops the entry at the first position, unless it was deleted before.
function BoundedMap:drop_first()
  local id = self.ids[self.first]
  if self.positions[id] == self.first then self:delete(id) end
  self.ids[self.first], self.first = nil, self.first + 1
end

return bounded_map
