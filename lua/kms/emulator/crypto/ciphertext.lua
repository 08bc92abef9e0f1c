--- Symmetric ciphertext that describes itself: format, cipher, key id, key version, salt, tag, data. The vendors'
--- formats are not published; this one is the emulator's own.
---
--- AES_256 is AES-256-CTR with HMAC-SHA256, SM4 is SM4-CTR with HMAC-SM3: luaossl cannot pass additional data to GCM,
--- and its releases before 2018 have no GCM. So each message has keys of its own, which HMAC derives from the secret, a
--- random salt, the head of the ciphertext and the additional data. Other additional data gives other keys, and the tag
--- does not match.

local cipher = require "openssl.cipher"
local hmac = require "openssl.hmac"
local rand = require "openssl.rand"
local signature = require "kms.emulator.signature"

local ciphertext = {}

local MAGIC = "KMS\1"
local SALT_SIZE, TAG_SIZE, COUNTER_SIZE = 32, 16, 16

-- `code` stands in the ciphertext. SM3 and SM4 may be missing in a build of OpenSSL.
local CIPHERS = {
  AES_256 = { code = 1, name = "aes-256-ctr", key_size = 32, mac = "sha256" },
  SM4 = { code = 2, name = "sm4-ctr", key_size = 16, mac = "sm3", is_missing = not pcall(cipher.new, "sm4-ctr") },
}
local NAMES = { "AES_256", "SM4" }

-- Joins bytes to an input that is unambiguous. The format of Lua 5.1 and 5.2 stops at a NUL byte.
local function join(head, tail) return #head .. ":" .. head .. tail end

-- The keys of one message, from 64 bytes: of the cipher, its first counter block, and of the tag.
---@return string key, string counter, string mac_key
local function derive_keys(entry, secret, head, additional_data)
  local bytes, size = hmac.new(secret, "sha512"):final(join(head, additional_data)), entry.key_size
  return bytes:sub(1, size), bytes:sub(size + 1, size + COUNTER_SIZE), bytes:sub(size + COUNTER_SIZE + 1)
end

local function make_tag(entry, mac_key, encrypted)
  return hmac.new(mac_key, entry.mac):final(encrypted):sub(1, TAG_SIZE)
end

---@class kms.EmulatorSecret
---@field id string the key's id, at most 255 bytes
---@field version integer of the key's material
---@field bytes string the material
---@field cipher "AES_256"|"SM4"|nil "AES_256" when absent
---@field is_convergent boolean? equal data with equal additional data gives equal ciphertext

--- Encrypts data.
---@param secret kms.EmulatorSecret
---@param data string
---@param additional_data string? is not in the ciphertext; decryption needs the same
---@return string? ciphertext bytes
---@return string? problem "unsupported"
function ciphertext.encrypt(secret, data, additional_data)
  local entry = CIPHERS[secret.cipher or "AES_256"]
  if entry.is_missing then return nil, "unsupported" end
  additional_data = additional_data or ""
  local salt = rand.bytes(SALT_SIZE)
  if secret.is_convergent then
    salt = hmac.new(secret.bytes, "sha256"):final(join(additional_data, data))
  end
  local version = secret.version
  local head = MAGIC .. string.char(entry.code, #secret.id) .. secret.id
    .. string.char(math.floor(version / 65536) % 256, math.floor(version / 256) % 256, version % 256) .. salt
  local key, counter, mac_key = derive_keys(entry, secret.bytes, head, additional_data)
  local encrypted = cipher.new(entry.name):encrypt(key, counter):final(data)
  return head .. make_tag(entry, mac_key, encrypted) .. encrypted
end

---@class kms.EmulatorCiphertext
---@field key_id string
---@field version integer
---@field cipher "AES_256"|"SM4"
---@field head string
---@field tag string
---@field encrypted string

--- Parses a ciphertext. Nothing is authentic before `decrypt` accepts it.
---@param bytes string
---@return kms.EmulatorCiphertext? parsed nil when the bytes are not a ciphertext of this emulator
function ciphertext.parse(bytes)
  local name, id_size = NAMES[bytes:byte(5) or 0], bytes:byte(6)
  if bytes:sub(1, 4) ~= MAGIC or not name or not id_size then return nil end
  local head_size = 6 + id_size + 3 + SALT_SIZE
  if #bytes < head_size + TAG_SIZE then return nil end
  local a, b, c = bytes:byte(7 + id_size, 9 + id_size)
  return {
    key_id = bytes:sub(7, 6 + id_size), version = a * 65536 + b * 256 + c, cipher = name,
    head = bytes:sub(1, head_size), tag = bytes:sub(head_size + 1, head_size + TAG_SIZE),
    encrypted = bytes:sub(head_size + TAG_SIZE + 1),
  }
end

--- Decrypts a parsed ciphertext.
---@param parsed kms.EmulatorCiphertext
---@param secret string material of the key version that it names
---@param additional_data string?
---@return string? data
---@return string? problem "ciphertext" when anything was changed, the key and the additional data included
function ciphertext.decrypt(parsed, secret, additional_data)
  local entry = CIPHERS[parsed.cipher]
  local key, counter, mac_key = derive_keys(entry, secret, parsed.head, additional_data or "")
  if not signature.is_equal(make_tag(entry, mac_key, parsed.encrypted), parsed.tag) then return nil, "ciphertext" end
  return cipher.new(entry.name):decrypt(key, counter):final(parsed.encrypted)
end

return ciphertext
