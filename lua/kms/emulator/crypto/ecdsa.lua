--- ECDSA over a digest (SEC 1, section 4.1). luaossl signs messages only, so the equations are computed here, and
--- OpenSSL multiplies points: the public key of a key pair is its private number times the generator.

local bignum = require "openssl.bignum"
local pkey = require "openssl.pkey"
local encoding = require "kms.emulator.encoding"
local key_pair = require "kms.emulator.crypto.key_pair"

local ecdsa = {}

-- By kind of key pair: the order of the generator (SEC 2), the bytes of a coordinate, and the name for OpenSSL.
local function curve(name, size, order)
  return { name = name, size = size, order = bignum.fromBinary(encoding.decode_hex(order)) }
end

local CURVES = {
  EC_P256 = curve("prime256v1", 32, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
  EC_P384 = curve("secp384r1", 48,
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"),
  EC_P521 = curve("secp521r1", 66, "01ff" .. ("f"):rep(62)
    .. "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"),
  SECP256K1 = curve("secp256k1", 32, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
}

local ZERO, ONE = bignum.new(0), bignum.new(1)

-- Euclid's algorithm. luaossl before 2018 has no modular arithmetic beyond "%".
local function invert(number, order)
  local divisor, remainder, last, inverse = order, number, ZERO, ONE
  while remainder > ONE do
    local quotient = divisor / remainder
    divisor, remainder = remainder, divisor % remainder
    last, inverse = inverse, (last - quotient * inverse) % order
  end
  return inverse
end

-- The leftmost bits of the digest. Only a digest longer than the order would be cut, and all orders are whole bytes
-- except that of P-521, which no digest reaches.
local function read_digest(hashed, params) return bignum.fromBinary(hashed:sub(1, params.size)) end

-- The first coordinate of the generator times a number.
local function multiply_generator(number, kind, size)
  local bytes = number:toBinary()
  local key = key_pair.from_number(kind, ("\0"):rep(size - #bytes) .. bytes)
  return bignum.fromBinary(key:getParameters().pub_key:toBinary():sub(2, size + 1))
end

local function write_integer(number)
  local bytes = number:toBinary()
  if bytes:byte() >= 128 then bytes = "\0" .. bytes end
  return "\2" .. string.char(#bytes) .. bytes
end

local function write_sequence(body)
  return "\48" .. (#body >= 128 and "\129" or "") .. string.char(#body) .. body
end

-- Reads r and s. Only the DER that write_sequence makes is accepted.
local function parse_signature(signature)
  local start = signature:byte(2) == 129 and 4 or 3
  local length = signature:byte(start + 1)
  if not length or #signature < start + length + 3 then return nil end
  local r = signature:sub(start + 2, start + 1 + length)
  local s = signature:sub(start + 4 + length)
  if r == "" or s == "" then return nil end
  r, s = bignum.fromBinary(r), bignum.fromBinary(s)
  if r <= ZERO or s <= ZERO or write_sequence(write_integer(r) .. write_integer(s)) ~= signature then return nil end
  return r, s
end

--- Returns whether a kind of key pair can sign with ECDSA.
---@param kind string?
---@return boolean
function ecdsa.has_curve(kind) return CURVES[kind] ~= nil end

--- Signs a digest.
---@param key userdata
---@param kind string
---@param hashed string the digest
---@return string signature DER
function ecdsa.sign(key, kind, hashed)
  local params = CURVES[kind]
  local order, private = params.order, key:getParameters().priv_key
  local r, s
  repeat
    local once = pkey.new({ type = "EC", curve = params.name }):getParameters()
    r = bignum.fromBinary(once.pub_key:toBinary():sub(2, params.size + 1)) % order
    s = (read_digest(hashed, params) + r * private) % order
    s = s * invert(once.priv_key, order) % order
  until r > ZERO and s > ZERO
  return write_sequence(write_integer(r) .. write_integer(s))
end

--- Returns whether a signature is that of a digest. The private key takes the place of the public one: the point of
--- SEC 1, u1 G + u2 Q, is (u1 + u2 d) G.
---@param key userdata
---@param kind string
---@param hashed string the digest
---@param signature string DER
---@return boolean
function ecdsa.verify(key, kind, hashed, signature)
  local params, private = CURVES[kind], key:getParameters().priv_key
  local order = params.order
  local r, s = parse_signature(signature)
  if not r or r >= order or s >= order then return false end
  local inverse = invert(s, order)
  local sum = (read_digest(hashed, params) + r * private) % order
  local factor = sum * inverse % order
  if factor == ZERO then return false end
  return multiply_generator(factor, kind, params.size) % order == r
end

return ecdsa
