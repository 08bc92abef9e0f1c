local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.tags", function()
  huawei_wire.declare("tags", it)
end)
