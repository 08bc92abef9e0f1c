local credentials = require "kms.credentials"
local Error = require "kms.error"
local huawei = require "kms.huawei"
local ncloud = require "kms.ncloud"
local provider = require "kms.credentials.provider"

local KEYS = { access_key = "AK", secret_key = "SK" }

describe("kms.credentials.provider", function()
  it("a provider lists itself in the errors that it returns", function()
    local silent = provider.new("vault", function() return nil, Error.new { kind = "credentials", code = "missing",
      message = "sealed" } end)
    local _, err = silent:get {}
    assert.same({ { name = "vault", code = "missing", reason = "sealed" } }, err.tried)
  end)

  it("a provider prints its name and none of its secrets", function()
    assert.equal("kms.credentials (static)", tostring(credentials.static(KEYS)))
    for _, one in ipairs { credentials.static { access_key = "AK", secret_key = "hush" },
      credentials.iam_token { user = "u", password = "hush", domain = "d" } } do
      for _, value in pairs(one) do assert.not_equal("hush", value) end
    end
  end)

  it("require_field accepts the clouds that have the field", function()
    local check = provider.require_field("mine", "token")
    assert.is_nil(check(huawei.credentials))
    assert.equal("credential provider 'mine' does not serve this cloud", check(ncloud.credentials))
  end)
end)
