--- kms.emulator.ncloud.state: keys as plain tables, and what time does to them.

local state = require "kms.emulator.ncloud.state"

local DAY = 24 * 3600

local store

before_each(function() store = state.new() end)

local function add(fields)
  local key = { key_tag = "t" .. store.last_key_id, key_name = "name" }
  for name, value in pairs(fields or {}) do key[name] = value end
  return state.add_key(store, key, 1000)
end

describe("kms.emulator.ncloud.state", function()
  it("add_key adds the defaults and one version", function()
    local key = add()
    assert.same({ 1, "demo", "global", "enabled", "AES256" }, { key.key_id, key.owner, key.zone, key.state, key.key_type })
    assert.same({ { version = 1, status = "enabled", status_date = 1000, rotated_date = 1000 } }, key.versions)
    assert.equal(key, store.keys.t0)
    assert.equal(2, add().key_id)
  end)

  it("a key that is added in the state pending_deletion is deleted three days later", function()
    add { state = "pending_deletion" }
    state.settle(store, 1000 + 3 * DAY - 1)
    assert.is_table(store.keys.t0)
    state.settle(store, 1000 + 3 * DAY)
    assert.is_nil(store.keys.t0)
  end)

  it("settle carries out all events of the past, each at its own time", function()
    local key = add { is_auto_rotation = true, rotation_period = 1 }
    local other = add { is_auto_rotation = true, rotation_period = 2 }
    state.settle(store, 1000 + 4.5 * DAY)
    assert.equal(5, #key.versions)
    assert.equal(1000 + 4 * DAY, key.versions[5].rotated_date)
    assert.equal(3, #other.versions)
    assert.equal(1000 + 5 * DAY, store.next_event)
  end)

  it("a key stops at 100 versions", function()
    local key = add { is_auto_rotation = true, rotation_period = 1, version_count = 99 }
    state.settle(store, 1000 + 10 * DAY)
    assert.equal(100, #key.versions)
    assert.is_nil(state.add_version(key, 0))
  end)

  it("find_by_name ignores letter case, unless it counts, and the key itself", function()
    local key = add { key_name = "Billing" }
    local place = { owner = "demo", zone = "global" }
    assert.equal(key, state.find_by_name(store, "bILLING", place))
    assert.is_nil(state.find_by_name(store, "bILLING", place, true))
    assert.is_nil(state.find_by_name(store, "billing", key))
    assert.is_nil(state.find_by_name(store, "billing", { owner = "demo", zone = "kr" }))
    assert.is_nil(state.find_by_name(store, "billing", { owner = "other", zone = "global" }))
  end)

  it("the log of a key keeps the latest 1000 activities", function()
    local key = add()
    for i = 1, 1003 do state.add_activity(key, { number = i }) end
    assert.same({ 1000, 4, 1003 }, { #key.activities, key.activities[1].number, key.activities[1000].number })
  end)
end)
