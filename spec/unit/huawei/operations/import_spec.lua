local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.import", function()
  huawei_wire.declare("import", it)
end)
