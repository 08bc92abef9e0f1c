--- Cryptography of the emulated services: random bytes, digests, MACs, encryption, signatures. All of it is computed by
--- OpenSSL through luaossl. Key material is never made from a seed.
---
--- Secrets, messages and ciphertexts are bytes; a key pair is a private key in PEM (kms.emulator.crypto.key_pair).
--- A function returns nil and a problem when the input does not fit. The caller turns it into an error of its service:
---   "algorithm"    there is no such algorithm, or it does not fit the key
---   "unsupported"  not supported by this emulator: OpenSSL or luaossl lacks it
---   "digest"       the digest has not the length that the algorithm needs
---   "length"       the data is too long
---   "ciphertext"   the ciphertext was changed, or made with another key or other additional data

local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local pkey = require "openssl.pkey"
local rand = require "openssl.rand"
local ciphertext = require "kms.emulator.crypto.ciphertext"
local ecdsa = require "kms.emulator.crypto.ecdsa"
local encoding = require "kms.emulator.encoding"
local key_pair = require "kms.emulator.crypto.key_pair"
local rsa = require "kms.emulator.crypto.rsa"

local crypto = {
  encrypt = ciphertext.encrypt,
  decrypt = ciphertext.decrypt,
  parse_ciphertext = ciphertext.parse,
  generate_key_pair = key_pair.generate,
  public_key = key_pair.public_key,
  strip_pem = key_pair.strip_pem,
}

--- Returns whether OpenSSL can compute what every request needs. Without a provider of algorithms it cannot.
---@return boolean
function crypto.is_available()
  return (pcall(hmac.new, "key", "sha256"))
end

-- OpenSSL before 3.0 has the curve of SM2, but luaossl reaches neither its encryption nor its signatures there.
local has_sm2 = pcall(function() return pkey.new({ type = "EC", curve = "SM2" }):encrypt "x" end)

-- Sizes by digest. A build of OpenSSL may lack SM3.
local DIGEST_SIZES = { sha256 = 32, sha384 = 48, sha512 = 64, sm3 = pcall(digest.new, "sm3") and 32 or nil }

--- Returns random bytes.
---@param count integer
---@return string
function crypto.random(count) return rand.bytes(count) end

--- Returns the digest of data.
---@param name "sha256"|"sha384"|"sha512"|"sm3"
---@param data string
---@return string? digest
---@return string? problem "unsupported"
function crypto.hash(name, data)
  if not DIGEST_SIZES[name] then return nil, "unsupported" end
  return digest.new(name):final(data)
end

--- Returns the HMAC of data.
---@param name "sha256"|"sha384"|"sha512"|"sm3"
---@param secret string
---@param data string
---@return string? mac
---@return string? problem "unsupported"
function crypto.mac(name, secret, data)
  if not DIGEST_SIZES[name] then return nil, "unsupported" end
  return hmac.new(secret, name):final(data)
end

--- Encrypts data with the public key of a key pair: RSA with OAEP and SHA-256, or SM2.
---@param private_key string PEM
---@param data string
---@return string? encrypted
---@return string? problem "algorithm", "unsupported" or "length"
function crypto.encrypt_to_key_pair(private_key, data)
  local kind = key_pair.find_kind(private_key)
  if kind == "RSA" then return rsa.encrypt(key_pair.load(private_key), data) end
  if kind ~= "SM2" then return nil, "algorithm" end
  if not has_sm2 then return nil, "unsupported" end
  return key_pair.load(private_key):encrypt(data)
end

--- Decrypts what `encrypt_to_key_pair` encrypted.
---@param private_key string PEM
---@param encrypted string
---@return string? data
---@return string? problem "algorithm", "unsupported" or "ciphertext"
function crypto.decrypt_with_key_pair(private_key, encrypted)
  local kind = key_pair.find_kind(private_key)
  if kind == "RSA" then return rsa.decrypt(key_pair.load(private_key), encrypted) end
  if kind ~= "SM2" then return nil, "algorithm" end
  if not has_sm2 then return nil, "unsupported" end
  local key = key_pair.load(private_key)
  local is_done, data = pcall(key.decrypt, key, encrypted)
  if not is_done then return nil, "ciphertext" end
  return data
end

-- By Huawei's names, which are those of most services. `family` is the kind of key pair.
local ALGORITHMS = {
  SM2DSA_SM3 = { family = "SM2", digest = "sm3" },
  ED25519_SHA_512 = { family = "ED25519" },
  ED25519_PH_SHA_512 = { family = "ED25519" },
}
for _, size in ipairs { "256", "384", "512" } do
  local name = "sha" .. size
  ALGORITHMS["RSASSA_PSS_SHA_" .. size] = { family = "RSA", digest = name, padding = "pss" }
  ALGORITHMS["RSASSA_PKCS1_V1_5_SHA_" .. size] = { family = "RSA", digest = name, padding = "pkcs1" }
  ALGORITHMS["ECDSA_SHA_" .. size] = { family = "EC", digest = name }
end

-- The curve and the generator of SM2 (GB/T 32918.5).
local SM2_CURVE = encoding.decode_hex("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
  .. "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
  .. "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
  .. "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0")
local SM2_DEFAULT_ID = "1234567812345678"

-- What SM2 hashes before the message (GB/T 32918.2, section 5.5): the signer's id (the default one), the public key.
local function build_sm2_prefix(public_der)
  return crypto.hash("sm3", string.char(0, #SM2_DEFAULT_ID * 8) .. SM2_DEFAULT_ID .. SM2_CURVE .. public_der:sub(-64))
end

---@class kms.EmulatorSignatureInput
---@field algorithm string "RSASSA_PSS_SHA_256" and so on
---@field message string
---@field is_digest boolean? the message is a digest already
---@field salt integer? bytes of the salt of PSS; the length of the digest when absent

-- Returns the key, its kind, the algorithm, and a digest: a string, or a digest object for SM2.
local function prepare(private_key, input)
  local algorithm = ALGORITHMS[input.algorithm]
  local kind, public_der = key_pair.find_kind(private_key)
  if not algorithm or algorithm.family ~= (ecdsa.has_curve(kind) and "EC" or kind) then return nil, "algorithm" end
  local name, key = algorithm.digest, key_pair.load(private_key)
  local is_missing = kind == "SM2" and (input.is_digest or not has_sm2)
  if not DIGEST_SIZES[name or ""] or is_missing then return nil, "unsupported" end
  if kind == "SM2" then
    local hashed = digest.new(name)
    hashed:update(build_sm2_prefix(public_der) .. input.message)
    return { key = key, kind = kind, hashed = hashed }
  end
  if input.is_digest and #input.message ~= DIGEST_SIZES[name] then return nil, "digest" end
  return {
    key = key, kind = kind, hashed = input.is_digest and input.message or crypto.hash(name, input.message),
    algorithm = { digest = name, padding = algorithm.padding, salt = input.salt },
  }
end

--- Signs a message or a digest. ED25519 is "unsupported", and so is SM2 with a digest: luaossl has neither. SM2 with a
--- message needs OpenSSL 3.0.
---@param private_key string PEM
---@param input kms.EmulatorSignatureInput
---@return string? signature
---@return string? problem "algorithm", "unsupported" or "digest"
function crypto.sign(private_key, input)
  local prepared, problem = prepare(private_key, input)
  if not prepared then return nil, problem end
  if prepared.kind == "SM2" then return prepared.key:sign(prepared.hashed) end
  if prepared.kind == "RSA" then return rsa.sign(prepared.key, prepared.algorithm, prepared.hashed) end
  return ecdsa.sign(prepared.key, prepared.kind, prepared.hashed)
end

--- Verifies a signature with the public key of a key pair. PSS accepts salts of all lengths.
---@param private_key string PEM
---@param input kms.EmulatorSignatureInput
---@param signature string
---@return boolean? is_valid
---@return string? problem "algorithm", "unsupported" or "digest"
function crypto.verify(private_key, input, signature)
  local prepared, problem = prepare(private_key, input)
  if not prepared then return nil, problem end
  if prepared.kind == "SM2" then
    local is_done, is_valid = pcall(prepared.key.verify, prepared.key, signature, prepared.hashed)
    return is_done and is_valid
  end
  if prepared.kind == "RSA" then return rsa.verify(prepared.key, prepared.algorithm, prepared.hashed, signature) end
  return ecdsa.verify(prepared.key, prepared.kind, prepared.hashed, signature)
end

return crypto
