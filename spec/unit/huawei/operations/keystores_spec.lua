local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.keystores", function()
  huawei_wire.declare("keystores", it)
end)
