local fields = require "kms.huawei.fields"

describe("kms.huawei.fields", function()
  it("verification gives one hint for all errors", function()
    assert.same({ { code = "", hint = "to verify, look" } }, fields.verification "look")
  end)

  it("verification gives another hint for the code that refuses a repeat, and only for that", function()
    local hints = fields.verification("look", "KMS.1201", "enabled the key")
    assert.same({
      { code = "^KMS%.1201$", hint = "an earlier attempt has probably enabled the key; to verify, look" },
      { code = "", hint = "to verify, look" },
    }, hints)
    assert.is_truthy(("KMS.1201"):find(hints[1].code))
    assert.is_falsy(("KMS.12010"):find(hints[1].code))
    assert.is_falsy(("KMSx1201"):find(hints[1].code))
  end)
end)
