--- Encrypts and decrypts with keys of Huawei Cloud KMS: data, data keys and private keys.

local crypto = require "kms.emulator.crypto"
local encoding = require "kms.emulator.encoding"
local outcome = require "kms.emulator.huawei.outcome"
local state = require "kms.emulator.huawei.state"

local cipher = {}

-- Documented: "Encrypting Data". By family: the only algorithm, and the code of another one, which is inferred for SM2.
local ALGORITHMS = {
  symmetric = { name = "SYMMETRIC_DEFAULT", code = "KMS.2105" },
  rsa = { name = "RSAES_OAEP_SHA_256", code = "KMS.2106" },
  sm2 = { name = "SM2_ENCRYPT", code = "KMS.0308" },
}

-- Documented: 1 to 128 characters. Inferred: the code, and that an asymmetric key ignores the context.
local MAX_CONTEXT = 128

--- Returns the code of a wrong encryption context.
---@param context any
---@return string? code
function cipher.find_context_error(context)
  if context == nil then return nil end
  if type(context) ~= "string" or context == "" or #context > MAX_CONTEXT then return "KMS.0308" end
end

--- Returns the code of a key that does not encrypt.
---@param key kms.EmulatorHuaweiKey
---@return string? code
function cipher.find_key_error(key)
  local family = state.SPECS[key.key_spec].family
  if family == "hmac" then return "KMS.0341" end
  if family == "ec" then return "KMS.1114" end
  if key.key_usage == "SIGN_VERIFY" then return "KMS.0335" end
end

--- Returns the name of the algorithm of a key that encrypts.
---@param key kms.EmulatorHuaweiKey
---@return string
function cipher.get_algorithm(key) return ALGORITHMS[state.SPECS[key.key_spec].family].name end

--- Returns the code of an algorithm that a key that encrypts does not have.
---@param key kms.EmulatorHuaweiKey
---@param algorithm any "SYMMETRIC_DEFAULT" when nil: documented
---@return string? code
function cipher.find_algorithm_error(key, algorithm)
  local known = ALGORITHMS[state.SPECS[key.key_spec].family]
  if (algorithm or "SYMMETRIC_DEFAULT") ~= known.name then return known.code end
end

--- Encrypts data with the present version of a key that encrypts.
---@param key kms.EmulatorHuaweiKey
---@param data string
---@param context string?
---@param length_code string? code of data that is too long for an asymmetric key
---@return string? ciphertext bytes
---@return string? code
---@return string? details
function cipher.encrypt(key, data, context, length_code)
  local material, problem = state.get_material(key)
  if not material then return outcome.refuse_problem(problem, key.key_spec) end
  local spec = state.SPECS[key.key_spec]
  local encrypted
  if spec.cipher then
    local secret = { id = key.key_id, version = #key.materials, cipher = spec.cipher,
      bytes = encoding.decode_base64(material.secret) }
    encrypted, problem = crypto.encrypt(secret, data, context)
  else
    encrypted, problem = crypto.encrypt_to_key_pair(material.private_key, data)
  end
  if not encrypted then return outcome.refuse_problem(problem, key.key_spec, { length = length_code }) end
  return encrypted
end

local function decrypt_symmetric(key, bytes, context)
  local parsed = crypto.parse_ciphertext(bytes)
  local material = parsed and parsed.key_id == key.key_id and state.get_material(key, parsed.version)
  if not material then return nil end
  return (crypto.decrypt(parsed, encoding.decode_base64(material.secret), context))
end

-- An asymmetric key has one version: it cannot be rotated.
local function decrypt_asymmetric(key, bytes)
  local material = state.get_material(key)
  return material and (crypto.decrypt_with_key_pair(material.private_key, bytes))
end

--- Decrypts a ciphertext of any version of a key that encrypts. Inferred: the code for everything that is wrong with
--- the ciphertext or its context.
---@param key kms.EmulatorHuaweiKey
---@param bytes string?
---@param context string?
---@return string? data
---@return string? code
function cipher.decrypt(key, bytes, context)
  local decrypt = state.SPECS[key.key_spec].cipher and decrypt_symmetric or decrypt_asymmetric
  local data = bytes and decrypt(key, bytes, context)
  if not data then return nil, "KMS.2201" end
  return data
end

--- Returns the id of the key in a symmetric ciphertext.
---@param bytes string?
---@return string? key_id of the key, also when its replica has another id
function cipher.find_key_id(bytes)
  local parsed = bytes and crypto.parse_ciphertext(bytes)
  return parsed and parsed.key_id
end

return cipher
