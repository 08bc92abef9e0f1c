--- kms.emulator.huawei.collection: stores of plain objects.

local collection = require "kms.emulator.huawei.collection"
local state = require "kms.emulator.huawei.state"

local function new_call(owner, region) return { account = { owner = owner, access_key = "A" }, region = region, now = 5 } end

describe("kms.emulator.huawei.collection", function()
  it("find and list know the objects of their owner and region only", function()
    local kms, call = { state = state.new() }, new_call("o", "r")
    local first = collection.add(kms, call, "key_policies", { keyspace_id = "k" })
    local second = collection.add(kms, call, "key_policies", { keyspace_id = "l" })
    collection.add(kms, new_call("p", "r"), "key_policies", {})
    local objects = collection.list(kms, call, "key_policies")
    assert.same({ first, second }, { objects[1].id, objects[2].id })
    assert.equal(2, #objects)
    assert.equal(second, collection.list(kms, call, "key_policies", "l")[1].id)
    assert.equal(first, collection.find(kms, call, "key_policies", first).id)
    for _, other in ipairs { new_call("p", "r"), new_call("o", "s") } do
      assert.same({ nil, "KMS.0308" }, { collection.find(kms, other, "key_policies", first) })
    end
  end)

  it("is_keyspace_id accepts ids in hexadecimal of either case", function()
    assert.is_true(collection.is_keyspace_id "00000001-4d9c-4b35-8f84-bb474a37f001")
    assert.is_true(collection.is_keyspace_id "00000001-4D9C-4b35-8f84-bb474a37f001")
    for _, value in ipairs { "", "g0000001-4d9c-4b35-8f84-bb474a37f001", "00000001", 5 } do
      assert.is_false(collection.is_keyspace_id(value))
    end
  end)
end)
