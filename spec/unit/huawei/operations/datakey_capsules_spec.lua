local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.datakey_capsules", function()
  huawei_wire.declare("datakey_capsules", it)

  it("decrypt_datakey_capsule does not show the token of the service in an error", function()
    local client = huawei_wire.new_client { status = 400, body = '{"error":{"error_code":"KMS.3804","error_msg":"no: hush-hush"}}' }
    local _, err = client:decrypt_datakey_capsule { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", datakey_capsule = "c",
      attestation_document = { service_token = "hush-hush" } }
    assert.equal("KMS.3804", err.code)
    assert.is_nil(err.message:find("hush", 1, true))
  end)
end)
