local bounded_map = require "kms.util.bounded_map"

local function count(map)
  local number = 0
  for _ in pairs(map.values) do number = number + 1 end
  return number
end

describe("kms.util.bounded_map", function()
  it("keeps the newest entries", function()
    local map = bounded_map.new(3)
    for i = 1, 5 do map:set("id" .. i, i) end
    assert.same({ id3 = 3, id4 = 4, id5 = 5 }, map.values)
  end)

  it("keeps the age of an entry that is set again", function()
    local map = bounded_map.new(2)
    map:set("a", 1)
    map:set("b", 2)
    map:set("a", 3)
    map:set("c", 4)
    assert.same({ b = 2, c = 4 }, map.values)
  end)

  it("does not drop an entry that was deleted and set again for its former age", function()
    local map = bounded_map.new(2)
    map:set("a", 1)
    map:delete("a")
    map:set("a", 2)
    map:set("b", 3)
    assert.same({ a = 2, b = 3 }, map.values)
  end)

  it("takes a bounded amount of memory, however often entries are deleted and set", function()
    local map = bounded_map.new(10)
    for i = 1, 1000 do
      map:set("id" .. i % 7, i)
      map:delete("id" .. i % 7)
      map:set("id" .. i % 7, i)
    end
    assert.is_true(count(map) <= 10)
    assert.is_true(map.last - map.first < 10)
  end)
end)
