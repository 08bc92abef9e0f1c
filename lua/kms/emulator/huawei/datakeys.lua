--- Huawei Cloud KMS: data keys, key pairs for data, random bytes.

local ascii = require "kms.util.ascii"
local cipher = require "kms.emulator.huawei.cipher"
local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local outcome = require "kms.emulator.huawei.outcome"
local wire = require "kms.emulator.huawei.wire"

local datakeys = {}

local ENABLED = { enabled = true }

-- Published for Open Telekom Cloud: the samples have capital letters.
local function encode_hex(bytes) return ascii.upper(encoding.encode_hex(bytes)) end

-- Documented: "Creating a DEK". Bits by key_spec.
local SPEC_BITS = {
  AES_256 = 256, AES_128 = 128, SM4 = 128, HMAC_256 = 256, HMAC_384 = 384, HMAC_512 = 512, HMAC_SM3 = 256,
}
local DEFAULT_BITS, MIN_BITS, MAX_BITS = 256, 8, 8192

-- Documented: datakey_length has precedence over key_spec.
local function read_bits(body)
  if body.datakey_length ~= nil then
    local bits = wire.read_number(body.datakey_length)
    if not bits or bits < MIN_BITS or bits > MAX_BITS then return nil, "KMS.1901" end
    if bits % 8 ~= 0 then return nil, "KMS.1903" end
    return bits
  end
  if body.key_spec == nil then return DEFAULT_BITS end
  local bits = SPEC_BITS[body.key_spec]
  if not bits then return nil, "KMS.1902" end
  return bits
end

-- Returns the refusal of a request to encrypt with a key. Inferred: a key pair that encrypts wraps data keys too, as
-- the text of KMS.1904 says for RSA.
local function find_request_error(key, body)
  if body.pin ~= nil then return outcome.refuse_not_emulated "pins" end
  return nil, cipher.find_key_error(key) or cipher.find_context_error(body.additional_authenticated_data)
end

-- Creates a data key. Returns it with its ciphertext.
local function create(key, body)
  local _, code, details = find_request_error(key, body)
  if code then return nil, code, details end
  local bits
  bits, code = read_bits(body)
  if not bits then return nil, code end
  local data = crypto.random(bits / 8)
  local encrypted
  encrypted, code, details = cipher.encrypt(key, data, body.additional_authenticated_data, "KMS.1904")
  if not encrypted then return nil, code, details end
  return { data = data, encrypted = encrypted }
end

datakeys.create_datakey = {
  route = "POST /v1.0/{project_id}/kms/create-datakey",
  required = { "key_id" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local datakey, code, details = create(key, call.body)
    if not datakey then return nil, code, details end
    return {
      { "key_id", copy.key_id }, { "plain_text", encode_hex(datakey.data) },
      { "cipher_text", encode_hex(datakey.encrypted) },
    }
  end,
}

datakeys.create_datakey_without_plaintext = {
  route = "POST /v1.0/{project_id}/kms/create-datakey-without-plaintext",
  required = { "key_id" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local datakey, code, details = create(key, call.body)
    if not datakey then return nil, code, details end
    return { { "key_id", copy.key_id }, { "cipher_text", encode_hex(datakey.encrypted) } }
  end,
}

-- Documented: "Encrypting a DEK". The digest is SM3 with a key of SM4.
local function hash_datakey(key, data) return crypto.hash(key.key_spec == "SM4" and "sm3" or "sha256", data) end

local DIGEST_SIZE, MAX_DATAKEY = 32, 1024

-- Documented: the hexadecimal digits of the data key, then those of its digest.
local function read_datakey(key, body)
  local bytes, size = encoding.decode_hex(body.plain_text), wire.read_number(body.datakey_plain_length)
  if not bytes or #bytes <= DIGEST_SIZE then return nil, "KMS.2101" end
  local data = bytes:sub(1, -DIGEST_SIZE - 1)
  if #data ~= size or size > MAX_DATAKEY then return nil, "KMS.2104" end
  if hash_datakey(key, data) ~= bytes:sub(-DIGEST_SIZE) then return nil, "KMS.2103" end
  return data
end

datakeys.encrypt_datakey = {
  route = "POST /v1.0/{project_id}/kms/encrypt-datakey",
  required = { "key_id", "plain_text", "datakey_plain_length" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local _, code, details = find_request_error(key, call.body)
    if code then return nil, code, details end
    local data, encrypted
    data, code = read_datakey(key, call.body)
    if not data then return nil, code end
    encrypted, code, details = cipher.encrypt(key, data, call.body.additional_authenticated_data, "KMS.1904")
    if not encrypted then return nil, code, details end
    return {
      { "key_id", copy.key_id }, { "cipher_text", encode_hex(encrypted) },
      { "datakey_length", ("%d"):format(#data) },
    }
  end,
}

datakeys.decrypt_datakey = {
  route = "POST /v1.0/{project_id}/kms/decrypt-datakey",
  required = { "key_id", "cipher_text", "datakey_cipher_length" },
  key = "body", states = ENABLED,
  handler = function(_, call, key)
    local body = call.body
    local code = cipher.find_key_error(key) or cipher.find_context_error(body.additional_authenticated_data)
    if code then return nil, code end
    local bytes = encoding.decode_hex(body.cipher_text)
    local data
    data, code = cipher.decrypt(key, bytes, body.additional_authenticated_data)
    if not data then return nil, code end
    -- Documented: the length of the ciphertext, yet 64 in all samples, which is the length of the data key. Both are
    -- accepted.
    local size = wire.read_number(body.datakey_cipher_length)
    if size ~= #data and size ~= #bytes then return nil, "KMS.2204" end
    return {
      { "data_key", encode_hex(data) }, { "datakey_length", ("%d"):format(#data) },
      { "datakey_dgst", encode_hex(hash_datakey(key, data)) },
    }
  end,
}

-- Documented: "Creating an RSA DEK Pair", "Creating an EC DEK Pair". Kinds of key pairs by key_spec.
local RSA_PAIRS = { RSA_2048 = "RSA_2048", RSA_3072 = "RSA_3072", RSA_4096 = "RSA_4096" }
local EC_PAIRS = {
  ECC_NIST_P256 = "EC_P256", ECC_NIST_P384 = "EC_P384", ECC_NIST_P521 = "EC_P521", ECC_SECG_P256K1 = "SECP256K1",
  SM2 = "SM2",
}

-- Not documented: the encodings. Here keys are DER in Base64, and the ciphertext is hexadecimal, as those of all data
-- keys, so that decrypt_datakey decrypts it. An RSA key is refused (inferred), because it cannot encrypt so much.
local function create_pair(kinds)
  return function(_, call, key, copy)
    local body = call.body
    local _, code, details = find_request_error(key, body)
    if code then return nil, code, details end
    local with_plain_text = body.with_plain_text
    if with_plain_text ~= nil and type(with_plain_text) ~= "boolean" then return nil, "KMS.0308" end -- inferred
    if not kinds[body.key_spec] then return nil, "KMS.1110" end -- inferred
    local private_key, problem = crypto.generate_key_pair(kinds[body.key_spec])
    if not private_key then return outcome.refuse_problem(problem, body.key_spec) end
    local private = crypto.strip_pem(private_key)
    local encrypted
    encrypted, code, details = cipher.encrypt(key, encoding.decode_base64(private), body.additional_authenticated_data,
      "KMS.0325")
    if not encrypted then return nil, code, details end
    local response = {
      { "key_id", copy.key_id }, { "key_spec", body.key_spec },
      { "public_key", crypto.strip_pem((crypto.public_key(private_key))) },
      { "private_key_cipher_text", encode_hex(encrypted) },
    }
    if with_plain_text ~= false then response[#response + 1] = { "private_key_plain_text", private } end
    return response
  end
end

datakeys.create_rsa_datakey_pair = {
  route = "POST /v1.0/{project_id}/kms/create-rsa-datakey-pair",
  required = { "key_id", "key_spec" },
  key = "body", states = ENABLED,
  handler = create_pair(RSA_PAIRS),
}

datakeys.create_ec_datakey_pair = {
  route = "POST /v1.0/{project_id}/kms/create-ec-datakey-pair",
  required = { "key_id", "key_spec" },
  key = "body", states = ENABLED,
  handler = create_pair(EC_PAIRS),
}

datakeys.create_random = {
  route = "POST /v1.0/{project_id}/kms/gen-random",
  required = { "random_data_length" },
  handler = function(_, call)
    local bits = wire.read_number(call.body.random_data_length)
    if bits and bits % 8 ~= 0 then return nil, "KMS.1802" end
    -- Documented: 8 to 8192 bits. The text of the code knows 512 only.
    if not bits or bits < MIN_BITS or bits > MAX_BITS then return nil, "KMS.1801" end
    return { { "random_data", encode_hex(crypto.random(bits / 8)) } }
  end,
}

datakeys.create_pin = {
  route = "POST /v1.0/{project_id}/kms/create-pin",
  handler = function() return outcome.refuse_not_emulated "pins" end,
}

return datakeys
