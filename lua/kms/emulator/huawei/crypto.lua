--- Huawei Cloud KMS: encrypts and decrypts data, signs, and computes MACs.

local cipher = require "kms.emulator.huawei.cipher"
local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local outcome = require "kms.emulator.huawei.outcome"
local signature = require "kms.emulator.signature"
local state = require "kms.emulator.huawei.state"

local operations = {}

local ENABLED = { enabled = true }

-- Documented: "Encrypting Data", "Signing a Message".
local MAX_PLAIN_TEXT, MAX_MESSAGE = 4096, 4096

operations.encrypt_data = {
  route = "POST /v1.0/{project_id}/kms/encrypt-data",
  required = { "key_id", "plain_text" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local body = call.body
    local context, plain_text = body.additional_authenticated_data, body.plain_text
    local code = cipher.find_key_error(key) or cipher.find_algorithm_error(key, body.encryption_algorithm)
      or cipher.find_context_error(context)
    if code then return nil, code end
    if type(plain_text) ~= "string" or plain_text == "" or #plain_text > MAX_PLAIN_TEXT then return nil, "KMS.2101" end
    local encrypted, err, details = cipher.encrypt(key, plain_text, context, "KMS.2108")
    if not encrypted then return nil, err, details end
    return { { "key_id", copy.key_id }, { "cipher_text", encoding.encode_base64(encrypted) } }
  end,
}

-- Finds the key that decrypts. Documented: the key id is optional for symmetric keys, whose ciphertext tells it.
local function find_decrypting_key(kms, call, key_id, bytes)
  local key, code
  if key_id ~= nil then
    key, code = kms:find_key(call, key_id, ENABLED)
  else
    key, code = kms:find_own_key(call, cipher.find_key_id(bytes), ENABLED)
  end
  if not key then return nil, code end
  code = cipher.find_key_error(key)
  if code then return nil, code end
  return key
end

-- Decrypts what the members of a request describe. Returns the data and the key.
local function decrypt(kms, call, input)
  local code = cipher.find_context_error(input.context)
  if code then return nil, code end
  local key
  key, code = find_decrypting_key(kms, call, input.key_id, input.bytes)
  code = code or cipher.find_algorithm_error(key, input.algorithm)
  if code then return nil, code end
  local data
  data, code = cipher.decrypt(key, input.bytes, input.context)
  if not data then return nil, code end
  return data, key
end

operations.decrypt_data = {
  route = "POST /v1.0/{project_id}/kms/decrypt-data",
  required = { "cipher_text" },
  handler = function(kms, call)
    local body = call.body
    local data, key = decrypt(kms, call, { key_id = body.key_id, bytes = encoding.decode_base64(body.cipher_text),
      algorithm = body.encryption_algorithm, context = body.additional_authenticated_data })
    if not data then return nil, key end
    return {
      { "key_id", key.copies[call.region].key_id }, { "plain_text", data },
      { "plain_text_base64", encoding.encode_base64(data) },
    }
  end,
}

-- Inferred: a ciphertext with its length is that of a data key, in hexadecimal.
local function get_codec(body)
  if body.datakey_cipher_length ~= nil then return encoding.decode_hex, encoding.encode_hex end
  return encoding.decode_base64, encoding.encode_base64
end

operations.re_encrypt = {
  route = "POST /v1.0/{project_id}/kms/re-encrypt",
  required = { "destination_key_id", "cipher_text" },
  handler = function(kms, call)
    local body = call.body
    local decode, encode = get_codec(body)
    local data, source = decrypt(kms, call, { key_id = body.source_key_id, bytes = decode(body.cipher_text),
      algorithm = body.source_encryption_algorithm, context = body.source_additional_authenticated_data })
    if not data then return nil, source end
    local context = body.destination_additional_authenticated_data
    local key, code = kms:find_key(call, body.destination_key_id, ENABLED)
    code = code or cipher.find_key_error(key)
      or cipher.find_algorithm_error(key, body.destination_encryption_algorithm) or cipher.find_context_error(context)
    if code then return nil, code end
    local encrypted, err, details = cipher.encrypt(key, data, context, "KMS.2108")
    if not encrypted then return nil, err, details end
    return {
      { "key_id", key.copies[call.region].key_id }, { "source_key_id", source.copies[call.region].key_id },
      { "source_encryption_algorithm", cipher.get_algorithm(source) },
      { "destination_encryption_algorithm", cipher.get_algorithm(key) }, { "cipher_text", encode(encrypted) },
    }
  end,
}

-- Returns the code of a key that does not sign.
local function find_signing_error(key)
  local family = state.SPECS[key.key_spec].family
  if family == "hmac" then return "KMS.0341" end
  if family == "symmetric" then return "KMS.1115" end
  if key.key_usage ~= "SIGN_VERIFY" then return "KMS.0334" end
end

-- Documented: "Signing Data". The message is a digest unless message_type is RAW. Inferred: the codes.
local function read_signature_input(key, body)
  local code = find_signing_error(key)
  if code then return nil, code end
  local message, message_type = encoding.decode_base64(body.message), body.message_type or "DIGEST"
  local is_type = message_type == "DIGEST" or message_type == "RAW"
  if not message or #message > MAX_MESSAGE or not is_type then return nil, "KMS.0308" end
  return { algorithm = body.signing_algorithm, message = message, is_digest = message_type == "DIGEST" }
end

local SIGNATURE_CODES = { algorithm = "KMS.0332", digest = "KMS.0329" }

-- Calls crypto.sign or crypto.verify.
local function use_key_pair(key, body, use, signature_bytes)
  local input, code = read_signature_input(key, body)
  if not input then return nil, code end
  local material, problem = state.get_material(key)
  local value
  if material then value, problem = use(material.private_key, input, signature_bytes) end
  if value == nil then return outcome.refuse_problem(problem, tostring(body.signing_algorithm), SIGNATURE_CODES) end
  return value
end

operations.sign = {
  route = "POST /v1.0/{project_id}/kms/sign",
  required = { "key_id", "message", "signing_algorithm" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local value, code, details = use_key_pair(key, call.body, crypto.sign)
    if not value then return nil, code, details end
    return { { "key_id", copy.key_id }, { "signature", encoding.encode_base64(value) } }
  end,
}

operations.validate_signature = {
  route = "POST /v1.0/{project_id}/kms/verify",
  required = { "key_id", "message", "signature", "signing_algorithm" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local bytes = encoding.decode_base64(call.body.signature)
    if not bytes then return nil, "KMS.0308" end -- inferred
    local is_valid, code, details = use_key_pair(key, call.body, crypto.verify, bytes)
    if is_valid == nil then return nil, code, details end
    -- Documented: text here, but a boolean in the response of VerifyMac.
    return { { "key_id", copy.key_id }, { "signature_valid", is_valid and "true" or "false" } }
  end,
}

local MAC_DIGESTS = { HMAC_SHA_256 = "sha256", HMAC_SHA_384 = "sha384", HMAC_SHA_512 = "sha512", HMAC_SM3 = "sm3" }

-- Inferred: all codes.
local function compute_mac(key, body)
  local spec = state.SPECS[key.key_spec]
  if not spec.mac then return nil, spec.pair and "KMS.0325" or "KMS.0331" end
  if body.mac_algorithm ~= spec.mac then return nil, "KMS.0332" end
  local message = encoding.decode_base64(body.message)
  if not message then return nil, "KMS.0308" end
  local secret = encoding.decode_base64(state.get_material(key).secret)
  local mac, problem = crypto.mac(MAC_DIGESTS[spec.mac], secret, message)
  if not mac then return outcome.refuse_problem(problem, spec.mac) end
  return mac
end

operations.generate_mac = {
  route = "POST /v1.0/{project_id}/kms/generate-mac",
  required = { "key_id", "mac_algorithm", "message" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local mac, code, details = compute_mac(key, call.body)
    if not mac then return nil, code, details end
    return {
      { "key_id", copy.key_id }, { "mac_algorithm", call.body.mac_algorithm },
      { "mac", encoding.encode_hex(mac) }, -- published for Open Telekom Cloud: a sample
    }
  end,
}

operations.verify_mac = {
  route = "POST /v1.0/{project_id}/kms/verify-mac",
  required = { "key_id", "mac_algorithm", "message", "mac" },
  key = "body", states = ENABLED,
  handler = function(_, call, key, copy)
    local mac, code, details = compute_mac(key, call.body)
    if not mac then return nil, code, details end
    local received = encoding.decode_hex(call.body.mac)
    if not received then return nil, "KMS.0308" end -- inferred
    return {
      { "key_id", copy.key_id }, { "mac_algorithm", call.body.mac_algorithm },
      { "mac_valid", signature.is_equal(mac, received) },
    }
  end,
}

operations.derive_shared_secret = {
  route = "POST /v1.0/{project_id}/kms/derive-shared-secret",
  required = { "key_id", "key_agreement_algorithm", "public_key" },
  key = "body", states = ENABLED,
  handler = function() return outcome.refuse_not_emulated "shared secrets, because luaossl has no ECDH" end,
}

return operations
