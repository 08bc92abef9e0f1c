--- kms.cli.selection: keys that are found in the cloud, and rules for their names.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local selection = require "kms.cli.selection"

describe("a selection", function()
  it("has tags with one or several values, or any", function()
    assert.same({ { key = "a", values = { "1", "2" } }, { key = "b", values = {} }, { key = "c", values = { "x=y" } } },
      selection.parse_tags { "a=1", "b", "c=x=y", "a=2" })
  end)

  it("lists Huawei keys by tags, and the enabled ones", function()
    local cloud = bulk_cloud.new(3)
    local client = cloud:huawei()
    assert(client:create_kms_tag { key_id = bulk_cloud.key_id(2), tag = { key = "a", value = "1" } })
    assert.same({ bulk_cloud.key_id(2) }, selection.list_by_tags(client, { "a" }))
    assert.same({}, selection.list_by_tags(client, { "a=2" }))
    assert(client:disable_key { key_id = bulk_cloud.key_id(1) })
    local ids = selection.list_enabled(client)
    table.sort(ids)
    assert.same({ bulk_cloud.key_id(2), bulk_cloud.key_id(3) }, ids)
  end)

  it("lists NAVER keys with their names", function()
    local cloud = bulk_cloud.new(250)
    local client = cloud:ncloud()
    assert(client:request_key_deletion { key_tag = bulk_cloud.key_tag(7) })
    local keys, by_tag = selection.list_named(client), {}
    for _, key in ipairs(keys) do by_tag[key.tag] = key end
    assert.equal(250, #keys)
    assert.same({ tag = "tag00250", name = "name-250", is_revoked = false }, by_tag.tag00250)
    assert.is_true(by_tag.tag00007.is_revoked)
  end)

  it("returns the error of the cloud", function()
    local cloud = bulk_cloud.new(1)
    cloud.filter = function() return { status = 403, headers = {}, body = "{}" } end
    local keys, err = selection.list_named(cloud:ncloud())
    assert.same({ nil, 403 }, { keys, err.status })
  end)
end)

describe("a rule for names", function()
  it("replaces each match of a Lua pattern", function()
    assert.equal("live-a", selection.new_rule("^prod%-(.*)", "live-%1")("prod-a"))
    assert.equal("x-x", selection.new_rule("a", "x")("a-a"))
    assert.is_nil((selection.new_rule("^prod", "live")("test-prod")))
  end)

  it("is recognised if it is of another kind", function()
    for _, case in ipairs { { "a", "\\1" }, { "a", "$1" }, { "a\\d", "" }, { "a|b", "" }, { "prod-a", "" }, { "(a)-", "" } } do
      assert.is_string(selection.find_hint(case[1], case[2]), case[1])
    end
    for _, case in ipairs { { "^prod%-(.*)", "live-%1" }, { "[a-z]x", "a-b" }, { "^(.-)%d+$", "%1" }, { "%w-%-", "" } } do
      assert.is_nil(selection.find_hint(case[1], case[2]), case[1])
    end
  end)

  it("says what is wrong with a pattern or a replacement", function()
    local rule, problem = selection.new_rule("[", "x")
    assert.is_nil(rule)
    assert.matches("^%-%-match: malformed pattern", problem)
    local name
    name, problem = selection.new_rule("a", "%9")("a")
    assert.is_nil(name)
    assert.matches("^%-%-replace: invalid capture index", problem)
  end)
end)
