local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.key_policies", function()
  huawei_wire.declare("key_policies", it)
end)
