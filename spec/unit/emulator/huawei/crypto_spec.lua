--- kms.emulator.huawei.crypto: encryption, signatures and MACs.

local digest = require "openssl.digest"
local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local encoding = require "kms.emulator.encoding"
local merge = require "spec.helpers.merge"
local requests = require "spec.helpers.emulator_requests"
local versions = require "spec.helpers.versions"

local KEY, DISABLED, PENDING = requests.KEY, requests.DISABLED_KEY, requests.PENDING_DELETION_KEY
local UNKNOWN = "9" .. KEY:sub(2)

local function encode(text) return encoding.encode_base64(text) end

-- One emulator for all specs, because key pairs take time to generate.
local cloud = emulator.new()
local keys = emulated_keys.new(cloud)
local RSA = keys:create { key_spec = "RSA_2048", key_usage = "ENCRYPT_DECRYPT" }
local SIGNING_RSA = keys:create { key_spec = "RSA_2048" }
local EC, SM2 = keys:create { key_spec = "EC_P256" }, keys:create { key_spec = "SM2", key_usage = "ENCRYPT_DECRYPT" }
local SM4, ED25519 = keys:create { key_spec = "SM4" }, keys:create { key_spec = "ED25519" }
local HMAC = keys:create { key_spec = "HMAC_256" }

describe("encrypt_data and decrypt_data of the emulator", function()
  for name, case in pairs { AES_256 = { KEY }, SM4 = { SM4 }, RSA_2048 = { RSA, "RSAES_OAEP_SHA_256" }, SM2 = { SM2, "SM2_ENCRYPT" } } do
    it("decrypt_data returns what encrypt_data encrypted with " .. name, function()
      local reason = name == "SM2" and versions.find_reason("OpenSSL", "3.0")
      if reason then return pending(reason) end
      local body = { key_id = case[1], encryption_algorithm = case[2] }
      local response = keys:call("encrypt_data", merge(body, { plain_text = "säcret" }))
      assert.equal(case[1], response.key_id)
      assert.is_true(#response.cipher_text >= 128)
      assert.same({ key_id = case[1], plain_text = "säcret", plain_text_base64 = encode "säcret" },
        keys:call("decrypt_data", merge(body, { cipher_text = response.cipher_text })))
    end)
  end

  local function encrypt(context)
    return keys:call("encrypt_data", { key_id = KEY, plain_text = "data", additional_authenticated_data = context }).cipher_text
  end

  it("decrypt_data finds the key of a symmetric ciphertext without a key id, in the region of a replica too", function()
    local cipher_text = encrypt()
    assert.equal(KEY, keys:call("decrypt_data", { cipher_text = cipher_text }).key_id)
    local east = emulated_keys.new(cloud, "cn-east-3")
    assert.equal("data", east:call("decrypt_data", { cipher_text = cipher_text }).plain_text)
  end)

  it("decrypt_data finds the key by the ciphertext when its replica has an id of its own", function()
    cloud:settings { inferred_replica_key_ids = "new" }
    local key_id = keys:create()
    local east, replica_id = keys:replicate(key_id)
    cloud:settings { inferred_replica_key_ids = "same" }
    local cipher_text = keys:call("encrypt_data", { key_id = key_id, plain_text = "data" }).cipher_text
    for _, body in ipairs { { cipher_text = cipher_text }, { cipher_text = cipher_text, key_id = replica_id } } do
      assert.equal(replica_id, east:call("decrypt_data", body).key_id)
    end
    cipher_text = east:call("encrypt_data", { key_id = replica_id, plain_text = "back" }).cipher_text
    assert.equal("back", keys:call("decrypt_data", { cipher_text = cipher_text }).plain_text)
  end)

  it("decrypt_data refuses another encryption context", function()
    local cipher_text = encrypt "context"
    assert.equal("data", keys:call("decrypt_data", { cipher_text = cipher_text, additional_authenticated_data = "context" }).plain_text)
    keys:refuse("KMS.2201", "decrypt_data", { cipher_text = cipher_text, additional_authenticated_data = "Context" })
    keys:refuse("KMS.2201", "decrypt_data", { cipher_text = cipher_text })
  end)

  it("decrypt_data refuses a ciphertext of which any byte was changed", function()
    local bytes = encoding.decode_base64(encrypt())
    for i = 1, #bytes do
      local changed = bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + 1) % 256) .. bytes:sub(i + 1)
      local status = keys:send("decrypt_data", { cipher_text = encode(changed) })
      assert.is_true(status >= 400, i)
      keys:refuse("KMS.2201", "decrypt_data", { cipher_text = encode(changed), key_id = KEY })
    end
  end)

  it("decrypt_data decrypts ciphertexts of all versions of a rotated key", function()
    local key_id = keys:create()
    local texts = {}
    for i = 1, 3 do
      texts[i] = keys:call("encrypt_data", { key_id = key_id, plain_text = "version " .. i }).cipher_text
      keys:call("rotate_on_demand", { key_id = key_id })
    end
    for i = 1, 3 do assert.equal("version " .. i, keys:call("decrypt_data", { cipher_text = texts[i] }).plain_text) end
  end)

  for _, case in ipairs {
    { "an unknown key", "KMS.0207", { key_id = UNKNOWN } },
    { "a wrong key id", "KMS.0205", { key_id = "x" } },
    { "a disabled key", "KMS.0209", { key_id = DISABLED } },
    { "a key pending deletion", "KMS.0210", { key_id = PENDING } },
    { "a key for MACs", "KMS.0341", { key_id = HMAC } },
    { "a key of an elliptic curve", "KMS.1114", { key_id = EC } },
    { "a key for signatures", "KMS.0335", { key_id = SIGNING_RSA } },
    { "an algorithm of RSA with a symmetric key", "KMS.2105", { encryption_algorithm = "RSAES_OAEP_SHA_256" } },
    { "no algorithm with an RSA key", "KMS.2106", { key_id = RSA } },
    { "an algorithm of RSA with an SM2 key", "KMS.0308", { key_id = SM2, encryption_algorithm = "RSAES_OAEP_SHA_256" } },
    { "an empty context", "KMS.0308", { additional_authenticated_data = "" } },
    { "a long context", "KMS.0308", { additional_authenticated_data = ("x"):rep(129) } },
    { "a context that is not a string", "KMS.0308", { additional_authenticated_data = {} } },
  } do
    it("encrypt_data and decrypt_data refuse " .. case[1], function()
      keys:refuse(case[2], "encrypt_data", merge({ key_id = KEY, plain_text = "x" }, case[3]))
      keys:refuse(case[2], "decrypt_data", merge({ key_id = KEY, cipher_text = encode "x" }, case[3]))
    end)
  end

  it("encrypt_data refuses empty, long and wrong plain text", function()
    for _, plain_text in ipairs { "", ("x"):rep(4097), 5 } do
      keys:refuse("KMS.2101", "encrypt_data", { key_id = KEY, plain_text = plain_text })
    end
    keys:call("encrypt_data", { key_id = KEY, plain_text = ("x"):rep(4096) })
    keys:refuse("KMS.2108", "encrypt_data", { key_id = RSA, plain_text = ("x"):rep(191), encryption_algorithm = "RSAES_OAEP_SHA_256" })
  end)

  it("decrypt_data refuses texts that are not a ciphertext, and the ciphertext of another key", function()
    for _, cipher_text in ipairs { "", "x", encode "x", encode(("x"):rep(200)), 5 } do
      keys:refuse("KMS.2201", "decrypt_data", { cipher_text = cipher_text })
      keys:refuse("KMS.2201", "decrypt_data", { cipher_text = cipher_text, key_id = KEY })
    end
    keys:refuse("KMS.2201", "decrypt_data", { cipher_text = encrypt(), key_id = requests.KEY_WITHOUT_REPLICA })
  end)

  it("decrypt_data does not find the key of a ciphertext in a region without it, or of another owner", function()
    local other = { provider = "huawei", access_key = "A", secret_key = "S", owner = "other",
      projects = emulated_keys.ACCOUNT.projects, tokens = { { token = "t", region = "cn-north-4" } } }
    local shared = emulator.new { accounts = { emulated_keys.ACCOUNT, other } }
    local cipher_text = emulated_keys.new(shared):call("encrypt_data", {
      key_id = requests.KEY_WITHOUT_REPLICA, plain_text = "data" }).cipher_text
    emulated_keys.new(shared, nil, other):refuse("KMS.0207", "decrypt_data", { cipher_text = cipher_text })
    emulated_keys.new(shared, "cn-east-3"):refuse("KMS.0207", "decrypt_data", { cipher_text = cipher_text })
  end)
end)

describe("re_encrypt of the emulator", function()
  local function encrypt()
    return keys:call("encrypt_data", { key_id = KEY, plain_text = "data", additional_authenticated_data = "a" }).cipher_text
  end

  it("re_encrypt encrypts with another key and another context", function()
    local response = keys:call("re_encrypt", { cipher_text = encrypt(), source_additional_authenticated_data = "a",
      destination_key_id = SM4, destination_additional_authenticated_data = "b" })
    assert.same({ SM4, KEY, "SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT" }, { response.key_id, response.source_key_id,
      response.source_encryption_algorithm, response.destination_encryption_algorithm })
    assert.equal("data", keys:call("decrypt_data", { cipher_text = response.cipher_text, additional_authenticated_data = "b" }).plain_text)
  end)

  it("re_encrypt takes data keys in hexadecimal when their length is given", function()
    local datakey = keys:call("create_datakey", { key_id = KEY })
    local response = keys:call("re_encrypt", { cipher_text = datakey.cipher_text, datakey_cipher_length = "32", destination_key_id = SM4 })
    assert.equal(datakey.plain_text, keys:call("decrypt_datakey", {
      key_id = SM4, cipher_text = response.cipher_text, datakey_cipher_length = "32" }).data_key)
  end)

  it("re_encrypt converts between symmetric and RSA keys", function()
    local response = keys:call("re_encrypt", { cipher_text = encrypt(), source_additional_authenticated_data = "a",
      destination_key_id = RSA, destination_encryption_algorithm = "RSAES_OAEP_SHA_256" })
    response = keys:call("re_encrypt", { cipher_text = response.cipher_text, source_key_id = RSA,
      source_encryption_algorithm = "RSAES_OAEP_SHA_256", destination_key_id = KEY })
    assert.equal("data", keys:call("decrypt_data", { cipher_text = response.cipher_text }).plain_text)
  end)

  for _, case in ipairs {
    { "another context", "KMS.2201", { source_additional_authenticated_data = "b" } },
    { "another source key", "KMS.2201", { source_key_id = SM4 } },
    { "an unknown destination", "KMS.0207", { destination_key_id = UNKNOWN } },
    { "a disabled destination", "KMS.0209", { destination_key_id = DISABLED } },
    { "a destination that does not encrypt", "KMS.0341", { destination_key_id = HMAC } },
    { "another algorithm of the destination", "KMS.2105", { destination_encryption_algorithm = "SM2_ENCRYPT" } },
    { "another algorithm of the source", "KMS.2105", { source_encryption_algorithm = "SM2_ENCRYPT" } },
    { "a wrong context of the destination", "KMS.0308", { destination_additional_authenticated_data = "" } },
  } do
    it("re_encrypt refuses " .. case[1], function()
      keys:refuse(case[2], "re_encrypt", merge({ cipher_text = encrypt(), source_additional_authenticated_data = "a",
        destination_key_id = SM4 }, case[3]))
    end)
  end

  it("re_encrypt refuses more data than the RSA key of the destination can encrypt", function()
    local cipher_text = keys:call("encrypt_data", { key_id = KEY, plain_text = ("x"):rep(191) }).cipher_text
    keys:refuse("KMS.2108", "re_encrypt", { cipher_text = cipher_text, destination_key_id = RSA,
      destination_encryption_algorithm = "RSAES_OAEP_SHA_256" })
  end)
end)

describe("sign and validate_signature of the emulator", function()
  local HASHED = encode(digest.new("sha256"):final "message")

  local function validate(body) return keys:call("validate_signature", body).signature_valid end

  it("validate_signature accepts the signature of a digest and of its message, and no other", function()
    for key_id, algorithm in pairs { [SIGNING_RSA] = "RSASSA_PSS_SHA_256", [EC] = "ECDSA_SHA_256" } do
      local body = { key_id = key_id, signing_algorithm = algorithm, message = HASHED }
      local response = keys:call("sign", body)
      assert.equal(key_id, response.key_id)
      body.signature = response.signature
      assert.equal("true", validate(body))
      assert.equal("true", validate(merge(body, { message = encode "message", message_type = "RAW" })))
      assert.equal("true", validate(merge(body, { message_type = "DIGEST" })))
      assert.equal("false", validate(merge(body, { message = encode "Message", message_type = "RAW" })))
      assert.equal("false", validate(merge(body, { signature = encode(("x"):rep(70)) })))
    end
  end)

  for _, case in ipairs {
    { "a symmetric key", "KMS.1115", { key_id = KEY } },
    { "a key for MACs", "KMS.0341", { key_id = HMAC } },
    { "a key for encryption", "KMS.0334", { key_id = RSA } },
    { "a disabled key", "KMS.0209", { key_id = DISABLED } },
    { "an algorithm of another kind of key", "KMS.0332", { signing_algorithm = "RSASSA_PSS_SHA_256" } },
    { "an unknown algorithm", "KMS.0332", { signing_algorithm = "MD5" } },
    { "an algorithm that is not a string", "KMS.0332", { signing_algorithm = 5 } },
    { "a digest of another length", "KMS.0329", { signing_algorithm = "ECDSA_SHA_384" } },
    { "a message that is not Base64", "KMS.0308", { message = "?" } },
    { "a long message", "KMS.0308", { message = encode(("x"):rep(4097)), message_type = "RAW" } },
    { "an unknown type of message", "KMS.0308", { message_type = "HASH" } },
    { "an algorithm that is not supported", "EMULATOR.0501", { key_id = ED25519, signing_algorithm = "ED25519_SHA_512" } },
  } do
    it("sign and validate_signature refuse " .. case[1], function()
      local body = merge({ key_id = EC, signing_algorithm = "ECDSA_SHA_256", message = HASHED, signature = encode "x" }, case[3])
      keys:refuse(case[2], "validate_signature", body)
      body.signature = nil
      keys:refuse(case[2], "sign", body)
    end)
  end

  it("validate_signature refuses a signature that is not Base64", function()
    keys:refuse("KMS.0308", "validate_signature", { key_id = EC, signing_algorithm = "ECDSA_SHA_256", message = HASHED, signature = "?" })
  end)
end)

describe("generate_mac and verify_mac of the emulator", function()
  it("verify_mac accepts the MAC of a message, and no other", function()
    for spec, algorithm in pairs { HMAC_256 = "HMAC_SHA_256", HMAC_384 = "HMAC_SHA_384", HMAC_512 = "HMAC_SHA_512", HMAC_SM3 = "HMAC_SM3" } do
      local body = { key_id = keys:create { key_spec = spec }, mac_algorithm = algorithm, message = encode "message" }
      local response = keys:call("generate_mac", body)
      assert.same({ body.key_id, algorithm }, { response.key_id, response.mac_algorithm })
      body.mac = response.mac
      assert.is_true(keys:call("verify_mac", body).mac_valid)
      assert.is_false(keys:call("verify_mac", merge(body, { message = encode "Message" })).mac_valid)
      assert.is_false(keys:call("verify_mac", merge(body, { mac = "00" })).mac_valid)
    end
  end)

  for _, case in ipairs {
    { "a symmetric key", "KMS.0331", { key_id = KEY } },
    { "an asymmetric key", "KMS.0325", { key_id = EC } },
    { "another algorithm", "KMS.0332", { mac_algorithm = "HMAC_SM3" } },
    { "a message that is not Base64", "KMS.0308", { message = "?" } },
    { "a disabled key", "KMS.0209", { key_id = DISABLED } },
  } do
    it("generate_mac and verify_mac refuse " .. case[1], function()
      local body = merge({ key_id = HMAC, mac_algorithm = "HMAC_SHA_256", message = encode "message", mac = "00" }, case[3])
      keys:refuse(case[2], "verify_mac", body)
      body.mac = nil
      keys:refuse(case[2], "generate_mac", body)
    end)
  end

  it("verify_mac refuses a MAC that is not hexadecimal", function()
    keys:refuse("KMS.0308", "verify_mac", { key_id = HMAC, mac_algorithm = "HMAC_SHA_256", message = encode "m", mac = "xy" })
  end)

  it("derive_shared_secret is not emulated", function()
    keys:refuse("EMULATOR.0501", "derive_shared_secret", { key_id = EC, key_agreement_algorithm = "ECDH", public_key = "x" })
  end)
end)
