local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.datakey_capsules", function()
  huawei_wire.declare("datakey_capsules", it)
end)
