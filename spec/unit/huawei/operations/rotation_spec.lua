local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.rotation", function()
  huawei_wire.declare("rotation", it)

  it("update_key_rotation_interval refuses an interval outside 30 to 365 days", function()
    for _, days in ipairs { 29, 366 } do
      assert.equal("rotation_interval", huawei_wire.refuse("update_key_rotation_interval", { rotation_interval = days }).code)
    end
  end)
end)
