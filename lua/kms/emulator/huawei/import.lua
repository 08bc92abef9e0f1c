--- Huawei Cloud KMS: imports key material. Private keys cannot be imported here, because no published page describes
--- how they are wrapped.

local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local outcome = require "kms.emulator.huawei.outcome"
local state = require "kms.emulator.huawei.state"

local import = {}

-- Documented: "Obtaining Key Import Parameters". Kinds of key pair by wrapping algorithm. Inferred: RSA of 2048 bits.
local WRAPPING_KEYS = { RSAES_OAEP_SHA_256 = "RSA_2048", SM2_ENCRYPT = "SM2" }
local TOKEN_LIFETIME = 24 * 3600
local TOKEN_SIZE = 192
local MAX_EXPIRATION_TIME = 10000000000

-- Returns the code of a key whose material cannot be imported.
local function find_key_error(key, call)
  if key.origin ~= "external" then return "KMS.0309" end
  if key.primary ~= call.region then return "KMS.1404" end
end

import.create_parameters_for_import = {
  route = "POST /v1.0/{project_id}/kms/get-parameters-for-import",
  required = { "key_id", "wrapping_algorithm" },
  key = "body", refuses_default_key = true,
  handler = function(_, call, key, copy)
    local code = find_key_error(key, call)
    if code then return nil, code end
    if key.state ~= "pending_import" then return nil, "KMS.0310" end
    local kind = WRAPPING_KEYS[call.body.wrapping_algorithm]
    if not kind then return nil, "KMS.0308" end -- inferred
    local private_key, problem = crypto.generate_key_pair(kind)
    if not private_key then return outcome.refuse_problem(problem, call.body.wrapping_algorithm) end
    key.import = {
      token = encoding.encode_base64(crypto.random(TOKEN_SIZE)), private_key = private_key,
      expires = math.floor(call.now) + TOKEN_LIFETIME,
    }
    return {
      { "key_id", copy.key_id }, { "import_token", key.import.token }, { "expiration_time", key.import.expires },
      { "public_key", crypto.strip_pem((crypto.public_key(private_key))) },
    }
  end,
}

-- Returns the code of a token that is not the one of the key.
local function find_token_error(kms, call, key)
  local token = call.body.import_token
  if key.import and key.import.token == token then
    return key.import.expires <= call.now and "KMS.2601" or nil
  end
  for _, other in pairs(kms.state.keys) do
    if other.import and other.import.token == token then return "KMS.2603" end
  end
  return "KMS.2605"
end

local function find_expiration_error(time, now)
  if time == nil then return nil end
  if type(time) ~= "number" or time > MAX_EXPIRATION_TIME then return "KMS.0308" end -- inferred
  if time <= now then return "KMS.2602" end
end

-- Returns the material of a symmetric key.
local function unwrap(key, body)
  local wrapped = encoding.decode_base64(body.encrypted_key_material)
  local bytes = wrapped and crypto.decrypt_with_key_pair(key.import.private_key, wrapped)
  if not bytes then return nil, "KMS.0311" end
  if #bytes ~= state.SPECS[key.key_spec].bytes then return nil, "KMS.2604" end
  local digest = encoding.encode_hex(crypto.hash("sha256", bytes))
  if key.imported_digest and key.imported_digest ~= digest then return nil, "KMS.2606" end
  return bytes, digest
end

import.import_key_material = {
  route = "POST /v1.0/{project_id}/kms/import-key-material",
  required = { "key_id", "import_token", "encrypted_key_material" },
  key = "body", refuses_default_key = true,
  handler = function(kms, call, key)
    local body = call.body
    local code = find_key_error(key, call)
    if not code and key.state ~= "pending_import" then code = "KMS.0310" end
    code = code or find_token_error(kms, call, key) or find_expiration_error(body.expiration_time, call.now)
    if code then return nil, code end
    if state.SPECS[key.key_spec].pair then
      if body.encrypted_privatekey == nil then return nil, "KMS.2608" end
      return outcome.refuse_not_emulated "the import of private keys"
    end
    local bytes, digest = unwrap(key, body)
    if not bytes then return nil, digest end
    key.materials = { { id = state.new_id(), create_time = call.now, secret = encoding.encode_base64(bytes) } }
    key.state, key.import, key.imported_digest = "enabled", nil, digest
    state.schedule_expiry(kms.state, key, body.expiration_time)
    return {}
  end,
}

import.delete_imported_key_material = {
  route = "POST /v1.0/{project_id}/kms/delete-imported-key-material",
  required = { "key_id" },
  key = "body", refuses_default_key = true, is_change = true,
  handler = function(_, _, key)
    if key.origin ~= "external" then return nil, "KMS.0309" end
    if key.state ~= "enabled" and key.state ~= "disabled" then return nil, "KMS.2701" end
    state.delete_material(key)
    return {}
  end,
}

return import
