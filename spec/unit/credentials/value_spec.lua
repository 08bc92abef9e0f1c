local Credentials = require "kms.credentials.value"
local Error = require "kms.error"
local huawei = require "kms.huawei"
local ncloud = require "kms.ncloud"

local FIELDS = huawei.credentials

describe("kms.credentials.value", function()
  it("new copies the known fields, the expiry time and the warning", function()
    local values = { access_key = "AK", secret_key = "SK", security_token = "T", expires = 4e9, warning = "rotate" }
    local credentials = Credentials.new(FIELDS, values)
    assert.same(values, credentials)
    assert.not_equal(values, credentials)
  end)

  it("new drops the keys beside a token, because the token replaces them", function()
    assert.same({ token = "T" }, (Credentials.new(FIELDS, { token = "T", access_key = "AK", secret_key = "SK" })))
  end)

  it("new refuses values that the cloud would refuse, and its error does not show them", function()
    for _, values in ipairs {
      { access_key = "AK ", secret_key = "SK" }, { access_key = "AK,", secret_key = "SK" }, { access_key = "", secret_key = "SK" },
      { access_key = "A\nK", secret_key = "SK" }, { access_key = "AK", secret_key = "hush " },
      { access_key = "AK", secret_key = "hush\194\160" }, { access_key = "AK", secret_key = "hu sh" },
      { access_key = "AK", secret_key = ("h"):rep(8193) }, { access_key = "AK", secret_key = "" }, { access_key = "AK", secret_key = "\thush" },
      { access_key = "AK", secret_key = "SK", security_token = "hush\r\n" }, { token = "hush hush" },
    } do
      local credentials, err = Credentials.new(FIELDS, values)
      assert.is_nil(credentials)
      assert.same({ "credentials", "invalid" }, { err.kind, err.code })
      assert.not_matches("hush", tostring(err))
    end
  end)

  it("new uses the labels of values that a person wrote, and refuses quotes and comments in them", function()
    local labels = { access_key = "line 1", secret_key = "line 2" }
    for secret_key, message in pairs {
      ["hu sh"] = "line 2 must be 1 to 8192 visible ASCII characters, without spaces",
      ["'hush"] = "line 2 must not begin or end with a quote, because some tools remove it and others do not",
      ["hush #"] = "line 2 must not be followed by a comment, because some tools remove it and others do not",
      ["hush\\"] = "line 2 must not end with a backslash, because some tools read it as a continuation",
      ["${hush}"] = "line 2 must not contain ${, because some tools replace it",
    } do
      assert.equal(message,
        select(2, Credentials.new(FIELDS, { access_key = "A", secret_key = secret_key }, labels)).message)
    end
    for _, secret_key in ipairs { "'hush", "hush\\", "${hush}" } do
      assert(Credentials.new(FIELDS, { access_key = "A", secret_key = secret_key }))
    end
  end)

  it("new names the expected and the actual type of a value", function()
    for message, values in pairs {
      ["access_key must be a string; got a number"] = { access_key = 1, secret_key = "SK" },
      ["expires must be a number; got a string"] = { access_key = "AK", secret_key = "SK", expires = "soon" },
      ["expires must be a number; got NaN"] = { access_key = "AK", secret_key = "SK", expires = 0 / 0 },
      ["warning must be a string; got a boolean"] = { access_key = "AK", secret_key = "SK", warning = true },
    } do
      assert.equal(message, select(2, Credentials.new(FIELDS, values)).message)
    end
  end)

  it("find_missing_fields lists required fields without a value", function()
    local function names(fields, values)
      local list = {}
      for i, field in ipairs(Credentials.find_missing_fields(fields, values) or {}) do list[i] = field.name end
      return table.concat(list, " ")
    end
    assert.equal("access_key secret_key", names(FIELDS, {}))
    assert.equal("secret_key", names(ncloud.credentials, { access_key = "AK" }))
    assert.equal("", names(FIELDS, { access_key = "AK", secret_key = "SK" }))
    assert.equal("", names(FIELDS, { token = "T" }))
    assert.is_nil(Credentials.find_missing_fields(FIELDS, { token = "T" }))
  end)

  it("find_unknown_field finds a name that is not a field, and quotes it", function()
    assert.is_nil(Credentials.find_unknown_field(FIELDS, { access_key = 1, expires = 2, warning = 3, token = 4 }))
    assert.equal('"token"', Credentials.find_unknown_field(ncloud.credentials, { token = "T" }))
    assert.equal("1", Credentials.find_unknown_field(FIELDS, { "AK" }))
  end)

  it("error returns nil and an error value of the kind credentials", function()
    local nothing, err = Credentials.error("expired", "too old", "why")
    assert.is_nil(nothing)
    assert.is_true(Error.is(err))
    assert.same({ "credentials", "expired", "too old", "why" }, { err.kind, err.code, err.message, err.cause })
  end)
end)
