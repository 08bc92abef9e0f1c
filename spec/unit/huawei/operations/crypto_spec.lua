local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.crypto", function()
  huawei_wire.declare("crypto", it)
end)
