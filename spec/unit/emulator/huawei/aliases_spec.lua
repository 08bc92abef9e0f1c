--- kms.emulator.huawei.aliases: further aliases of keys.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local KEY, OTHER, DEFAULT = requests.KEY, requests.KEY_WITHOUT_REPLICA, requests.DEFAULT_MASTER_KEY

local cloud, keys

before_each(function()
  cloud = emulator.new { clock = function() return 1767323045 end }
  keys = emulated_keys.new(cloud)
end)

local function create(alias, key_id) return keys:call("create_alias", { key_id = key_id or KEY, alias = alias }) end

local function list(values)
  local pages = keys:call("list_aliases", nil, values)
  local names = {}
  for i, entry in ipairs(pages[1].aliases) do names[i] = entry.alias end
  return names, pages[1].page_info, pages[1].aliases
end

describe("aliases of the emulator", function()
  it("create_alias responds with status 201 with the alias", function()
    local status, object = keys:send("create_alias", { key_id = KEY, alias = "alias/a" })
    assert.equal(201, status)
    assert.same({ domain_id = object.domain_id, key_id = KEY, alias = "alias/a", create_time = "2026-01-02T03:04:05Z",
      update_time = "2026-01-02T03:04:05Z", alias_urn = "kms:cn-north-4:" .. object.domain_id .. ":alias:a" }, object)
    assert.same({ object }, (select(3, list())))
  end)

  it("a key has at most 50 aliases", function()
    for i = 1, 50 do create("a" .. i) end
    keys:refuse("KMS.0308", "create_alias", { key_id = KEY, alias = "a51" })
    create("a51", OTHER)
  end)

  it("associate_alias assigns an alias to another key", function()
    create "a"
    cloud:advance(5)
    local object = keys:call("associate_alias", { alias = "a", target_key_id = OTHER })
    assert.same({ OTHER, "2026-01-02T03:04:05Z", "2026-01-02T03:04:10Z" }, { object.key_id, object.create_time, object.update_time })
    assert.same({ "a" }, (list { key_id = OTHER }))
    assert.same({}, (list { key_id = KEY }))
  end)

  it("delete_alias responds with status 204 without a body and deletes the aliases", function()
    create "a"
    create "b"
    create "c"
    local status, _, response = keys:send("delete_alias", { key_id = KEY, aliases = { "a", "c" } })
    assert.same({ 204, "", nil }, { status, response.body, response.headers["content-type"] })
    assert.same({ "b" }, (list()))
  end)

  it("list_aliases pages in the order of creation", function()
    for _, alias in ipairs { "c", "a", "b" } do create(alias) end
    local names, page_info = list { limit = "2" }
    assert.same({ { "c", "a" }, { next_marker = "2", current_count = 2 } }, { names, page_info })
    names, page_info = list { limit = "2", marker = "2" }
    assert.same({ { "b" }, { next_marker = "", current_count = 1 } }, { names, page_info })
    keys:refuse("KMS.1601", "list_aliases", nil, { limit = "0" })
    keys:refuse("KMS.1602", "list_aliases", nil, { marker = "x" })
  end)

  it("list_aliases returns an object under the setting alias_list", function()
    create "a"
    cloud:settings { alias_list = "object" }
    assert.equal("a", keys:call("list_aliases").aliases[1].alias)
  end)

  it("each region has its own aliases, and an alias goes with its key", function()
    create "a"
    local east = emulated_keys.new(cloud, "cn-east-3")
    assert.same({}, east:call("list_aliases")[1].aliases)
    east:call("create_alias", { key_id = east:create(), alias = "a" })
    keys:call("delete_key", { key_id = KEY, pending_days = "7" })
    cloud:advance(7 * 24 * 3600)
    assert.same({}, (list()))
    assert.equal(1, #east:call("list_aliases")[1].aliases)
  end)

  for _, case in ipairs {
    { "a wrong name", "KMS.1101", "create_alias", { key_id = KEY, alias = "a b" } },
    { "a name of a default key", "KMS.1101", "create_alias", { key_id = KEY, alias = "a/default" } },
    { "an alias that is taken", "KMS.1104", "create_alias", { key_id = OTHER, alias = "taken" } },
    { "an unknown key", "KMS.0207", "create_alias", { key_id = "9" .. KEY:sub(2), alias = "a" } },
    { "a default key", "KMS.0211", "create_alias", { key_id = DEFAULT, alias = "a" } },
    { "a key pending deletion", "KMS.0210", "create_alias", { key_id = requests.PENDING_DELETION_KEY, alias = "a" } },
    { "an unknown alias", "KMS.1101", "associate_alias", { alias = "x", target_key_id = KEY } },
    { "a wrong target", "KMS.0205", "associate_alias", { alias = "taken", target_key_id = "x" } },
    { "a target that is a default key", "KMS.0211", "associate_alias", { alias = "taken", target_key_id = DEFAULT } },
    { "no aliases", "KMS.0308", "delete_alias", { aliases = {}, key_id = KEY } },
    { "aliases that are not a list", "KMS.0308", "delete_alias", { aliases = "taken", key_id = KEY } },
    { "an alias that does not exist", "KMS.1101", "delete_alias", { aliases = { "taken", "x" }, key_id = KEY } },
    { "an alias of another key", "KMS.1101", "delete_alias", { aliases = { "taken" }, key_id = OTHER } },
    { "a missing list", "KMS.0204", "delete_alias", { key_id = KEY } },
    { "a wrong key", "KMS.0205", "list_aliases", nil, { key_id = "x" } },
    { "a key that does not exist", "KMS.0207", "list_aliases", nil, { key_id = "9" .. KEY:sub(2) } },
  } do
    it(case[3] .. " refuses " .. case[1], function()
      create "taken"
      keys:refuse(case[2], case[3], case[4], case[5])
      assert.same({ "taken" }, (list { key_id = KEY }))
    end)
  end

  it("a replica refuses changes of aliases", function()
    local east = emulated_keys.new(cloud, "cn-east-3")
    east:refuse("KMS.0106", "create_alias", { key_id = KEY, alias = "a" })
    east:refuse("KMS.0106", "associate_alias", { alias = "a", target_key_id = KEY })
    east:refuse("KMS.0106", "delete_alias", { aliases = { "a" }, key_id = KEY })
  end)
end)
