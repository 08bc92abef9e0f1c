--- Key pairs of the emulated services: generates them, finds their kind, and converts them between PEM and DER.

local pkey = require "openssl.pkey"
local rand = require "openssl.rand"
local encoding = require "kms.emulator.encoding"

local key_pair = {}

-- By kind: the arguments of pkey.new (not for Ed25519), and the object identifiers in the public key's DER that tell
-- the kind.
-- RSA: RFC 8017, appendix C. Curves: RFC 5480, section 2.1.1; SEC 2, appendix A. SM2: GB/T 33560. Ed25519: RFC 8410.
local RSA_OID = "\6\9\42\134\72\134\247\13\1\1\1"
local KINDS = {
  RSA_2048 = { arguments = { type = "RSA", bits = 2048 } },
  RSA_3072 = { arguments = { type = "RSA", bits = 3072 } },
  RSA_4096 = { arguments = { type = "RSA", bits = 4096 } },
  EC_P256 = { arguments = { type = "EC", curve = "prime256v1" }, oid = "\6\8\42\134\72\206\61\3\1\7" },
  EC_P384 = { arguments = { type = "EC", curve = "secp384r1" }, oid = "\6\5\43\129\4\0\34" },
  EC_P521 = { arguments = { type = "EC", curve = "secp521r1" }, oid = "\6\5\43\129\4\0\35" },
  SECP256K1 = { arguments = { type = "EC", curve = "secp256k1" }, oid = "\6\5\43\129\4\0\10" },
  SM2 = { arguments = { type = "EC", curve = "SM2" }, oid = "\6\8\42\129\28\207\85\1\130\45" },
  ED25519 = { oid = "\6\3\43\101\112" },
}
-- id-ecPublicKey (RFC 5480, section 2.1.1).
local EC_OID = "\6\7\42\134\72\206\61\2\1"
local ED25519_SIZE = 32

-- Short DER only.
local function write_der(tag, body) return string.char(tag, #body) .. body end

--- Loads the private key that has a number: of a curve (RFC 5915), or of Ed25519 (RFC 8410, section 7). OpenSSL
--- computes the public key.
---@param kind string
---@param bytes string the private number
---@return userdata
function key_pair.from_number(kind, bytes)
  local algorithm, key = KINDS[kind].oid, write_der(4, bytes)
  if kind ~= "ED25519" then algorithm, key = EC_OID .. algorithm, write_der(48, "\2\1\1" .. key) end
  local body = "\2\1\0" .. write_der(48, algorithm) .. write_der(4, key) -- RFC 5208, section 5
  return pkey.new(write_der(48, body), "DER", "private")
end

-- luaossl before 2018 parses a key of Ed25519, but cannot generate one.
local function make_key(kind)
  if kind == "ED25519" then return key_pair.from_number(kind, rand.bytes(ED25519_SIZE)) end
  return pkey.new(KINDS[kind].arguments)
end

--- Generates a key pair. A kind that does not exist gives "algorithm", one that OpenSSL lacks gives "unsupported".
---@param kind string a key of KINDS; RSA_4096 takes about a second
---@return string? private_key PEM (PKCS #8)
---@return string? problem
function key_pair.generate(kind)
  if not KINDS[kind] then return nil, "algorithm" end
  local is_made, key = pcall(make_key, kind)
  if not is_made then return nil, "unsupported" end
  return key:toPEM "private"
end

--- Loads a private key.
---@param private_key string PEM
---@return userdata
function key_pair.load(private_key) return pkey.new(private_key, "PEM", "private") end

--- Returns the DER of a PEM text in Base64, in one line.
---@param pem string
---@return string
function key_pair.strip_pem(pem) return (pem:gsub("%-%-%-%-%-[^\n]*", ""):gsub("%s", "")) end

--- Returns the public key of a key pair (SubjectPublicKeyInfo).
---@param private_key string PEM
---@return string pem
---@return string der
function key_pair.public_key(private_key)
  local pem = key_pair.load(private_key):toPEM "public"
  return pem, encoding.decode_base64(key_pair.strip_pem(pem))
end

--- Returns the kind of a key pair: a key of KINDS, or "RSA" for RSA keys of all sizes.
---@param private_key string PEM
---@return string? kind
---@return string der of the public key
function key_pair.find_kind(private_key)
  local _, der = key_pair.public_key(private_key)
  local head = der:sub(1, 32)
  if head:find(RSA_OID, 1, true) then return "RSA", der end
  for kind, entry in pairs(KINDS) do
    if entry.oid and head:find(entry.oid, 1, true) then return kind, der end
  end
  return nil, der
end

return key_pair
