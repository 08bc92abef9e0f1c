--- kms.emulator.crypto: digests, MACs, encryption to key pairs, signatures.

local digest = require "openssl.digest"
local pkey = require "openssl.pkey"
local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local run = require "spec.helpers.openssl_program"
local versions = require "spec.helpers.versions"

local KINDS = { "RSA_2048", "EC_P256", "EC_P384", "EC_P521", "SECP256K1", "SM2", "ED25519" }

local SM2_REASON = versions.find_reason("OpenSSL", "3.0")

local keys = {}
for _, kind in ipairs(KINDS) do keys[kind] = crypto.generate_key_pair(kind) end

local FITTING = {
  RSA_2048 = { "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512" },
  EC_P256 = { "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512" },
  EC_P384 = { "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512" },
  EC_P521 = { "ECDSA_SHA_256", "ECDSA_SHA_512" },
  SECP256K1 = { "ECDSA_SHA_256" },
  SM2 = not SM2_REASON and { "SM2DSA_SM3" } or nil,
}

local function each_fitting(visit)
  for kind, algorithms in pairs(FITTING) do
    for _, algorithm in ipairs(algorithms) do visit(kind, algorithm, "sha" .. algorithm:match "%d+$") end
  end
end

local function flip(bytes, position)
  return bytes:sub(1, position - 1) .. string.char((bytes:byte(position) + 1) % 256) .. bytes:sub(position + 1)
end

describe("kms.emulator.crypto", function()
  it("hash and mac give published values", function()
    assert.equal("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", encoding.encode_hex(crypto.hash("sm3", "abc")))
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      encoding.encode_hex(crypto.hash("sha256", "abc")))
    -- RFC 4231, test case 2.
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      encoding.encode_hex(crypto.mac("sha256", "Jefe", "what do ya want for nothing?")))
  end)

  it("hash and mac do not support a digest that OpenSSL lacks", function()
    assert.same({ nil, "unsupported" }, { crypto.hash("sha0", "abc") })
    assert.same({ nil, "unsupported" }, { crypto.mac("sha0", "abc", "abc") })
  end)

  it("random returns different bytes each time", function()
    assert.equal(32, #crypto.random(32))
    assert.are_not.equal(crypto.random(32), crypto.random(32))
  end)

  it("data encrypted to a key pair can be decrypted with it only", function()
    local other = crypto.generate_key_pair "RSA_2048"
    for _, kind in ipairs { "RSA_2048", not SM2_REASON and "SM2" or nil } do
      local encrypted = crypto.encrypt_to_key_pair(keys[kind], "secret\0data")
      assert.equal("secret\0data", crypto.decrypt_with_key_pair(keys[kind], encrypted))
      assert.same({ nil, "ciphertext" }, { crypto.decrypt_with_key_pair(keys[kind], flip(encrypted, #encrypted)) })
      assert.same({ nil, "ciphertext" }, { crypto.decrypt_with_key_pair(keys[kind], "short") })
      assert.same({ nil, "ciphertext" }, { crypto.decrypt_with_key_pair(other, encrypted) })
    end
    assert.same({ nil, "algorithm" }, { crypto.encrypt_to_key_pair(keys.EC_P256, "x") })
    assert.same({ nil, "algorithm" }, { crypto.decrypt_with_key_pair(keys.EC_P256, "x") })
  end)

  it("a message signed by any algorithm is valid, and another message is not", function()
    each_fitting(function(kind, algorithm)
      local input = { algorithm = algorithm, message = "message" }
      local signature = assert(crypto.sign(keys[kind], input))
      assert.is_true(crypto.verify(keys[kind], input, signature), algorithm)
      assert.is_false(crypto.verify(keys[kind], { algorithm = algorithm, message = "Message" }, signature), algorithm)
      assert.is_false(crypto.verify(keys[kind], input, flip(signature, #signature)), algorithm)
      assert.is_false(crypto.verify(keys[kind], input, ""), algorithm)
      assert.is_false(crypto.verify(keys[kind], input, signature .. "x"), algorithm)
    end)
  end)

  it("the signature of a digest is valid for its message, and the other way round", function()
    each_fitting(function(kind, algorithm, hash)
      if kind == "SM2" then return end
      local raw = { algorithm = algorithm, message = "message" }
      local hashed = { algorithm = algorithm, message = crypto.hash(hash, "message"), is_digest = true }
      assert.is_true(crypto.verify(keys[kind], raw, crypto.sign(keys[kind], hashed)), algorithm)
      assert.is_true(crypto.verify(keys[kind], hashed, crypto.sign(keys[kind], raw)), algorithm)
    end)
  end)

  it("OpenSSL accepts the signatures of ECDSA and PKCS #1, and crypto accepts those of OpenSSL", function()
    each_fitting(function(kind, algorithm, hash)
      if algorithm:find "PSS" or kind == "SM2" then return end
      local function new_digest()
        local object = digest.new(hash)
        object:update "message"
        return object
      end
      local input = { algorithm = algorithm, message = "message" }
      local public, private = pkey.new((crypto.public_key(keys[kind]))), pkey.new(keys[kind], "PEM", "private")
      for _ = 1, 20 do
        assert.is_true(public:verify(crypto.sign(keys[kind], input), new_digest()), algorithm)
        assert.is_true(crypto.verify(keys[kind], input, private:sign(new_digest())), algorithm)
      end
    end)
  end)

  it("the openssl program accepts signatures of SM2 with the default id, and crypto accepts its signatures", function()
    if SM2_REASON then return pending(SM2_REASON) end
    local options = " -rawin -digest sm3 -pkeyopt distid:1234567812345678"
    local input = { algorithm = "SM2DSA_SM3", message = "message" }
    local signature, public_key = crypto.sign(keys.SM2, input), crypto.public_key(keys.SM2)
    assert.matches("Signature Verified Successfully", run("-verify -pubin" .. options, public_key, "message", signature))
    assert.is_true(crypto.verify(keys.SM2, input, run("-sign" .. options, keys.SM2, "message")))
  end)

  it("sign makes salts of PSS of the length asked for, and verify accepts all lengths", function()
    local input = { algorithm = "RSASSA_PSS_SHA_256", message = "message", salt = 222 }
    local signature = crypto.sign(keys.RSA_2048, input)
    assert.is_true(crypto.verify(keys.RSA_2048, { algorithm = input.algorithm, message = "message" }, signature))
  end)

  it("sign and verify refuse an algorithm that does not exist or does not fit the key", function()
    for kind, algorithm in pairs { RSA_2048 = "ECDSA_SHA_256", EC_P256 = "RSASSA_PSS_SHA_256", SM2 = "ECDSA_SHA_256", EC_P384 = "MD5" } do
      local input = { algorithm = algorithm, message = "message" }
      assert.same({ nil, "algorithm" }, { crypto.sign(keys[kind], input) })
      assert.same({ nil, "algorithm" }, { crypto.verify(keys[kind], input, "x") })
    end
  end)

  it("sign and verify refuse a digest of the wrong length", function()
    local input = { algorithm = "ECDSA_SHA_256", message = ("x"):rep(31), is_digest = true }
    assert.same({ nil, "digest" }, { crypto.sign(keys.EC_P256, input) })
    assert.same({ nil, "digest" }, { crypto.verify(keys.EC_P256, input, "x") })
  end)

  it("sign and verify do not support ED25519, and SM2 with a digest", function()
    local inputs = {
      ED25519 = { algorithm = "ED25519_SHA_512", message = "message" },
      SM2 = { algorithm = "SM2DSA_SM3", message = ("x"):rep(32), is_digest = true },
    }
    for kind, input in pairs(inputs) do
      assert.same({ nil, "unsupported" }, { crypto.sign(keys[kind], input) })
      assert.same({ nil, "unsupported" }, { crypto.verify(keys[kind], input, "x") })
    end
  end)
end)
