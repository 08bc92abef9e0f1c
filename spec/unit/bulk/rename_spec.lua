--- kms.bulk.rename: what a run knows about rename_key.

local fake_requester = require "spec.helpers.fake_requester"
local rename = require "kms.bulk.rename"

local function new_step(tag, name)
  return { n = 1, line = 1, key = tag, params = { key_tag = tag, key_name = name } }
end

describe("the rename of a key", function()
  it("is planned with the names on all pages of the list", function()
    local requester = fake_requester.new(
      { result = { total_page_no = 2, key_list = { { key_tag = "a", key_name = "one" } } } },
      { result = { total_page_no = 2, key_list = { { key_tag = "b", key_name = "two" } } } })
    local step = new_step("b", "one")
    assert.same({ { line = 1, message = 'name "one" is taken by key a' } }, rename.plan({ step }, requester, true))
    assert.same({ { "list_keys", { page_no = 1, page_size = 200 } }, { "list_keys", { page_no = 2, page_size = 200 } } },
      requester.calls)
  end)

  it("is planned with the pages up to an empty one if their number is not known", function()
    local requester = fake_requester.new({ result = { key_list = { { key_tag = "b", key_name = "two" } } } }, { result = { key_list = {} } })
    local step = new_step("b", "one")
    assert.same({}, rename.plan({ step }, requester, true))
    assert.equal("two", step.before)
  end)

  it("is not planned if the names cannot be read, and is planned without them if the run may not read", function()
    local problems, err = rename.plan({ new_step("b", "one") }, fake_requester.new { err = { code = "x" } }, true)
    assert.is_nil(problems)
    assert.equal("x", err.code)
    assert.same({}, rename.plan({ new_step("b", "one") }, fake_requester.new(), false))
  end)

  it("is verified by reading the key", function()
    local requester = fake_requester.new({ result = { key_name = "one", request_id = "r" } }, { result = { key_name = "two" } },
      { err = { code = "timeout" } })
    assert.same({ true, nil, "r", n = 3 }, { n = 3, rename.verify(new_step("b", "one"), requester) })
    assert.is_false((rename.verify(new_step("b", "one"), requester)))
    assert.is_nil((rename.verify(new_step("b", "one"), requester)))
    assert.same({ "get_key", { key_tag = "b" } }, requester.calls[1])
  end)

  it("may have been made if the cloud refuses it for the key's state", function()
    assert.is_true(rename.may_be_done { status = 422 })
    assert.is_true(rename.may_be_done { status = 409 })
    assert.is_false(rename.may_be_done { status = 404 })
  end)

  it("is taken back by the previous name", function()
    assert.same({ key_tag = "b", key_name = "two" }, rename.invert { key = "b", before = "two" })
    assert.is_nil(rename.invert { key = "b" })
  end)
end)
