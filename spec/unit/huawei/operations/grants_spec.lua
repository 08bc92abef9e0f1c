local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.grants", function()
  huawei_wire.declare("grants", it)

  it("cancel_grant refuses an id of another form", function()
    for _, id in ipairs { "", ("a"):rep(63), ("g"):rep(64) } do
      assert.equal("grant_id", huawei_wire.refuse("cancel_grant", { grant_id = id }).code)
    end
  end)
end)
