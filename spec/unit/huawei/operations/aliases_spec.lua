local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.aliases", function()
  huawei_wire.declare("aliases", it)
end)
