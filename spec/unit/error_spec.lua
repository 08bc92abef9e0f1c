local Error = require "kms.error"

describe("kms.error", function()
  it("tostring is one line with all that the cloud's support asks for", function()
    local err = Error.new { kind = "service", code = "KMS.0207", message = "The key does not exist.", provider = "huawei",
      operation = "update_primary_region", status = 404, request_id = "5f3c", attempts = 3, uncertain = true }
    assert.equal("huawei update_primary_region: service error KMS.0207: The key does not exist. "
      .. "(HTTP 404, request id 5f3c, 3 attempts, the change may have been made)", tostring(err))
  end)

  it("tostring names the key concerned", function()
    local err = Error.new { kind = "transport", code = "closed", message = "m", provider = "ncloud",
      operation = "rename_key", key = "t1", uncertain = true }
    assert.equal("ncloud rename_key t1: transport error closed: m (the change may have been made)", tostring(err))
  end)

  it("tostring leaves out what is not known", function()
    assert.equal("kms: invalid error key_id: no", tostring(Error.new { kind = "invalid", code = "key_id", message = "no" }))
    assert.equal("huawei: invalid error: no", tostring(Error.new { kind = "invalid", message = "no", provider = "huawei" }))
  end)

  it("an error can be concatenated with strings on both sides", function()
    local err = Error.new { kind = "invalid", code = "key_id", message = "no" }
    assert.equal("failed: " .. tostring(err) .. "!", "failed: " .. err .. "!")
  end)

  it("an error that is raised is caught as the same value", function()
    local err = Error.new { kind = "transport", code = "dns", message = "no" }
    local ok, raised = pcall(error, err)
    assert.is_false(ok)
    assert.equal(err, raised)
  end)

  it("is tells an error from every other value", function()
    assert.is_true(Error.is(Error.new {}))
    for _, other in ipairs { {}, "x", 1, true, { kind = "service" } } do assert.is_false(Error.is(other)) end
    assert.is_false(Error.is(nil))
  end)

  it("new makes uncertain a boolean", function()
    assert.is_false(Error.new({}).uncertain)
  end)
end)
