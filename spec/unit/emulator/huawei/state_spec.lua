--- kms.emulator.huawei.state: material, events in time, and the form of the state.

local cjson = require "cjson"
local state = require "kms.emulator.huawei.state"

local NOW, DAY = 1767323045, 24 * 3600

local all, key

before_each(function()
  all = state.new()
  key = state.add_key(all, { key_id = "k", owner = "o", primary = "r1", replicas = { "r2" } }, NOW)
end)

describe("Huawei keys in the options of an emulator", function()
  it("a key has the aliases, tags and rotation of its description in each region", function()
    local self = state.new()
    local tagged = state.add_key(self, { key_id = "k", owner = "demo", primary = "cn-north-4", replicas = { "cn-east-3" },
      aliases = { "a", "b" }, tags = { { key = "stage", value = "test" }, { key = "old" } }, rotation_interval = 30 }, 1000)
    for _, region in ipairs { "cn-north-4", "cn-east-3" } do
      assert.same({ { key = "stage", value = "test" }, { key = "old", value = "" } }, tagged.copies[region].tags)
      for _, alias in ipairs { "a", "b" } do
        assert.equal("k", self.aliases[state.name_alias("demo", region, alias)].key_id)
      end
    end
    assert.not_equal(tagged.copies["cn-north-4"].tags, tagged.copies["cn-east-3"].tags)
    assert.equal(1000 + 30 * state.DAY, tagged.next_rotation_time)
  end)
end)

describe("kms.emulator.huawei.state", function()
  it("new_id makes different ids of 36 characters", function()
    assert.matches("^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$", state.new_id())
    assert.are_not.equal(state.new_id(), state.new_id())
  end)

  it("the state of every kind of key is the same after JSON", function()
    for spec in pairs(state.SPECS) do
      if not spec:find "RSA_[34]" then
        local added = state.add_key(all, { key_id = spec, owner = "o", primary = "r1", key_spec = spec }, NOW)
        assert(state.get_material(added))
      end
    end
    assert.same(all, cjson.decode(cjson.encode(all)))
  end)

  it("get_material generates the first version once", function()
    local material = state.get_material(key)
    assert.equal(material, state.get_material(key))
    assert.equal(material, state.get_material(key, 1))
    assert.is_nil(state.get_material(key, 2))
    assert.equal(44, #material.secret)
  end)

  it("add_key makes an external key wait for its material, unless it has a state", function()
    local function add(fields)
      fields.owner, fields.primary, fields.origin = "o", "r1", "external"
      return state.add_key(all, fields, NOW).state
    end
    assert.equal("pending_import", add { key_id = "x" })
    assert.equal("disabled", add { key_id = "y", state = "disabled" })
    assert.equal("enabled", key.state)
  end)

  it("get_material generates nothing for a key that waits for its material", function()
    key.state = "pending_import"
    assert.is_nil(state.get_material(key))
  end)

  it("rotate adds a version and keeps the older ones", function()
    local first = state.get_material(key)
    state.rotate(key, NOW + 5)
    assert.equal(first, state.get_material(key, 1))
    assert.are_not.equal(first.secret, state.get_material(key).secret)
    assert.same({ 1, NOW + 5 }, { key.rotation_count, key.last_rotation_time })
  end)

  it("settle rotates an enabled key as often as intervals have passed", function()
    state.schedule_rotation(all, key, 30, NOW)
    state.settle(all, NOW + 30 * DAY - 1)
    assert.equal(0, key.rotation_count)
    state.settle(all, NOW + 65 * DAY)
    assert.same({ 2, NOW + 60 * DAY, NOW + 90 * DAY }, { key.rotation_count, key.last_rotation_time, key.next_rotation_time })
  end)

  it("settle deletes a key with its aliases and the ids of its replicas", function()
    all.replica_ids.other, all.aliases.a, all.aliases.b = "k", { key_id = "k" }, { key_id = "x" }
    state.schedule_deletion(all, key, NOW + 7 * DAY)
    state.settle(all, NOW + 7 * DAY - 1)
    assert.equal(key, all.keys.k)
    state.settle(all, NOW + 7 * DAY)
    assert.same({ {}, {}, { b = { key_id = "x" } } }, { all.keys, all.replica_ids, all.aliases })
  end)

  it("settle deletes imported material that has expired", function()
    state.get_material(key)
    state.schedule_expiry(all, key, NOW + 5)
    state.settle(all, NOW + 5)
    assert.same({ "pending_import", {} }, { key.state, key.materials })
    assert.is_nil(key.expiration_time)
  end)

  it("settle handles each event at its time, whatever the order in which they were scheduled", function()
    local other = state.add_key(all, { key_id = "l", owner = "o", primary = "r1" }, NOW)
    state.schedule_deletion(all, key, NOW + 20)
    state.schedule_deletion(all, other, NOW + 10)
    state.settle(all, NOW + 10)
    assert.same({ key, nil }, { all.keys.k, all.keys.l })
    state.settle(all, NOW + 20)
    assert.same({}, all.keys)
  end)

  it("find_key finds a key by the id that it has in the region, for its owner only", function()
    all.replica_ids.other, key.copies.r2.key_id = "k", "other"
    local function find(key_id, region, owner)
      return state.find_key(all, key_id, { region = region, account = { owner = owner } })
    end
    assert.equal(key, find("k", "r1", "o"))
    assert.equal(key, find("other", "r2", "o"))
    for _, case in ipairs { { "k", "r2", "o" }, { "other", "r1", "o" }, { "k", "r1", "p" }, { "k", "r3", "o" }, { "z", "r1", "o" } } do
      assert.is_nil(find(case[1], case[2], case[3]))
    end
  end)

  it("copy_tags copies tags, with empty values for missing ones", function()
    assert.same({ { key = "k", value = "" } }, state.copy_tags { { key = "k" } })
    assert.same({}, state.copy_tags(nil))
  end)

  it("enable rotates a key once when its time is over, and starts its interval again", function()
    state.schedule_rotation(all, key, 30, NOW)
    key.state = "disabled"
    state.settle(all, NOW + 100 * DAY)
    assert.equal(0, key.rotation_count)
    state.enable(all, key, NOW + 100 * DAY)
    assert.same({ 1, NOW + 100 * DAY, NOW + 130 * DAY }, { key.rotation_count, key.last_rotation_time, key.next_rotation_time })
    state.settle(all, NOW + 130 * DAY)
    assert.equal(2, key.rotation_count)
    key.state = "disabled"
    state.enable(all, key, NOW + 131 * DAY)
    assert.equal(2, key.rotation_count)
  end)

  it("list_keys lists in the order of creation", function()
    for i = 1, 20 do state.add_key(all, { key_id = "k" .. i, owner = "o", primary = "r1" }, NOW) end
    local numbers = {}
    for i, listed in ipairs(state.list_keys(all, { region = "r1", account = { owner = "o" } })) do numbers[i] = listed.number end
    for i = 1, 21 do assert.equal(i, numbers[i]) end
  end)
end)
