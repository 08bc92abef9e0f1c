--- kms.emulator.ncloud.wire: values of requests and responses.

local cjson = require "cjson"
local wire = require "kms.emulator.ncloud.wire"

describe("kms.emulator.ncloud.wire", function()
  it("format_time returns milliseconds, and null without a time", function()
    assert.equal(1700000000123, wire.format_time(1700000000.123))
    assert.equal(cjson.null, wire.format_time(nil))
  end)

  it("format_status returns the documented words", function()
    assert.same({ "ENABLE", "DISABLE", "REVOKE" },
      { wire.format_status "enabled", wire.format_status "disabled", wire.format_status "pending_deletion" })
  end)

  it("is_whole accepts numbers and their text within the range", function()
    for _, value in ipairs { 1, 5, "1", "5" } do assert.is_true(wire.is_whole(value, 1, 5)) end
    for _, value in ipairs { 0, 6, 1.5, "0", "6", "1.5", "", "x", "-1", true, {}, 0 / 0, 1 / 0 } do
      assert.is_false(wire.is_whole(value, 1, 5), tostring(value))
    end
    assert.is_false(wire.is_whole(nil, 1, 5))
  end)

  it("read_page reads the page or the default", function()
    local function read(query) return wire.read_page { request = { target = "/" .. query } } end
    assert.same({ number = 1, size = 100 }, read "")
    assert.same({ number = 7, size = 200 }, read "?pageNo=7&pageSize=200")
    assert.is_nil(read "?pageNo=0")
  end)

  it("format_page returns the items of a page and the totals", function()
    local function format(item) return { { "item", item } } end
    local array, totals = wire.format_page({ "a", "b", "c" }, { number = 2, size = 2 }, format)
    assert.equal(1, #array)
    assert.same({ { "item", "c" } }, array[1])
    assert.same({ { "currentPageNo", 2 }, { "totalPageNo", 2 }, { "totalCount", 3 } }, totals)
    array, totals = wire.format_page({}, { number = 1, size = 2 }, format)
    assert.equal(0, #array)
    assert.same({ "totalPageNo", 0 }, totals[2])
  end)
end)
