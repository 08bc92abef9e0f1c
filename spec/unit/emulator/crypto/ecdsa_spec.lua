--- kms.emulator.crypto.ecdsa: signatures as DER. crypto_spec compares them with those of OpenSSL.

local ecdsa = require "kms.emulator.crypto.ecdsa"
local key_pair = require "kms.emulator.crypto.key_pair"

local HASHED = ("\171"):rep(32)

local key = key_pair.load(key_pair.generate "EC_P256")

describe("kms.emulator.crypto.ecdsa", function()
  it("has_curve is true for the curves of ECDSA only", function()
    for _, kind in ipairs { "EC_P256", "EC_P384", "EC_P521", "SECP256K1" } do assert.is_true(ecdsa.has_curve(kind)) end
    for _, kind in ipairs { "SM2", "RSA", "ED25519" } do assert.is_false(ecdsa.has_curve(kind)) end
  end)

  it("sign never makes the same signature twice", function()
    assert.are_not.equal(ecdsa.sign(key, "EC_P256", HASHED), ecdsa.sign(key, "EC_P256", HASHED))
  end)

  it("verify refuses a signature of another key", function()
    local other = key_pair.load(key_pair.generate "EC_P256")
    assert.is_false(ecdsa.verify(other, "EC_P256", HASHED, ecdsa.sign(key, "EC_P256", HASHED)))
  end)

  it("verify refuses everything that is not the DER of two numbers of the right size", function()
    local order = "\255\255\255\255\0\0\0\0\255\255\255\255\255\255\255\255"
      .. "\188\230\250\173\167\23\158\132\243\185\202\194\252\99\37\81"
    for _, signature in ipairs {
      "", "\48", "\48\0", "\48\6\2\1\1\2\1", "\48\6\2\1\0\2\1\1", "\48\6\2\1\1\2\1\0", "\48\6\3\1\1\2\1\1", "\48\7\2\2\0\1\2\1\1",
      "\48\129\6\2\1\1\2\1\1", "\48\38\2\33\0" .. order .. "\2\1\1", "\48\38\2\1\1\2\33\0" .. order, ("x"):rep(72),
      "\48\6\2\1\1\2\1\1",
    } do
      assert.is_false(ecdsa.verify(key, "EC_P256", HASHED, signature))
    end
  end)

  it("verify refuses any cut or extended signature", function()
    local signature = ecdsa.sign(key, "EC_P256", HASHED)
    for size = 0, #signature - 1 do assert.is_false(ecdsa.verify(key, "EC_P256", HASHED, signature:sub(1, size))) end
    assert.is_false(ecdsa.verify(key, "EC_P256", HASHED, signature .. "\0"))
  end)
end)
