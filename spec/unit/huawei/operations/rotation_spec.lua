local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.rotation", function()
  huawei_wire.declare("rotation", it)
end)
