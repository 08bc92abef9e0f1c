--- RSA with the paddings of RFC 8017. luaossl has OAEP with SHA-1 only, and no PSS. So the paddings are made here, and
--- OpenSSL does the arithmetic.

local digest = require "openssl.digest"
local pkey = require "openssl.pkey"
local rand = require "openssl.rand"

local rsa = {}

local RAW = { rsaPadding = pkey.RSA_NO_PADDING }

local function hash(name, data) return digest.new(name):final(data) end

local function get_size(key) return #key:getParameters().n:toBinary() end

-- NIBBLES[a * 16 + b] is a XOR b.
local NIBBLES = {}
for a = 0, 15 do
  for b = 0, 15 do
    local value = 0
    for bit = 0, 3 do
      if math.floor(a / 2 ^ bit) % 2 ~= math.floor(b / 2 ^ bit) % 2 then value = value + 2 ^ bit end
    end
    NIBBLES[a * 16 + b] = value
  end
end

local function xor_bytes(left, right)
  local bytes = {}
  for i = 1, #left do
    local a, b = left:byte(i), right:byte(i)
    local high = NIBBLES[math.floor(a / 16) * 16 + math.floor(b / 16)]
    bytes[i] = string.char(high * 16 + NIBBLES[a % 16 * 16 + b % 16])
  end
  return table.concat(bytes)
end

-- RFC 8017, appendix B.2.1: MGF1.
local function make_mask(name, seed, size)
  local parts, length = {}, 0
  while length < size do
    parts[#parts + 1] = hash(name, seed .. string.char(0, 0, math.floor(#parts / 256), #parts % 256))
    length = length + #parts[#parts]
  end
  return table.concat(parts):sub(1, size)
end

local function clear_top_bit(bytes) return string.char(bytes:byte() % 128) .. bytes:sub(2) end

-- RFC 8017, section 9.2, note 1: the DER in front of a digest.
local DIGEST_INFO = {
  sha256 = "\48\49\48\13\6\9\96\134\72\1\101\3\4\2\1\5\0\4\32",
  sha384 = "\48\65\48\13\6\9\96\134\72\1\101\3\4\2\2\5\0\4\48",
  sha512 = "\48\81\48\13\6\9\96\134\72\1\101\3\4\2\3\5\0\4\64",
}

local function pad_pkcs1(name, hashed, size)
  local info = DIGEST_INFO[name] .. hashed
  return "\0\1" .. ("\255"):rep(size - #info - 3) .. "\0" .. info
end

-- RFC 8017, section 9.1.1. The size of the modulus is a multiple of 8 bits, so one bit is left over.
local function pad_pss(name, hashed, size, salt)
  local final = hash(name, ("\0"):rep(8) .. hashed .. salt)
  local block = ("\0"):rep(size - #final - #salt - 2) .. "\1" .. salt
  return clear_top_bit(xor_bytes(block, make_mask(name, final, #block))) .. final .. "\188"
end

-- RFC 8017, section 9.1.2. The salt may have any length.
local function is_pss(name, hashed, padded)
  local final = padded:sub(-#hashed - 1, -2)
  local masked = padded:sub(1, -#hashed - 2)
  local block = clear_top_bit(xor_bytes(masked, make_mask(name, final, #masked)))
  local salt = block:match "^%z*\1(.*)$"
  return salt ~= nil and pad_pss(name, hashed, #padded, salt) == padded
end

--- Signs a digest.
---@param key userdata
---@param algorithm { digest: string, padding: "pkcs1"|"pss", salt: integer? } `salt`: bytes of the salt of PSS; the
---  length of the digest when absent
---@param hashed string the digest
---@return string signature
function rsa.sign(key, algorithm, hashed)
  local size, name = get_size(key), algorithm.digest
  if algorithm.padding == "pkcs1" then return key:decrypt(pad_pkcs1(name, hashed, size), RAW) end
  return key:decrypt(pad_pss(name, hashed, size, rand.bytes(algorithm.salt or #hashed)), RAW)
end

--- Returns whether a signature is that of a digest.
---@param key userdata
---@param algorithm { digest: string, padding: "pkcs1"|"pss" }
---@param hashed string the digest
---@param signature string
---@return boolean
function rsa.verify(key, algorithm, hashed, signature)
  local size, name = get_size(key), algorithm.digest
  if #signature ~= size then return false end
  -- A signature that is not below the modulus gives an error.
  local is_done, padded = pcall(key.encrypt, key, signature, RAW)
  if not is_done then return false end
  if algorithm.padding == "pkcs1" then return padded == pad_pkcs1(name, hashed, size) end
  return is_pss(name, hashed, padded)
end

local OAEP_DIGEST, OAEP_SIZE = "sha256", 32

--- Encrypts data with OAEP, SHA-256 and MGF1 with SHA-256 (RFC 8017, section 7.1.1).
---@param key userdata
---@param data string
---@return string? encrypted
---@return string? problem "length"
function rsa.encrypt(key, data)
  local size = get_size(key)
  local zeros = size - #data - 2 * OAEP_SIZE - 2
  if zeros < 0 then return nil, "length" end
  local block = hash(OAEP_DIGEST, "") .. ("\0"):rep(zeros) .. "\1" .. data
  local seed = rand.bytes(OAEP_SIZE)
  local masked = xor_bytes(block, make_mask(OAEP_DIGEST, seed, #block))
  return key:encrypt("\0" .. xor_bytes(seed, make_mask(OAEP_DIGEST, masked, OAEP_SIZE)) .. masked, RAW)
end

--- Decrypts data with OAEP, SHA-256 and MGF1 with SHA-256 (RFC 8017, section 7.1.2).
---@param key userdata
---@param encrypted string
---@return string? data
---@return string? problem "ciphertext"
function rsa.decrypt(key, encrypted)
  local is_done, padded = pcall(key.decrypt, key, encrypted, RAW)
  if not is_done or #encrypted ~= get_size(key) then return nil, "ciphertext" end
  local masked_seed, masked = padded:sub(2, OAEP_SIZE + 1), padded:sub(OAEP_SIZE + 2)
  local seed = xor_bytes(masked_seed, make_mask(OAEP_DIGEST, masked, OAEP_SIZE))
  local block = xor_bytes(masked, make_mask(OAEP_DIGEST, seed, #masked))
  local data = block:sub(OAEP_SIZE + 1):match "^%z*\1(.*)$"
  local is_valid = padded:byte() == 0 and block:sub(1, OAEP_SIZE) == hash(OAEP_DIGEST, "")
  if not data or not is_valid then return nil, "ciphertext" end
  return data
end

return rsa
