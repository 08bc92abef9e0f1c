--- kms.emulator.token_issuer: the form of tokens and temporary keys.

local token_issuer = require "kms.emulator.token_issuer"

local function new_issuer(time) return token_issuer.new(function() return time or 1767323045.6789 end) end

local ACCOUNTS = {
  huawei = { provider = "huawei", owner = "demo", projects = { ["cn-north-4"] = "p" }, more_projects = {} },
  ncloud = { provider = "ncloud", owner = "demo" },
}

describe("kms.emulator.token_issuer", function()
  it("generate_digits returns hexadecimal digits of the requested length, other ones each time", function()
    local issuer, seen = new_issuer(), {}
    for _, length in ipairs { 1, 64, 65, 2045, 2045 } do
      local digits = issuer:generate_digits(length)
      assert.equal(length, #digits)
      assert.truthy(digits:find "^[0-9a-f]+$")
      assert.is_nil(seen[digits])
      seen[digits] = true
    end
  end)

  it("two issuers at the same time issue the same values in the same order", function()
    local first, second, later = new_issuer(), new_issuer(), new_issuer(1767323046)
    assert.equal(first:issue_token(), second:issue_token())
    assert.equal(first:issue_token(), second:issue_token())
    assert.not_equal(new_issuer():issue_token(), later:issue_token())
  end)

  it("derive_id returns the same id for the same name, and other ids for other kinds", function()
    local id = token_issuer.derive_id("user", "a")
    assert.equal(id, token_issuer.derive_id("user", "a"))
    assert.truthy(id:find "^%x+$")
    assert.equal(32, #id)
    assert.not_equal(id, token_issuer.derive_id("domain", "a"))
    assert.not_equal(id, token_issuer.derive_id("user", "b"))
  end)

  it("issue_token returns a token of 2048 characters", function()
    assert.truthy(new_issuer():issue_token():find("^MII" .. ("%x"):rep(20)))
    assert.equal(2048, #new_issuer():issue_token())
  end)

  it("issue_key returns a Huawei key with a security token, and the projects and owner of the account", function()
    local key = new_issuer():issue_key(ACCOUNTS.huawei, 900)
    assert.truthy(key.access_key:find "^HST%w+$")
    assert.equal(20, #key.access_key)
    assert.equal(40, #key.secret_key)
    assert.is_true(#key.security_token > 1000)
    assert.equal(1767323045.6789 + 900, key.expires)
    assert.equal("huawei", key.provider)
    assert.equal("demo", key.owner)
    assert.equal(ACCOUNTS.huawei.projects, key.projects)
    assert.equal(ACCOUNTS.huawei.more_projects, key.more_projects)
  end)

  it("issue_key returns a NAVER key without a security token", function()
    local key = new_issuer():issue_key(ACCOUNTS.ncloud, 60)
    assert.truthy(key.access_key:find "^ncp_iam_%w+$")
    assert.equal(40, #key.secret_key)
    assert.is_nil(key.security_token)
    assert.equal("ncloud", key.provider)
  end)
end)
