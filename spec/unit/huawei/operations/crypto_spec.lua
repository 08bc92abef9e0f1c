local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.crypto", function()
  huawei_wire.declare("crypto", it)

  it("validate_signature reads a boolean in text, verify_mac one of JSON's own", function()
    for text, boolean in pairs { ['"true"'] = true, ["true"] = true, ['"false"'] = false, ["false"] = false } do
      assert.same({ signature_valid = boolean }, huawei_wire.receive("validate_signature", ('{"signature_valid":%s}'):format(text)))
      assert.same({ mac_valid = boolean }, huawei_wire.receive("verify_mac", ('{"mac_valid":%s}'):format(text)))
    end
  end)

  it("sign refuses a message that is not base64", function()
    for _, message in ipairs { "", "YQ", "a b=", "YW-_" } do
      assert.equal("message", huawei_wire.refuse("sign", { message = message }).code)
    end
  end)

  it("encrypt_data does not show the data in an error", function()
    local client = huawei_wire.new_client { status = 400, body = '{"error":{"error_code":"KMS.0308","error_msg":"no: hush-hush"}}' }
    local _, err = client:encrypt_data { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", plain_text = "hush-hush" }
    assert.equal("KMS.0308", err.code)
    assert.is_nil(err.message:find("hush", 1, true))
    assert.is_nil(huawei_wire.refuse("encrypt_data", { plain_text = "hush\0hush" }).message:find("hush", 1, true))
  end)
end)
