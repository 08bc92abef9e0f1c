local child = require "spec.support.child"
local credentials = require "kms.credentials"
local Error = require "kms.error"
local huawei = require "kms.huawei"
local ncloud = require "kms.ncloud"

describe("kms.credentials", function()
  it("takes a static table by value", function()
    local given = { access_key = "AK", secret_key = "SK" }
    local source = credentials.source(huawei.credentials, given)
    given.secret_key = "changed"
    assert.same({ access_key = "AK", secret_key = "SK" }, source())
  end)

  it("takes a token in place of keys", function()
    local source = credentials.source(huawei.credentials, { token = "MIIF" })
    assert.same({ token = "MIIF" }, source())
  end)

  it("finds misuse of a table", function()
    assert.equal("credentials field 'secret_key' is missing",
      credentials.misuse(huawei.credentials, { access_key = "AK" }))
    assert.equal("credentials field 'access_key': string expected, got number",
      credentials.misuse(huawei.credentials, { access_key = 1, secret_key = "SK" }))
    assert.equal('unknown credentials field "ak"; known: access_key, secret_key',
      credentials.misuse(ncloud.credentials, { ak = "AK" }))
    assert.matches("^unknown credentials field \"token\"", credentials.misuse(ncloud.credentials, { token = "x" }))
    assert.equal("credentials field 'token' stands alone: no other may be given",
      credentials.misuse(huawei.credentials, { token = "x", access_key = "AK", secret_key = "SK" }))
    assert.is_nil(credentials.misuse(huawei.credentials, { token = "x" }))
  end)

  it("refuses values that would be signed in vain, without showing them", function()
    for _, given in ipairs {
      { access_key = "AK ", secret_key = "SK" }, { access_key = "", secret_key = "SK" },
      { access_key = "A\nK", secret_key = "SK" }, { access_key = "AK", secret_key = "hush " },
      { access_key = "AK", secret_key = "" }, { access_key = "AK", secret_key = "\thush" },
      { access_key = "AK", secret_key = "SK", security_token = "hush\r\n" }, { token = "hush hush" },
    } do
      local found, err = credentials.source(huawei.credentials, given)()
      assert.is_nil(found)
      assert.equal("credentials", err.kind)
      assert.equal("invalid", err.code)
      assert.not_matches("hush", tostring(err))
    end
  end)

  it("asks a function each time", function()
    local count = 0
    local source = credentials.source(huawei.credentials, function()
      count = count + 1
      return { access_key = "AK" .. count, secret_key = "SK" }
    end)
    assert.equal("AK1", source().access_key)
    assert.equal("AK2", source().access_key)
  end)

  it("passes a function's failure on, and says what it did not give", function()
    local own = Error.new { kind = "credentials", code = "expired", message = "x" }
    for expected, given in pairs {
      ["the credentials function gave nothing"] = function() end,
      ["the credentials function gave an error: no vault"] = function() return nil, "no vault" end,
      ["the credentials function gave no secret_key"] = function() return { access_key = "AK" } end,
      ["access_key must be a string, got a number"] = function() return { access_key = 1, secret_key = "SK" } end,
      x = function() return nil, own end,
    } do
      local found, err = credentials.source(huawei.credentials, given)()
      assert.is_nil(found)
      assert.equal("credentials", err.kind)
      assert.equal(expected, err.message)
    end
  end)

  describe("from the environment", function()
    local program = [[
      local credentials = require "kms.credentials"
      local found, err = credentials.source(require("kms.%s").credentials)()
      if not found then print(err.kind, err.code, err.message) return end
      print(found.access_key, found.secret_key, found.security_token)
    ]]

    local function found(provider, variables)
      return (child.run(program:format(provider), variables):gsub("\n$", ""))
    end

    it("reads the official names", function()
      assert.equal("A\tS\tT", found("huawei",
        { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_SECURITY_TOKEN = "T" }))
      assert.equal("A\tS\tnil", found("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S" }))
      assert.equal("B\tR\tnil", found("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S",
        NCLOUD_ACCESS_KEY_ID = "B", NCLOUD_SECRET_ACCESS_KEY = "R" }))
    end)

    it("names what is missing, with the option and the variable; empty counts as unset", function()
      assert.equal("credentials\tmissing\tno access_key: give the option credentials.access_key or set HUAWEICLOUD_SDK_AK; "
        .. "no secret_key: give the option credentials.secret_key or set HUAWEICLOUD_SDK_SK", found("huawei", {}))
      assert.equal("credentials\tmissing\tno secret_key: give the option credentials.secret_key "
        .. "or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY",
        found("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "" }))
    end)
  end)
end)
