--- The public interface of kms, as far as it is not that of a client.

local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

local CREDENTIALS = { access_key = "access", secret_key = "secret" }
local PARAMS = { key_tag = "tag", key_name = "name" }
local RENAMED = { body = '{"code":"SUCCESS","msg":"","data":{"keyTag":"tag","keyName":"name"}}' }

describe("kms", function()
  it("has the documented members, and no other", function()
    local names = {}
    for name in pairs(kms) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "_NAME", "_VERSION", "credentials", "huawei", "is_error", "ncloud", "parallel", "rename_key",
      "update_primary_region" }, names)
  end)

  it("is_error recognizes error values only", function()
    assert.is_true(kms.is_error(Error.new { kind = "invalid", code = "x", message = "m" }))
    for _, value in ipairs { "error", {}, { kind = "invalid", code = "x", message = "m" }, false } do
      assert.is_false(kms.is_error(value))
    end
    assert.is_false(kms.is_error(nil))
  end)

  it("rename_key and update_primary_region call through the client that they get", function()
    local transport = fake_transport.new(RENAMED)
    local client = kms.ncloud { credentials = CREDENTIALS, transport = transport }
    assert.same({ key_tag = "tag", key_name = "name" }, kms.rename_key(PARAMS, client))
    assert.equal(1, #transport.requests)
  end)

  it("rename_key raises an error for a client of the other cloud", function()
    local ok, message = pcall(kms.rename_key, PARAMS, kms.huawei {})
    assert.is_false(ok)
    assert.matches("bad argument #2 to 'rename_key' %(kms%.ncloud client expected, got table%)", message)
  end)

  it("rename_key creates its default client once, at the first call without a client", function()
    local output, ok = subprocess.run([[
      local count, curl = 0, require "kms.transport.curl"
      local new = curl.new
      curl.new = function(...) count = count + 1 return new(...) end
      local kms = require "kms"
      for _ = 1, 3 do
        local _, err = kms.rename_key({ key_tag = "tag", key_name = "name" }, nil, { timeout = 5 })
        assert(err.kind == "transport", tostring(err))
      end
      print(count)
    ]], { NCLOUD_ACCESS_KEY = "access", NCLOUD_SECRET_KEY = "secret", NCLOUD_KMS_ENDPOINT = "http://127.0.0.1:1" })
    assert.is_true(ok, output)
    assert.equal("1\n", output)
  end)
end)
