local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.datakeys", function()
  huawei_wire.declare("datakeys", it)

  it("encrypt_datakey refuses a data key that is not hexadecimal, and does not show it", function()
    for _, key in ipairs { "0123abc", "hush" } do
      local err = huawei_wire.refuse("encrypt_datakey", { plain_text = key })
      assert.equal("plain_text", err.code)
      assert.is_nil(err.message:find(key, 1, true))
    end
  end)

  it("create_random refuses a length outside 8 to 8192", function()
    for _, length in ipairs { 7, 8193 } do
      assert.equal("random_data_length", huawei_wire.refuse("create_random", { random_data_length = length }).code)
    end
  end)
end)
