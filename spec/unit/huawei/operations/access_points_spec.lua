local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.access_points", function()
  huawei_wire.declare("access_points", it)
end)
