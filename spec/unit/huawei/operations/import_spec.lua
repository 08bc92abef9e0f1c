local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.import", function()
  huawei_wire.declare("import", it)

  it("import_key_material sends the time as a number of seconds", function()
    local body = huawei_wire.send("import_key_material", { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", import_token = "YWJj",
      encrypted_key_material = "YWJj", expiration_time = 1767323045 }).body
    assert.equal(1767323045, body.expiration_time)
  end)
end)
