local cjson = require "cjson"
local list_reader = require "kms.call.list_reader"

describe("kms.call.list_reader", function()
  it("new_of_strings converts items, and leaves out those without a meaning", function()
    local read = list_reader.new_of_strings()
    assert.same({ "a", "1", "true" }, read { "a", 1, cjson.null, true })
    assert.same({}, read {})
    assert.is_nil(read { a = "b" })
    assert.is_nil(read "a")
  end)

  it("new reads each item, and takes an object for no list", function()
    local read = list_reader.new(function(item) return item ~= 2 and item * 10 or nil end)
    assert.same({ 10, 30 }, read { 1, 2, 3 })
    assert.same({}, read {})
    assert.is_nil(read { a = 1 })
    assert.is_nil(read(1))
  end)

  it("new_of_string_or reads a string or a list", function()
    local read = list_reader.new_of_string_or(function(item) return item end)
    assert.equal("a", read "a")
    assert.same({ "a" }, read { "a" })
  end)

  it("read_object copies an object without nulls", function()
    assert.same({ a = { b = 1 } }, list_reader.read_object { a = { b = 1, c = cjson.null }, d = cjson.null })
    assert.is_nil(list_reader.read_object "a")
  end)

  it("join_pages joins the lists of pages, and keeps what else the last page has", function()
    assert.same({ list = { 1, 2, 3 }, total = 2 },
      list_reader.join_pages({ { list = { 1, 2 }, total = 1 }, { list = { 3 }, total = 2 } }, "list"))
  end)
end)
