local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local ncloud_credentials = require "kms.ncloud.credentials"
local subprocess = require "spec.helpers.subprocess"

local function get(transport)
  return credentials.metadata():get(provider_call.new_context("ncloud", transport))
end

describe("kms.ncloud.credentials", function()
  it("the fields are a token, an access key and a secret key", function()
    local names = {}
    for i, field in ipairs(ncloud_credentials.fields) do names[i] = field.name end
    assert.same({ "ocapi_token", "access_key", "secret_key" }, names)
  end)

  it("a server without a role has no keys", function()
    local cloud = emulator.new()
    cloud:settings { server_role = false }
    assert.equal("this server has no role", provider_call.assert_failure("missing", {}, get(cloud)).message)
    provider_call.assert_failure("missing", {}, get(fake_transport.new { "" }))
  end)

  it("the keys are read by the id of the role, and a refusal in them is reported", function()
    local transport = fake_transport.new({ "role" }, { '{"Code":"AssumeRoleFailed","Message":"not allowed"}' })
    local err = provider_call.assert_failure("refused", {}, get(transport))
    assert.same({ "AssumeRoleFailed", "not allowed" }, { err.cause.code, err.cause.message })
    assert.equal("/latest/meta-data/iam/security-credentials/role", transport.requests[2].target)
  end)

  it("an id of a role that could change the path is refused, and shown", function()
    for _, role in ipairs { "a/../b", "a b", "a?x" } do
      local transport = fake_transport.new { role }
      local err = provider_call.assert_failure("invalid", {}, get(transport))
      assert.matches("malformed id of a role, %d bytes: " .. role:gsub("%p", "%%%0"), err.message)
      assert.equal(1, #transport.requests)
    end
  end)

  it("a session token is created only when the service requires one", function()
    local cloud = emulator.new()
    assert(get(cloud))
    assert.equal(0, cloud:requests("metadata", "ncloud_token"))
    cloud:settings { metadata_v2 = "required" }
    assert(get(cloud))
    assert.equal(1, cloud:requests("metadata", "ncloud_token"))
  end)

  it("the endpoint of the metadata service comes from either variable of the official SDKs", function()
    for _, variable in ipairs(ncloud_credentials.metadata.endpoint_variables) do
      local output = subprocess.run([[
        local provider_call, fake_transport = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
        local transport = fake_transport.new { status = 404 }
        require("kms.credentials").metadata():get(provider_call.new_context("ncloud", transport))
        print(transport.requests[1].host)
      ]], { [variable] = "http://127.0.0.1:8080" })
      assert.equal("127.0.0.1:8080\n", output)
    end
  end)
end)
