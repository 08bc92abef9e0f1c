local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.datakeys", function()
  huawei_wire.declare("datakeys", it)
end)
