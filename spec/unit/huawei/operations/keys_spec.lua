local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.keys", function()
  huawei_wire.declare("keys", it)
end)
