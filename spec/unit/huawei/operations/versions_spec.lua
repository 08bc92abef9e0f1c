local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.versions", function()
  huawei_wire.declare("versions", it)
end)
