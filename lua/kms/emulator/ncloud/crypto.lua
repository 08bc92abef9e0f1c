--- NAVER Cloud KMS 2.0: encrypts, decrypts and signs with the versions of a key; creates data keys.
---
--- Documented: ciphertexts and signatures begin with "ncpkms:v" and the version. What follows is the emulator's own
--- format, so a ciphertext of the cloud cannot be decrypted here, and the reverse.

local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local json = require "kms.emulator.json"
local wire = require "kms.emulator.ncloud.wire"

-- Documented: "Encrypt" and "Sign", request body. In bytes. RSA permits 190 bytes, as OAEP with SHA-256 does.
local MAX_PLAINTEXT, MAX_CONTEXT, MAX_MESSAGE = 32 * 1024, 50, 8 * 1024
-- Documented: "Create Custom Key", request body.
local CUSTOM_KEY_BITS = { [128] = true, [256] = true, [512] = true }

-- Documented for version 3: RSASSA-PSS with SHA-256 and a salt of 222 bytes, or ECDSA on P-256 in DER.
local SIGNATURES = {
  RSA2048 = { algorithm = "RSASSA_PSS_SHA_256", salt = 222 },
  ECDSA = { algorithm = "ECDSA_SHA_256" },
}
local KEY_PAIRS = { RSA2048 = "RSA_2048", ECDSA = "EC_P256" }

local ENABLED = { enabled = true }

-- Generates the material of a version when it is needed first, because a key pair takes long.
local function get_material(key, version)
  if not version.material then
    local kind = KEY_PAIRS[key.key_type]
    version.material = kind and crypto.generate_key_pair(kind) or encoding.encode_hex(crypto.random(32))
  end
  return version.material
end

local function format_value(version, bytes)
  return ("ncpkms:v%d:%s"):format(version.version, encoding.encode_base64(bytes))
end

-- Parses a ciphertext or a signature. Inferred: the code for a version that is disabled.
local function parse_value(key, text)
  local number, data
  if type(text) == "string" then number, data = text:match "^ncpkms:v(%d+):(.+)$" end
  local version, bytes = key.versions[tonumber(number)], encoding.decode_base64(data)
  if not version or not bytes then return nil, "INVALID_REQUEST" end
  if version.status ~= "enabled" then return nil, "UNPROCESSABLE_ENTITY" end
  return { version = version, bytes = bytes }
end

-- Documented: the context is Base64 of at most 50 bytes, and a key with convergent encryption needs one.
local function read_context(call, key)
  local text = call.body.context
  if text == nil then
    if key.is_convergent then return nil, "INVALID_REQUEST" end
    return ""
  end
  local context = encoding.decode_base64(text)
  if not context or #context > MAX_CONTEXT then return nil, "INVALID_REQUEST" end
  return context
end

local function encrypt(key, data, context)
  local version = key.versions[#key.versions]
  local material = get_material(key, version)
  local encrypted
  if key.key_type == "AES256" then
    if #data > MAX_PLAINTEXT then return nil, "INVALID_REQUEST" end
    encrypted = crypto.encrypt({ id = "", version = version.version, bytes = encoding.decode_hex(material),
      is_convergent = key.is_convergent }, data, context)
  else
    encrypted = crypto.encrypt_to_key_pair(material, data)
  end
  if not encrypted then return nil, "INVALID_REQUEST" end
  return format_value(version, encrypted)
end

local function decrypt(key, text, context)
  local value, code = parse_value(key, text)
  if not value then return nil, code end
  local material = get_material(key, value.version)
  local data
  if key.key_type == "AES256" then
    local parsed = crypto.parse_ciphertext(value.bytes)
    data = parsed and crypto.decrypt(parsed, encoding.decode_hex(material), context)
  else
    data = crypto.decrypt_with_key_pair(material, value.bytes)
  end
  if not data then return nil, "INVALID_REQUEST" end
  return data
end

-- Applies a function to a text or to each member of a list. Documented: a list in the request gives a list in the
-- response. Inferred: one wrong member makes the whole request fail.
local function map(value, convert)
  if type(value) ~= "table" then return convert(value) end
  if #value == 0 then return nil, "INVALID_REQUEST" end
  local results = {}
  for i, member in ipairs(value) do
    local result, code = convert(member)
    if not result then return nil, code end
    results[i] = result
  end
  return json.array(results)
end

-- Creates an operation on the text or the list in a member of the body.
local function new_mapping(definition)
  return {
    route = "POST /kms/v1/keys/{key_tag}/" .. definition.path,
    auth = definition.auth,
    required = { definition.input },
    states = ENABLED,
    is_use = true,
    handler = function(_, call, key)
      -- Documented: AES256 and RSA2048 only. The code is inferred.
      if key.key_type == "ECDSA" then return nil, "UNPROCESSABLE_ENTITY" end
      local context, code = read_context(call, key)
      if not context then return nil, code end
      local value
      value, code = map(call.body[definition.input], function(text) return definition.convert(key, text, context) end)
      if not value then return nil, code end
      return { { definition.output, value } }
    end,
  }
end

local operations = {}

operations.encrypt = new_mapping {
  path = "encrypt", auth = "account_or_token", input = "plaintext", output = "ciphertext",
  convert = function(key, text, context)
    local data = encoding.decode_base64(text)
    if not data then return nil, "INVALID_REQUEST" end
    return encrypt(key, data, context)
  end,
}

operations.decrypt = new_mapping {
  path = "decrypt", auth = "account_or_token", input = "ciphertext", output = "plaintext",
  convert = function(key, text, context)
    local data, code = decrypt(key, text, context)
    if not data then return nil, code end
    return encoding.encode_base64(data)
  end,
}

-- Unverified: whether a token is accepted. Inferred: it is not.
operations.re_encrypt = new_mapping {
  path = "re-encrypt", input = "ciphertext", output = "newCiphertext",
  convert = function(key, text, context)
    local data, code = decrypt(key, text, context)
    if not data then return nil, code end
    return encrypt(key, data, context)
  end,
}

operations.create_custom_key = {
  route = "POST /kms/v1/keys/{key_tag}/create-custom-key",
  auth = "account_or_token",
  states = ENABLED,
  is_use = true,
  check = function(call)
    local plain, bits = call.body.requestPlainKey, tonumber(call.body.bits or 256)
    if not (plain == nil or type(plain) == "boolean") or not CUSTOM_KEY_BITS[bits] then return "INVALID_REQUEST" end
  end,
  handler = function(_, call, key)
    if key.key_type == "ECDSA" then return nil, "UNPROCESSABLE_ENTITY" end
    local context, code = read_context(call, key)
    if not context then return nil, code end
    local data = crypto.random(tonumber(call.body.bits or 256) / 8)
    local text
    text, code = encrypt(key, data, context)
    if not text then return nil, code end
    local members = { { "ciphertext", text } }
    if call.body.requestPlainKey then table.insert(members, 1, { "plaintext", encoding.encode_base64(data) }) end
    -- The sample of the page for tokens has this member, under this name; that of the page for accounts has not.
    if call.token then members[#members + 1] = { "key_version", #key.versions } end
    return members
  end,
}

-- Documented: RSA2048 and ECDSA only. The code is inferred.
local function read_message(call, key)
  if not SIGNATURES[key.key_type] then return nil, "UNPROCESSABLE_ENTITY" end
  local message = encoding.decode_base64(call.body.data)
  if not message or #message > MAX_MESSAGE then return nil, "INVALID_REQUEST" end
  local signature = SIGNATURES[key.key_type]
  return { algorithm = signature.algorithm, salt = signature.salt, message = message }
end

operations.sign = {
  route = "POST /kms/v1/keys/{key_tag}/sign",
  auth = "account_or_token",
  required = { "data" },
  states = ENABLED,
  is_use = true,
  handler = function(_, call, key)
    local input, code = read_message(call, key)
    if not input then return nil, code end
    local version = key.versions[#key.versions]
    return { { "signature", format_value(version, crypto.sign(get_material(key, version), input)) } }
  end,
}

operations.verify = {
  route = "POST /kms/v1/keys/{key_tag}/verify",
  auth = "account_or_token",
  required = { "data", "signature" },
  states = ENABLED,
  is_use = true,
  handler = function(_, call, key)
    local input, code = read_message(call, key)
    if not input then return nil, code end
    local value
    value, code = parse_value(key, call.body.signature)
    if not value then return nil, code end
    return { { "valid", crypto.verify(get_material(key, value.version), input, value.bytes) } }
  end,
}

-- Inferred: this is not a use of the key.
operations.get_public_key = {
  route = "POST /kms/v1/keys/{key_tag}/get-pub-key",
  auth = "account_or_token",
  states = ENABLED,
  handler = function(_, call, key)
    if not KEY_PAIRS[key.key_type] then return nil, "UNPROCESSABLE_ENTITY" end
    local number = call.body.keyVersion or #key.versions
    if not wire.is_whole(number, 1, 100) then return nil, "INVALID_REQUEST" end
    local version = key.versions[tonumber(number)]
    if not version then return nil, "NOT_FOUND" end
    return { { "publicKey", (crypto.public_key(get_material(key, version))) } }
  end,
}

return operations
