--- kms.emulator.huawei.datakeys: data keys, key pairs, random bytes.

local digest = require "openssl.digest"
local merge = require "spec.helpers.merge"
local pkey = require "openssl.pkey"
local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local encoding = require "kms.emulator.encoding"
local requests = require "spec.helpers.emulator_requests"

local KEY, DISABLED = requests.KEY, requests.DISABLED_KEY

local cloud = emulator.new()
local keys = emulated_keys.new(cloud)
local RSA = keys:create { key_spec = "RSA_2048", key_usage = "ENCRYPT_DECRYPT" }
local EC, SM4 = keys:create { key_spec = "EC_P256" }, keys:create { key_spec = "SM4" }

local function encode_hex(bytes) return encoding.encode_hex(bytes):upper() end

local function decrypt(cipher_text, size, fields)
  return keys:call("decrypt_datakey", merge({ key_id = KEY, cipher_text = cipher_text, datakey_cipher_length = tostring(size) }, fields))
end

describe("data keys of the emulator", function()
  it("create_datakey returns a data key of the size that length, kind or default ask for, and decrypt_datakey decrypts it", function()
    for _, case in ipairs {
      { 32 }, { 32, { key_spec = "AES_256" } }, { 16, { key_spec = "AES_128" } }, { 16, { key_spec = "SM4" } },
      { 48, { key_spec = "HMAC_384" } }, { 64, { datakey_length = "512" } }, { 1, { datakey_length = "8", key_spec = "AES_256" } },
      { 1024, { datakey_length = "8192" } },
    } do
      local response = keys:call("create_datakey", merge({ key_id = KEY }, case[2]))
      assert.equal(case[1] * 2, #response.plain_text)
      local decrypted = decrypt(response.cipher_text, case[1])
      assert.same({ response.plain_text, tostring(case[1]) }, { decrypted.data_key, decrypted.datakey_length })
      assert.equal(encode_hex(digest.new("sha256"):final(encoding.decode_hex(response.plain_text))), decrypted.datakey_dgst)
    end
  end)

  it("create_datakey_without_plaintext returns the ciphertext only", function()
    local response = keys:call("create_datakey_without_plaintext", { key_id = KEY })
    assert.is_nil(response.plain_text)
    assert.equal(64, #decrypt(response.cipher_text, 32).data_key)
  end)

  it("an RSA key wraps data keys up to the length that it can encrypt", function()
    local response = keys:call("create_datakey", { key_id = RSA, datakey_length = "1520" })
    assert.equal(response.plain_text, decrypt(response.cipher_text, 190, { key_id = RSA }).data_key)
    keys:refuse("KMS.1904", "create_datakey", { key_id = RSA, datakey_length = "1528" })
  end)

  it("decrypt_datakey needs the encryption context of create_datakey", function()
    local cipher_text = keys:call("create_datakey", { key_id = KEY, additional_authenticated_data = "a" }).cipher_text
    decrypt(cipher_text, 32, { additional_authenticated_data = "a" })
    keys:refuse("KMS.2201", "decrypt_datakey", { key_id = KEY, cipher_text = cipher_text, datakey_cipher_length = "32" })
  end)

  for _, case in ipairs {
    { "a length of 0", "KMS.1901", { datakey_length = "0" } },
    { "a length above 8192", "KMS.1901", { datakey_length = "8200" } },
    { "a length that is not a number", "KMS.1901", { datakey_length = "x" } },
    { "a length that is not a multiple of 8", "KMS.1903", { datakey_length = "257" } },
    { "an unknown kind", "KMS.1902", { key_spec = "DES" } },
    { "a key that does not encrypt", "KMS.1114", { key_id = EC } },
    { "a disabled key", "KMS.0209", { key_id = DISABLED } },
    { "a wrong context", "KMS.0308", { additional_authenticated_data = "" } },
    { "a pin", "EMULATOR.0501", { pin = "1" } },
  } do
    it("create_datakey and create_datakey_without_plaintext refuse " .. case[1], function()
      for _, operation in ipairs { "create_datakey", "create_datakey_without_plaintext" } do
        keys:refuse(case[2], operation, merge({ key_id = KEY }, case[3]))
      end
    end)
  end

  local function plain_text(bytes, hash) return encode_hex(bytes .. digest.new(hash or "sha256"):final(bytes)) end

  it("encrypt_datakey encrypts a data key that is followed by its digest, SM3 with a key of SM4", function()
    local bytes = ("k"):rep(64)
    for key_id, hash in pairs { [KEY] = "sha256", [SM4] = "sm3" } do
      local response = keys:call("encrypt_datakey", { key_id = key_id, plain_text = plain_text(bytes, hash), datakey_plain_length = "64" })
      assert.equal("64", response.datakey_length)
      local decrypted = decrypt(response.cipher_text, 64, { key_id = key_id })
      assert.equal(encode_hex(bytes), decrypted.data_key)
      assert.equal(encode_hex(digest.new(hash):final(bytes)), decrypted.datakey_dgst)
    end
  end)

  for _, case in ipairs {
    { "plain text that is not hexadecimal", "KMS.2101", { plain_text = "xy" } },
    { "plain text without a data key", "KMS.2101", { plain_text = ("00"):rep(32) } },
    { "another length", "KMS.2104", { datakey_plain_length = "63" } },
    { "a length that is not a number", "KMS.2104", { datakey_plain_length = "x" } },
    { "a data key of more than 1,024 bytes", "KMS.2104", { plain_text = plain_text(("k"):rep(1025)), datakey_plain_length = "1025" } },
    { "another digest", "KMS.2103", { plain_text = ("00"):rep(96) } },
    { "a key that does not encrypt", "KMS.1114", { key_id = EC } },
    { "a wrong context", "KMS.0308", { additional_authenticated_data = "" } },
    { "a pin", "EMULATOR.0501", { pin = "1" } },
    { "a data key that is too long for RSA", "KMS.1904",
      { key_id = RSA, plain_text = plain_text(("k"):rep(191)), datakey_plain_length = "191" } },
  } do
    it("encrypt_datakey refuses " .. case[1], function()
      keys:refuse(case[2], "encrypt_datakey", merge({ key_id = KEY, plain_text = plain_text(("k"):rep(64)),
        datakey_plain_length = "64" }, case[3]))
    end)
  end

  it("decrypt_datakey accepts the length of the data key or of the ciphertext, and no other", function()
    local cipher_text = keys:call("create_datakey", { key_id = KEY }).cipher_text
    decrypt(cipher_text, 32)
    decrypt(cipher_text, ("%d"):format(#cipher_text / 2))
    for _, size in ipairs { "33", "x" } do
      keys:refuse("KMS.2204", "decrypt_datakey", { key_id = KEY, cipher_text = cipher_text, datakey_cipher_length = size })
    end
  end)

  it("decrypt_datakey refuses wrong ciphertexts, keys and contexts", function()
    local cipher_text = keys:call("create_datakey", { key_id = KEY }).cipher_text
    for _, fields in ipairs { { cipher_text = "x" }, { cipher_text = "00" }, { cipher_text = cipher_text:sub(1, -3) }, { key_id = SM4 } } do
      keys:refuse("KMS.2201", "decrypt_datakey", merge({ key_id = KEY, cipher_text = cipher_text, datakey_cipher_length = "32" }, fields))
    end
    keys:refuse("KMS.1114", "decrypt_datakey", { key_id = EC, cipher_text = cipher_text, datakey_cipher_length = "32" })
    keys:refuse("KMS.0308", "decrypt_datakey", { key_id = KEY, cipher_text = cipher_text, datakey_cipher_length = "32",
      additional_authenticated_data = "" })
  end)
end)

describe("key pairs for data of the emulator", function()
  for spec, operation in pairs { RSA_2048 = "create_rsa_datakey_pair", ECC_NIST_P256 = "create_ec_datakey_pair",
    ECC_NIST_P384 = "create_ec_datakey_pair", ECC_NIST_P521 = "create_ec_datakey_pair",
    ECC_SECG_P256K1 = "create_ec_datakey_pair", SM2 = "create_ec_datakey_pair" } do
    it(operation .. " makes a key pair of " .. spec .. " whose private key decrypt_datakey decrypts", function()
      local response = keys:call(operation, { key_id = KEY, key_spec = spec })
      local private = encoding.decode_base64(response.private_key_plain_text)
      local public = pkey.new(private, "DER", "private"):toPEM("public"):gsub("%-%-%-%-%-[^\n]*", ""):gsub("\n", "")
      assert.same({ KEY, spec, public }, { response.key_id, response.key_spec, response.public_key })
      assert.equal(encode_hex(private), decrypt(response.private_key_cipher_text, #private).data_key)
    end)
  end

  it("a key pair comes without its private key when with_plain_text is false", function()
    assert.is_nil(keys:call("create_ec_datakey_pair", { key_id = KEY, key_spec = "SM2", with_plain_text = false }).private_key_plain_text)
    assert.is_string(keys:call("create_ec_datakey_pair", { key_id = KEY, key_spec = "SM2", with_plain_text = true }).private_key_plain_text)
  end)

  for _, case in ipairs {
    { "a kind of the other operation", "KMS.1110", { key_spec = "RSA_1024" } },
    { "with_plain_text as text", "KMS.0308", { with_plain_text = "true" } },
    { "a pin", "EMULATOR.0501", { pin = "1" } },
    { "a key that does not encrypt", "KMS.1114", { key_id = EC } },
    { "an RSA key", "KMS.0325", { key_id = RSA, key_spec = "ECC_NIST_P521" } },
  } do
    it("create_ec_datakey_pair refuses " .. case[1], function()
      keys:refuse(case[2], "create_ec_datakey_pair", merge({ key_id = KEY, key_spec = "SM2" }, case[3]))
    end)
  end
end)

describe("random bytes and pins of the emulator", function()
  it("create_random returns different bytes of the length asked for", function()
    local first = keys:call("create_random", { random_data_length = "512" }).random_data
    assert.equal(128, #first)
    assert.are_not.equal(first, keys:call("create_random", { random_data_length = "512" }).random_data)
    assert.equal(2, #keys:call("create_random", { random_data_length = "8" }).random_data)
  end)

  it("create_random refuses lengths out of 8 to 8192 and those that are not a multiple of 8", function()
    for _, length in ipairs { "0", "8200", "x" } do keys:refuse("KMS.1801", "create_random", { random_data_length = length }) end
    keys:refuse("KMS.1802", "create_random", { random_data_length = "12" })
  end)

  it("create_pin is not emulated", function() keys:refuse("EMULATOR.0501", "create_pin", {}) end)
end)
