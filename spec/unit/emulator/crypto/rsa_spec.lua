--- kms.emulator.crypto.rsa: the paddings, against the openssl program.

local digest = require "openssl.digest"
local encoding = require "kms.emulator.encoding"
local key_pair = require "kms.emulator.crypto.key_pair"
local rsa = require "kms.emulator.crypto.rsa"
local run = require "spec.helpers.openssl_program"

local private_key = key_pair.generate "RSA_2048"
local key = key_pair.load(private_key)
local hashed = digest.new("sha256"):final "message"

local OAEP = " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
local PSS = " -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:"

describe("kms.emulator.crypto.rsa", function()
  local public_key = key_pair.public_key(private_key)

  it("the openssl program accepts signatures with PSS", function()
    for _, salt in ipairs { 32, 222, 0 } do
      local signature = rsa.sign(key, { digest = "sha256", padding = "pss", salt = salt }, hashed)
      assert.matches("Signature Verified Successfully", run("-verify -pubin" .. PSS .. salt, public_key, hashed, signature))
    end
  end)

  it("verify accepts signatures with PSS of the openssl program", function()
    local signature = run("-sign" .. PSS .. "32", private_key, hashed)
    assert.is_true(rsa.verify(key, { digest = "sha256", padding = "pss" }, hashed, signature))
    assert.is_false(rsa.verify(key, { digest = "sha256", padding = "pkcs1" }, hashed, signature))
  end)

  it("verify refuses signatures that are not numbers below the modulus", function()
    for _, padding in ipairs { "pss", "pkcs1" } do
      assert.is_false(rsa.verify(key, { digest = "sha256", padding = padding }, hashed, ("\255"):rep(256)))
      assert.is_false(rsa.verify(key, { digest = "sha256", padding = padding }, hashed, ("\0"):rep(256)))
    end
  end)

  it("the openssl program decrypts what encrypt encrypts, and the other way round", function()
    for _, data in ipairs { "", "secret", ("x"):rep(190) } do
      assert.equal(data, run("-decrypt" .. OAEP, private_key, rsa.encrypt(key, data)))
      assert.equal(data, rsa.decrypt(key, run("-encrypt -pubin" .. OAEP, public_key, data)))
    end
  end)

  it("encrypt refuses data that is longer than the modulus permits", function()
    assert.same({ nil, "length" }, { rsa.encrypt(key, ("x"):rep(191)) })
  end)

  it("decrypt refuses bytes that encrypt did not make", function()
    for _, bytes in ipairs { "", "x", ("\0"):rep(256), ("\1"):rep(256), encoding.decode_hex(("ff"):rep(256)) } do
      assert.same({ nil, "ciphertext" }, { rsa.decrypt(key, bytes) })
    end
  end)
end)
