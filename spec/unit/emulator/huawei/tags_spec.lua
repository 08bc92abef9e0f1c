--- kms.emulator.huawei.tags: tags of keys and searches by tag.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local KEY, OTHER, DEFAULT = requests.KEY, requests.KEY_WITHOUT_REPLICA, requests.DEFAULT_MASTER_KEY

local cloud, keys

before_each(function()
  cloud = emulator.new()
  keys = emulated_keys.new(cloud)
end)

local function add(key, value, key_id)
  return keys:send("create_kms_tag", { tag = { key = key, value = value } }, { key_id = key_id or KEY })
end

local function show(key_id) return keys:call("show_kms_tags", nil, { key_id = key_id or KEY }) end

local function act(action, tags) return keys:send("batch_create_kms_tags", { action = action, tags = tags }, { key_id = KEY }) end

describe("tags of the emulator", function()
  it("create_kms_tag responds with status 204 and adds a tag or replaces its value", function()
    local status, _, response = add("a", "1")
    assert.same({ 204, "" }, { status, response.body })
    add("b", nil)
    add("a", "2")
    assert.same({ tags = { { key = "a", value = "2" }, { key = "b", value = "" } }, existTagsNum = 2 }, show())
  end)

  it("batch_create_kms_tags creates and deletes tags", function()
    assert.equal(204, (act("create", { { key = "a", value = "1" }, { key = "b", value = "2" }, { key = "c" } })))
    assert.equal(204, (act("delete", { { key = "a" }, { key = "c", value = "x" }, { key = "unknown" } })))
    assert.same({ { key = "b", value = "2" } }, show().tags)
  end)

  it("delete_tag deletes a tag whose key may hold any character", function()
    for _, key in ipairs { "a", "ü/ %?&", "中" } do
      add(key, "1")
      local status = keys:send("delete_tag", nil, { key_id = KEY, key = key })
      assert.equal(204, status)
    end
    assert.same({}, show().tags)
    keys:refuse("KMS.0416", "delete_tag", nil, { key_id = KEY, key = "a" })
  end)

  it("a key has at most 20 tags", function()
    local tags = {}
    for i = 1, 20 do tags[i] = { key = "k" .. i } end
    act("create", tags)
    keys:refuse("KMS.0409", "create_kms_tag", { tag = { key = "more" } }, { key_id = KEY })
    keys:refuse("KMS.0409", "batch_create_kms_tags", { action = "create", tags = { { key = "k1" }, { key = "more" } } }, { key_id = KEY })
    assert.equal(204, (add("k20", "changed")))
    assert.equal(20, show().existTagsNum)
  end)

  it("list_kms_tags lists the values of each key of a tag once", function()
    add("a", "1")
    add("a", "2", OTHER)
    add("b", "3", OTHER)
    local third = keys:create()
    add("a", "1", third)
    assert.same({ tags = { { key = "a", values = { "1", "2" } }, { key = "b", values = { "3" } } } }, keys:call "list_kms_tags")
  end)

  for _, case in ipairs {
    { "an unknown key", "KMS.0207", "9" .. KEY:sub(2) },
    { "a wrong key id", "KMS.0205", "x" },
    { "a default key", "KMS.0211", DEFAULT },
    { "a key pending deletion", "KMS.0210", requests.PENDING_DELETION_KEY },
  } do
    it("the changes of tags refuse " .. case[1], function()
      keys:refuse(case[2], "create_kms_tag", { tag = { key = "a" } }, { key_id = case[3] })
      keys:refuse(case[2], "batch_create_kms_tags", { action = "create", tags = { { key = "a" } } }, { key_id = case[3] })
      keys:refuse(case[2], "delete_tag", nil, { key_id = case[3], key = "a" })
    end)
  end

  it("the changes of tags refuse wrong tags, actions and lists", function()
    keys:refuse("KMS.0411", "create_kms_tag", { tag = { key = "" } }, { key_id = KEY })
    keys:refuse("KMS.0414", "create_kms_tag", '{"tag":null}', { key_id = KEY })
    keys:refuse("KMS.0204", "create_kms_tag", {}, { key_id = KEY })
    keys:refuse("KMS.0404", "batch_create_kms_tags", { action = "set", tags = { { key = "a" } } }, { key_id = KEY })
    keys:refuse("KMS.0401", "batch_create_kms_tags", '{"action":"create","tags":[]}', { key_id = KEY })
    keys:refuse("KMS.0412", "batch_create_kms_tags", '{"action":"create","tags":null}', { key_id = KEY })
    keys:refuse("KMS.0405", "batch_create_kms_tags", { action = "create", tags = { { key = "a", value = "*" } } }, { key_id = KEY })
  end)

  it("a replica refuses changes of tags, and its tags are its own", function()
    local east = emulated_keys.new(cloud, "cn-east-3")
    east:refuse("KMS.0106", "create_kms_tag", { tag = { key = "a" } }, { key_id = KEY })
    add("a", "1")
    assert.same({}, east:call("show_kms_tags", nil, { key_id = KEY }).tags)
  end)
end)

describe("list_kms_by_tags of the emulator", function()
  local function find(body)
    local response = keys:call("list_kms_by_tags", body)
    local ids = {}
    for i, resource in ipairs(response.resources) do ids[i] = resource.resource_id end
    return ids, response
  end

  before_each(function()
    add("a", "1")
    add("b", "1")
    add("a", "2", OTHER)
  end)

  it("list_kms_by_tags finds keys that have the tag of every filter, with one of its values", function()
    assert.same({ KEY, OTHER }, (find { action = "filter", tags = { { key = "a" } } }))
    assert.same({ KEY, OTHER }, (find { tags = { { key = "a", values = { "1", "2" } } } }))
    assert.same({ OTHER }, (find { tags = { { key = "a", values = { "2" } } } }))
    assert.same({ KEY }, (find { tags = { { key = "a", values = {} }, { key = "b" } } }))
    assert.same({}, (find { tags = { { key = "a", values = { "3" } } } }))
  end)

  it("list_kms_by_tags returns the details, name and tags of a key", function()
    local _, response = find { tags = { { key = "b" } } }
    local resource = response.resources[1]
    assert.same({ KEY, keys:describe(KEY).key_alias, 1 }, { resource.resource_detail.key_id, resource.resource_name, response.total_count })
    assert.same({ { key = "a", value = "1" }, { key = "b", value = "1" } }, resource.tags)
  end)

  it("list_kms_by_tags finds keys by a part of their name", function()
    keys:call("update_key_alias", { key_id = KEY, key_alias = "payroll-2026" })
    assert.same({ KEY }, (find { matches = { { key = "resource_name", value = "roll-" } } }))
  end)

  it("list_kms_by_tags counts, and pages by offset", function()
    assert.same({ total_count = 2 }, keys:call("list_kms_by_tags", { action = "count", tags = { { key = "a" } } }))
    local ids, response = find { tags = { { key = "a" } }, limit = "1", offset = "1" }
    assert.same({ { OTHER }, 2 }, { ids, response.total_count })
    assert.equal(13, #find { limit = "1000" })
  end)

  for _, case in ipairs {
    { "an unknown action", "KMS.0404", { action = "find" } },
    { "a count with a limit", "KMS.0418", { action = "count", limit = "1" } },
    { "a count with an offset", "KMS.0418", { action = "count", offset = "1" } },
    { "a wrong limit", "KMS.1601", { limit = "1001" } },
    { "a wrong offset", "KMS.0417", { offset = "-1" } },
    { "filters that are not a list", "KMS.0412", { tags = "a" } },
    { "eleven filters", "KMS.0407", { tags = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} } } },
    { "a filter that is not an object", "KMS.0414", { tags = { "a" } } },
    { "a filter without a key", "KMS.0411", { tags = { { values = { "1" } } } } },
    { "values that are not a list", "KMS.0405", { tags = { { key = "a", values = "1" } } } },
    { "eleven values", "KMS.0413", { tags = { { key = "a", values = { "", "", "", "", "", "", "", "", "", "", "" } } } } },
    { "a long value", "KMS.0410", { tags = { { key = "a", values = { ("x"):rep(44) } } } } },
    { "matches that are not a list", "KMS.0415", { matches = "a" } },
    { "a match of another member", "KMS.0403", { matches = { { key = "key_id", value = "a" } } } },
    { "a match with an empty value", "KMS.0402", { matches = { { key = "resource_name", value = "" } } } },
    { "a match without a value", "KMS.0402", { matches = { { key = "resource_name" } } } },
  } do
    it("list_kms_by_tags refuses " .. case[1], function() keys:refuse(case[2], "list_kms_by_tags", case[3]) end)
  end
end)
