--- kms.emulator.crypto.key_pair: kinds and formats of key pairs.

local encoding = require "kms.emulator.encoding"
local key_pair = require "kms.emulator.crypto.key_pair"
local pkey = require "openssl.pkey"

describe("kms.emulator.crypto.key_pair", function()
  it("find_kind tells the kind of every key pair that generate makes", function()
    for _, kind in ipairs { "RSA_2048", "EC_P256", "EC_P384", "EC_P521", "SECP256K1", "SM2", "ED25519" } do
      assert.equal(kind:match "^RSA" or kind, (key_pair.find_kind(key_pair.generate(kind))))
    end
  end)

  it("find_kind finds no kind of a key that no service has", function()
    assert.is_nil((key_pair.find_kind(pkey.new({ type = "EC", curve = "secp224r1" }):toPEM "private")))
  end)

  it("generate refuses a kind that does not exist", function()
    assert.same({ nil, "algorithm" }, { key_pair.generate "RSA_1024" })
  end)

  it("public_key returns PEM and its DER", function()
    local pem, der = key_pair.public_key(key_pair.generate "EC_P256")
    assert.matches("^%-%-%-%-%-BEGIN PUBLIC KEY%-%-%-%-%-\n", pem)
    assert.equal(encoding.encode_base64(der), key_pair.strip_pem(pem))
  end)
end)
