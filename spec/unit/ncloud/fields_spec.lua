local fields = require "kms.ncloud.fields"

describe("kms.ncloud.fields", function()
  it("join returns the fields of all lists in order, and changes none of the lists", function()
    local first, second = { { name = "a" }, { name = "b" } }, { { name = "c" } }
    assert.same({ { name = "a" }, { name = "b" }, { name = "c" } }, fields.join(first, second))
    assert.same({ 2, 1 }, { #first, #second })
  end)

  it("page_params and page_results have the documented names", function()
    local wires = {}
    for _, field in ipairs(fields.join(fields.page_params, fields.page_results)) do wires[#wires + 1] = field.wire end
    assert.same({ "pageNo", "pageSize", "currentPageNo", "totalPageNo", "totalCount" }, wires)
  end)
end)
