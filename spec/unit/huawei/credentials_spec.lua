local provider_call = require "spec.helpers.provider_call"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local huawei_credentials = require "kms.huawei.credentials"

describe("kms.huawei.credentials", function()
  it("the fields are a token, or an access key and a secret key with an optional security token", function()
    local names = {}
    for i, field in ipairs(huawei_credentials.fields) do
      names[i] = field.name .. (field.exclusive and " exclusive" or field.optional and " optional" or "")
    end
    assert.same({ "token exclusive", "access_key", "secret_key", "security_token optional" }, names)
  end)

  it("a server without an agency has no keys", function()
    local cloud = emulator.new()
    cloud:settings { agency = false }
    local err = provider_call.assert_failure("missing", {},
      credentials.metadata():get(provider_call.new_context("huawei", cloud)))
    assert.equal("this server has no agency", err.message)
    -- After a 401 that names the agency, no other session token is created.
    assert.equal(1, cloud:requests("metadata", "huawei_token"))
  end)
end)
