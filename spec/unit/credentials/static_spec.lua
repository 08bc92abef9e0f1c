local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local huawei = require "kms.huawei"
local ncloud = require "kms.ncloud"

local function get(option, cloud)
  return credentials.provider(option):get(provider_call.new_context(cloud or "huawei", fake_transport.new {}))
end

describe("kms.credentials.static", function()
  it("a static provider copies the values, and returns the same table to every call", function()
    local values = { access_key = "AK", secret_key = "SK" }
    local static = credentials.provider(values)
    values.secret_key = "changed"
    local context = provider_call.new_context("huawei", fake_transport.new {})
    assert.same({ access_key = "AK", secret_key = "SK" }, (static:get(context)))
    assert.equal(static:get(context), (static:get(context)))
  end)

  it("a static provider returns a token in place of keys", function()
    assert.same({ token = "MIIF" }, (get { token = "MIIF" }))
    assert.same({ token = "MIIF" }, (get(credentials.static { token = "MIIF" })))
  end)

  it("a static provider refuses values that the cloud would refuse, and shows none of them", function()
    for _, values in ipairs {
      { access_key = "AK ", secret_key = "SK" }, { access_key = "A\nK", secret_key = "SK" },
      { access_key = "AK", secret_key = "hush " }, { token = "hush hush" },
    } do
      provider_call.assert_failure("invalid", { "hush" }, get(values))
    end
  end)

  it("check finds the argument errors in a table of keys", function()
    for _, make in ipairs { function(values) return values end, credentials.static } do
      assert.equal("credentials field 'secret_key' is missing",
        credentials.check_option(huawei.credentials, make { access_key = "AK" }))
      assert.matches("^unknown credentials field \"token\"",
        credentials.check_option(ncloud.credentials, make { token = "x" }))
      assert.equal("credentials field 'token' excludes all other fields",
        credentials.check_option(huawei.credentials, make { token = "x", access_key = "AK", secret_key = "SK" }))
      assert.is_nil(credentials.check_option(huawei.credentials, make { token = "x" }))
    end
    assert.equal("credentials field 'access_key': string expected, got number",
      credentials.check_option(huawei.credentials, { access_key = 1, secret_key = "SK" }))
    assert.equal('unknown credentials field "ak"; known: ocapi_token, access_key, secret_key',
      credentials.check_option(ncloud.credentials, { ak = "AK" }))
  end)
end)
