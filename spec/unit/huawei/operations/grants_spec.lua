local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.grants", function()
  huawei_wire.declare("grants", it)
end)
