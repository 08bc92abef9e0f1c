local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

local hex = signing.hex

local function fingerprint(access_key, secret_key)
  return assert(sign.fingerprint { access_key = access_key, secret_key = secret_key })
end

describe("kms.sign.fingerprint", function()
  it("is HMAC-SHA256 of a fixed text and the access key, keyed with the secret key", function()
    for _, secret_key in ipairs { "s", ("k"):rep(64), ("k"):rep(65), "\0\255\n" } do
      local expected = hex(hmac.new(secret_key, "sha256"):final("\0kms.sign.fingerprint\0" .. "AKEXAMPLE"))
      assert.equal(expected, fingerprint("AKEXAMPLE", secret_key))
      assert.matches("^" .. ("[0-9a-f]"):rep(64) .. "$", expected)
    end
  end)

  it("differs when the access key or the secret key differs", function()
    local seen = {}
    for _, access_key in ipairs { "a", "b", "ab" } do
      for _, secret_key in ipairs { "a", "b", "ab" } do
        local id = fingerprint(access_key, secret_key)
        assert.is_nil(seen[id])
        seen[id] = true
      end
    end
  end)

  it("ignores the security token", function()
    local with_token = { access_key = "a", secret_key = "s", security_token = "t" }
    assert.equal(fingerprint("a", "s"), sign.fingerprint(with_token))
  end)

  it("differs from the hash of the secret key and from signatures of other texts", function()
    local id = fingerprint("a", "s")
    assert.not_equal(hex(digest.new("sha256"):final "s"), id)
    for _, text in ipairs { "", "a", "kms.sign.fingerprint", "kms.sign.fingerprint\0a" } do
      assert.not_equal(hex(hmac.new("s", "sha256"):final(text)), id)
    end
  end)

  it("refuses keys that cannot be used", function()
    signing.assert_invalid("access_key", "empty", sign.fingerprint { access_key = "", secret_key = "s" })
    signing.assert_invalid("access_key", "0x2c", sign.fingerprint { access_key = "a,b", secret_key = "s" })
    signing.assert_invalid("access_key", "32768", sign.fingerprint { access_key = ("a"):rep(32769), secret_key = "s" })
    signing.assert_invalid("secret_key", "empty", sign.fingerprint { access_key = "a", secret_key = "" })
  end)

  it("raises when an argument has the wrong type", function()
    local function assert_raises(words, ...)
      local ok, message = pcall(sign.fingerprint, ...)
      assert.is_false(ok)
      assert.truthy(message:find(words, 1, true), message)
    end
    assert_raises "bad argument #1"
    assert_raises("bad argument #1", "a")
    assert_raises("access_key must be a string; got nil", { secret_key = "s" })
    assert_raises("secret_key must be a string; got number", { access_key = "a", secret_key = 1 })
  end)
end)
