local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local credentials = require "kms.credentials"
local Error = require "kms.error"
local huawei = require "kms.huawei"
local kms = require "kms"
local ncloud = require "kms.ncloud"

local KEYS = { access_key = "AK", secret_key = "SK" }

--- What an option gives to a call.
local function ask(option, provider)
  return credentials.provider(option)
    :get(caller.context(provider or "huawei", canned.new {}))
end

local function failed(code, secrets, option, provider)
  return caller.failed(code, secrets, ask(option, provider))
end

describe("kms.credentials", function()
  it("is part of the face", function()
    assert.equal(credentials, kms.credentials)
  end)

  it("takes a static table by value", function()
    local given = { access_key = "AK", secret_key = "SK" }
    local source = credentials.provider(given)
    given.secret_key = "changed"
    local context = caller.context("huawei", canned.new {})
    assert.same({ access_key = "AK", secret_key = "SK" }, (source:get(context)))
    assert.equal(source:get(context), (source:get(context)))
  end)

  it("takes a token in place of keys", function()
    assert.same({ token = "MIIF" }, (ask { token = "MIIF" }))
    assert.same({ token = "MIIF" }, (ask(credentials.static { token = "MIIF" })))
  end)

  it("finds misuse of a table", function()
    for _, make in ipairs { function(given) return given end, credentials.static } do
      assert.equal("credentials field 'secret_key' is missing", credentials.check_option(huawei.credentials, make { access_key = "AK" }))
      assert.matches("^unknown credentials field \"token\"", credentials.check_option(ncloud.credentials, make { token = "x" }))
      assert.equal("credentials field 'token' excludes all other fields",
        credentials.check_option(huawei.credentials, make { token = "x", access_key = "AK", secret_key = "SK" }))
      assert.is_nil(credentials.check_option(huawei.credentials, make { token = "x" }))
    end
    assert.equal("credentials field 'access_key': string expected, got number",
      credentials.check_option(huawei.credentials, { access_key = 1, secret_key = "SK" }))
    assert.equal('unknown credentials field "ak"; known: access_key, secret_key',
      credentials.check_option(ncloud.credentials, { ak = "AK" }))
  end)

  it("finds sources that are none of the cloud", function()
    local token = credentials.iam_token { user = "u", password = "p", domain = "d" }
    for _, source in ipairs { token, credentials.oidc(), credentials.container(), credentials.chain { KEYS, token } } do
      assert.is_nil(credentials.check_option(huawei.credentials, source))
      assert.matches("^credential provider '[%w_]+' does not serve this cloud$", credentials.check_option(ncloud.credentials, source))
      assert.has_error(function() kms.ncloud { credentials = source } end)
    end
    for _, source in ipairs { credentials.metadata(), credentials.file(), credentials.environment(), { name = "mine", get = print } } do
      assert.is_nil(credentials.check_option(ncloud.credentials, source))
    end
  end)

  it("raises for misuse of a constructor, at its caller", function()
    for problem, make in pairs {
      ["bad argument #1 to 'static' (table expected, got no value)"] = function() credentials.static() end,
      ['bad argument #1 to \'static\' (unknown credentials field "ak"; known: access_key, secret_key, security_token, token)'] =
        function() credentials.static { ak = "x" } end,
      ['bad argument #1 to \'file\' (unknown option "file"; known: path, profile)'] = function() credentials.file { file = "x" } end,
      ["bad argument #1 to 'metadata' (option 'endpoint': string expected, got number)"] =
        function() credentials.metadata { endpoint = 1 } end,
      ["bad argument #1 to 'container' (table expected, got string)"] = function() credentials.container "x" end,
      ["bad argument #1 to 'iam_token' (option 'password' is missing)"] =
        function() credentials.iam_token { user = "x", domain = "y" } end,
      ["bad argument #1 to 'iam_token' (option 'shared': only NGINX has shared dictionaries)"] =
        function() credentials.iam_token { user = "x", password = "y", domain = "z", shared = "tokens" } end,
      ["bad argument #1 to 'oidc' (option 'duration': a number above 0 expected, got 0)"] = function() credentials.oidc { duration = 0 } end,
      ["bad argument #1 to 'chain' (table expected, got function)"] = function() credentials.chain(print) end,
      ["bad argument #1 to 'chain' (list of providers expected)"] = function() credentials.chain {} end,
      ["bad argument #1 to 'chain' (provider 1: table or function expected, got string)"] = function() credentials.chain { "file" } end,
      ['bad argument #1 to \'chain\' (provider 2: unknown credentials field "ak"; known: access_key, secret_key, security_token, token)'] =
        function() credentials.chain { KEYS, { ak = "x" } } end,
    } do
      local ok, message = pcall(make)
      assert.is_false(ok, problem)
      assert.equal(problem, (message:gsub("^spec/unit/credentials/credentials_spec.lua:%d+: ", "")))
      assert.matches("^spec/unit/credentials/credentials_spec.lua:%d+: ", message)
    end
  end)

  it("shows no secret of a source", function()
    local shown = tostring(credentials.static(KEYS))
    assert.equal("kms.credentials (static)", shown)
    for _, source in ipairs { credentials.static { access_key = "AK", secret_key = "hush" },
      credentials.iam_token { user = "u", password = "hush", domain = "d" } } do
      for _, value in pairs(source) do assert.not_equal("hush", value) end
    end
  end)

  it("refuses values that would be signed in vain, without showing them", function()
    for _, given in ipairs {
      { access_key = "AK ", secret_key = "SK" }, { access_key = "", secret_key = "SK" },
      { access_key = "A\nK", secret_key = "SK" }, { access_key = "AK", secret_key = "hush " },
      { access_key = "AK", secret_key = "" }, { access_key = "AK", secret_key = "\thush" },
      { access_key = "AK", secret_key = "SK", security_token = "hush\r\n" }, { token = "hush hush" },
    } do
      failed("invalid", { "hush" }, given)
    end
  end)

  it("asks a function each time, with the context of the call", function()
    local count, context = 0, nil
    local function get(given)
      count, context = count + 1, given
      return { access_key = "AK" .. count, secret_key = "SK" }
    end
    assert.equal("AK1", ask(get).access_key)
    assert.equal("AK2", ask(get).access_key)
    assert.equal("huawei", context.provider)
    assert.equal("cn-north-4", context.region)
  end)

  it("passes a function's failure on, and says what it did not give", function()
    local own = Error.new { kind = "credentials", code = "expired", message = "x" }
    local lost = Error.new { kind = "transport", code = "timeout", message = "late" }
    for expected, given in pairs {
      ["missing the credentials function returned nothing"] = function() end,
      ["missing the credentials function returned an error: no vault"] = function() return nil, "no vault" end,
      ["missing the credentials function returned no secret_key"] = function() return { access_key = "AK" } end,
      ["invalid access_key must be a string; got a number"] = function() return { access_key = 1, secret_key = "SK" } end,
      ["invalid expires must be a number; got a string"] =
        function() return { access_key = "AK", secret_key = "SK", expires = "soon" } end,
      ["expired the credentials function returned expired credentials"] =
        function(context) return { access_key = "AK", secret_key = "SK", expires = context:now() } end,
      ["expired x"] = function() return nil, own end,
      ["unavailable the credentials function failed: late"] = function() return nil, lost end,
    } do
      local code, message = expected:match "^(%a+) (.*)$"
      local err = failed(code, {}, given)
      assert.equal(message, err.message)
      assert.same({ { name = "function", code = code, reason = message } }, err.tried)
    end
    assert.is_nil(own.tried)
    assert.equal(lost, failed("unavailable", {}, function() return nil, lost end).cause)
  end)

  it("keeps what a function says of the end of its credentials, and its warning", function()
    local given = { access_key = "AK", secret_key = "SK", expires = 4e9, warning = "rotate me" }
    assert.same({ access_key = "AK", secret_key = "SK", expires = 4e9, warning = "rotate me" }, (ask(function() return given end)))
  end)

  it("refuses a field that nobody knows: a misspelt one would be missed", function()
    local err = failed("invalid", { "hush" }, function()
      return { access_key = "AK", secret_key = "SK", securitytoken = "hush" }
    end)
    assert.equal('the credentials function returned an unknown field: "securitytoken"', err.message)
  end)

  it("takes an object with a name and a get for a source", function()
    local mine = { name = "vault", keys = KEYS }
    function mine:get() return self.keys, "sealed" end
    assert.same(KEYS, (ask(mine)))
    mine.keys = nil
    local err = failed("missing", {}, mine)
    assert.same({ { name = "vault", code = "missing", reason = "credential provider vault returned an error: sealed" } }, err.tried)
  end)

  describe("in a chain", function()
    local function nothing() return nil end

    it("come from the first that has them", function()
      local asked = 0
      local function count() asked = asked + 1 return KEYS end
      assert.same(KEYS, (ask(credentials.chain { nothing, { access_key = "AK", secret_key = "SK" }, count })))
      assert.equal(0, asked)
      assert.same(KEYS, (ask(credentials.chain { nothing, count })))
    end)

    it("are not there: everything that was tried, in order, and why", function()
      local err = failed("missing", {}, credentials.chain { nothing, credentials.chain { nothing, credentials.container() }, { name = "mine", get = nothing } })
      assert.same({ "function", "function", "container", "mine" },
        { err.tried[1].name, err.tried[2].name, err.tried[3].name, err.tried[4].name })
      assert.equal("no pod identity: HC_CONTAINER_CREDENTIALS_FULL_URI is not set", err.tried[3].reason)
      assert.equal("the credentials function returned nothing; the credentials function returned nothing; "
        .. "no pod identity: HC_CONTAINER_CREDENTIALS_FULL_URI is not set; credential provider mine returned nothing", err.message)
    end)

    it("are not looked for past a source that is there and wrong: nobody calls as somebody else", function()
      for _, code in ipairs { "invalid", "unavailable", "refused", "expired" } do
        local function wrong() return nil, Error.new { kind = "credentials", code = code, message = "no", cause = "c" } end
        local err = failed(code, {}, credentials.chain { nothing, wrong, KEYS })
        assert.equal("no", err.message)
        assert.equal("c", err.cause)
        assert.same({ "function", "function" }, { err.tried[1].name, err.tried[2].name })
        assert.is_nil(err.tried[3])
      end
    end)
  end)

  describe("from the environment", function()
    local program = [[
      local caller, canned = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
      local credentials = require "kms.credentials"
      local provider = "%s"
      local source = credentials.provider(%s)
      local found, err = source:get(caller.context(provider, canned.new {}))
      if not found then
        print(err.kind, err.code, err.message)
        for _, row in ipairs(err.tried) do print(row.name, row.code) end
        return
      end
      print(found.access_key, found.secret_key, found.security_token, found.warning)
    ]]

    local function found(provider, variables, option)
      return (child.run(program:format(provider, option or "credentials.environment()"), variables):gsub("\n$", ""))
    end

    it("reads the official names", function()
      assert.equal("A\tS\tT\tnil", found("huawei",
        { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_SECURITY_TOKEN = "T" }))
      assert.equal("A\tS\tnil\tnil", found("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S" }))
      assert.equal("B\tR\tnil\tnil", found("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S",
        NCLOUD_ACCESS_KEY_ID = "B", NCLOUD_SECRET_ACCESS_KEY = "R" }))
    end)

    it("names what is missing, with the option and the variable; empty counts as unset", function()
      local message = "no access_key: give the option credentials.access_key or set HUAWEICLOUD_SDK_AK; "
        .. "no secret_key: give the option credentials.secret_key or set HUAWEICLOUD_SDK_SK"
      assert.equal("credentials\tmissing\t" .. message .. "\nenvironment\tmissing",
        found("huawei", { HUAWEICLOUD_SDK_AK = "", HUAWEICLOUD_SDK_SK = "" }))
    end)

    it("reports one that is set by half", function()
      assert.equal("credentials\tinvalid\tNCLOUD_ACCESS_KEY is set, but no secret_key: give the option credentials.secret_key "
        .. "or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY\nenvironment\tinvalid",
        found("ncloud", { NCLOUD_ACCESS_KEY = "hush", NCLOUD_SECRET_KEY = "" }))
      assert.matches("^credentials\tinvalid\tHUAWEICLOUD_SDK_SECURITY_TOKEN is set, but no access_key",
        found("huawei", { HUAWEICLOUD_SDK_SECURITY_TOKEN = "hush" }))
      assert.equal("credentials\tinvalid\taccess_key must be visible ASCII characters, without spaces\nenvironment\tinvalid",
        found("ncloud", { NCLOUD_ACCESS_KEY = "hush ", NCLOUD_SECRET_KEY = "S" }))
    end)

    it("comes before the file where no source is named", function()
      local path = caller.file "[basic]\nak = F\nsk = G\n"
      local variables = { HUAWEICLOUD_SDK_CREDENTIALS_FILE = path }
      assert.matches("^F\tG\tnil\t", found("huawei", variables, "nil"))
      variables.HUAWEICLOUD_SDK_AK = "A"
      assert.matches("^credentials\tinvalid\t.*\nenvironment\tinvalid$", found("huawei", variables, "nil"))
      variables.HUAWEICLOUD_SDK_SK = "S"
      assert.equal("A\tS\tnil\tnil", found("huawei", variables, "nil"))
      os.remove(path)
      assert.matches("or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY; no credentials file: HOME, the folder of ~/.ncloud/configure, is not set\n"
        .. "environment\tmissing\nfile\tmissing$", found("ncloud", {}, "nil"))
    end)

    it("does not take the variables of OpenID Connect unasked", function()
      assert.matches("^credentials\tmissing\t", found("huawei",
        { HUAWEICLOUD_SDK_IDP_ID = "idp", HUAWEICLOUD_SDK_ID_TOKEN_FILE = "/nowhere" }, "nil"))
    end)
  end)
end)
