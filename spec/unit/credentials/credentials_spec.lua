local provider_call = require "spec.helpers.provider_call"
local credentials = require "kms.credentials"
local huawei = require "kms.huawei"
local kms = require "kms"
local ncloud = require "kms.ncloud"

local KEYS = { access_key = "AK", secret_key = "SK" }

describe("kms.credentials", function()
  after_each(provider_call.remove_files)

  it("kms.credentials is a part of kms", function()
    assert.equal(credentials, kms.credentials)
  end)

  it("check_option finds providers that do not serve the cloud", function()
    local token = credentials.iam_token { user = "u", password = "p", domain = "d" }
    for _, option in ipairs { token, credentials.oidc(), credentials.container(), credentials.chain { KEYS, token } } do
      assert.is_nil(credentials.check_option(huawei.credentials, option))
      assert.matches("^credential provider '[%w_]+' does not serve this cloud$",
        credentials.check_option(ncloud.credentials, option))
      assert.has_error(function() kms.ncloud { credentials = option } end)
    end
    for _, option in ipairs { credentials.metadata(), credentials.file(), credentials.environment(),
      { name = "mine", get = print } } do
      assert.is_nil(credentials.check_option(ncloud.credentials, option))
    end
  end)

  it("a constructor raises argument errors at its caller", function()
    for problem, make in pairs {
      ["bad argument #1 to 'static' (table expected, got no value)"] = function() credentials.static() end,
      ["bad argument #1 to 'static' (unknown credentials field \"ak\"; known: access_key, secret_key, security_token, "
        .. "token, ocapi_token)"] = function() credentials.static { ak = "x" } end,
      ['bad argument #1 to \'file\' (unknown option "file"; known: path, profile)'] =
        function() credentials.file { file = "x" } end,
      ["bad argument #1 to 'metadata' (option 'endpoint': string expected, got number)"] =
        function() credentials.metadata { endpoint = 1 } end,
      ["bad argument #1 to 'container' (table expected, got string)"] = function() credentials.container "x" end,
      ["bad argument #1 to 'iam_token' (option 'password' is missing)"] =
        function() credentials.iam_token { user = "x", domain = "y" } end,
      ["bad argument #1 to 'iam_token' (option 'shared': only NGINX has shared dictionaries)"] =
        function() credentials.iam_token { user = "x", password = "y", domain = "z", shared = "tokens" } end,
      ["bad argument #1 to 'oidc' (option 'duration': a number above 0 expected, got 0)"] =
        function() credentials.oidc { duration = 0 } end,
      ["bad argument #1 to 'oidc' (option 'duration': a whole number, 900 to 86400, expected, got 899)"] =
        function() credentials.oidc { duration = 899 } end,
      ["bad argument #1 to 'oidc' (option 'duration': a whole number, 900 to 86400, expected, got 900.5)"] =
        function() credentials.oidc { duration = 900.5 } end,
      ["bad argument #1 to 'oidc' (option 'duration': a whole number, 900 to 86400, expected, got 1e+300)"] =
        function() credentials.oidc { duration = 1e300 } end,
      ["bad argument #1 to 'chain' (table expected, got function)"] = function() credentials.chain(print) end,
      ["bad argument #1 to 'chain' (list of providers expected)"] = function() credentials.chain {} end,
      ["bad argument #1 to 'chain' (provider 1: table or function expected, got string)"] =
        function() credentials.chain { "file" } end,
      ["bad argument #1 to 'chain' (provider 2: unknown credentials field \"ak\"; known: access_key, secret_key, "
        .. "security_token, token, ocapi_token)"] = function() credentials.chain { KEYS, { ak = "x" } } end,
    } do
      local ok, message = pcall(make)
      assert.is_false(ok, problem)
      assert.equal(problem, (message:gsub("^spec/unit/credentials/credentials_spec.lua:%d+: ", "")))
      assert.matches("^spec/unit/credentials/credentials_spec.lua:%d+: ", message)
    end
  end)

  describe("the default provider", function()
    local function get(cloud, variables) return provider_call.get_in_process("provider", cloud, variables) end

    it("the default provider reads the environment before the file", function()
      local path = provider_call.write_file "[basic]\nak = F\nsk = G\n"
      local variables = { HUAWEICLOUD_SDK_CREDENTIALS_FILE = path }
      assert.matches("^F\tG\tnil\t", get("huawei", variables))
      variables.HUAWEICLOUD_SDK_AK = "A"
      assert.matches("^credentials\tinvalid\t.*\nenvironment\tinvalid$", get("huawei", variables))
      variables.HUAWEICLOUD_SDK_SK = "S"
      assert.equal("A\tS\tnil\tnil", get("huawei", variables))
      assert.matches("or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY; no credentials file: HOME, the folder of "
        .. "~/.ncloud/configure, is not set\nenvironment\tmissing\nfile\tmissing$", get("ncloud", {}))
    end)

    it("the default provider ignores the variables of OpenID Connect", function()
      assert.matches("^credentials\tmissing\t", get("huawei",
        { HUAWEICLOUD_SDK_IDP_ID = "idp", HUAWEICLOUD_SDK_ID_TOKEN_FILE = "/nowhere" }))
    end)
  end)
end)
