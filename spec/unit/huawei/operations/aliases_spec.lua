local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.aliases", function()
  huawei_wire.declare("aliases", it)

  -- The SDKs and the OpenAPI file document an array of pages, the vendor's Terraform provider reads one page.
  local PAGE = [[{"aliases":[{"alias":"alias/a","alias_urn":"u"}],"page_info":{"next_marker":"m","current_count":1}}]]
  local RESULT = {
    aliases = { { alias = "alias/a", alias_urn = "u" } }, page_info = { next_marker = "m", current_count = 1 },
  }

  it("list_aliases reads a page that is an object", function()
    assert.same(RESULT, huawei_wire.receive("list_aliases", PAGE))
  end)

  it("list_aliases reads an array of pages", function()
    assert.same(RESULT, huawei_wire.receive("list_aliases", "[" .. PAGE .. "]"))
    assert.same({
      aliases = { { alias = "alias/0" }, { alias = "alias/a", alias_urn = "u" } },
      page_info = { next_marker = "m", current_count = 1 },
    }, huawei_wire.receive("list_aliases", '[{"aliases":[{"alias":"alias/0"}],"page_info":{}},' .. PAGE .. "]"))
  end)

  it("list_aliases reads an array of aliases, and an empty array", function()
    assert.same({ aliases = { { alias = "alias/a" } } }, huawei_wire.receive("list_aliases", '[{"alias":"alias/a"}]'))
    assert.same({ aliases = {} }, huawei_wire.receive("list_aliases", "[]"))
  end)

  it("delete_alias sends a body with DELETE", function()
    local request = huawei_wire.send("delete_alias", { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", aliases = { "a", "b" } })
    assert.same({ "DELETE", { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", aliases = { "a", "b" } } },
      { request.method, request.body })
  end)
end)
