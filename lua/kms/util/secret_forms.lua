--- Finds secrets that a text contains in upper or lower case, in hexadecimal or in Base64 (RFC 4648), as a server may
--- print a header.

local ascii = require "kms.util.ascii"

local byte, find, gsub, match = string.byte, string.find, string.gsub, string.match
local floor = math.floor

local secret_forms = {}

local MIN_SECRET = 8 -- bytes; the forms of a shorter secret could be found by chance
-- The bytes of a secret that are encoded to find out whether a text can contain a form of it.
local PROBE = "^" .. (".?"):rep(15)

-- This module runs when memory may be short, so it does without string.sub, char and rep: LuaJIT damages its stack when
-- one of them finds no memory for its string.
local ZEROS = { [0] = "", "\0", "\0\0" }
local ANY = { [0] = "", ".", "..", "..." }

local ALPHABET = {} -- by value, from 0
for letter in ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):gmatch "." do
  ALPHABET[ALPHABET[0] and #ALPHABET + 1 or 0] = letter
end

local function encode_hex_lower(text)
  return (gsub(text, ".", function(c) return ("%02x"):format(byte(c)) end))
end

local function encode_hex_upper(text)
  return (gsub(text, ".", function(c) return ("%02X"):format(byte(c)) end))
end

--- Encodes three bytes.
local function encode_group(a, b, c)
  local bits = byte(a) * 65536 + byte(b) * 256 + byte(c)
  return ALPHABET[floor(bits / 262144)] .. ALPHABET[floor(bits / 4096) % 64] .. ALPHABET[floor(bits / 64) % 64]
    .. ALPHABET[bits % 64]
end

--- Creates a function that encodes a text in Base64. `offset` bytes precede the text in its group of three. The
--- characters that depend on other bytes are missing.
---@param offset integer 0, 1 or 2
---@return fun(text: string): string
local function new_base64_encoder(offset)
  local hidden = offset == 0 and 0 or offset + 1
  return function(text)
    local size = offset + #text
    local encoded = gsub(ZEROS[offset] .. text .. ZEROS[-size % 3], "(.)(.)(.)", encode_group)
    return match(encoded, "^" .. ANY[hidden] .. "(.*)" .. ANY[#encoded - floor(size * 8 / 6)] .. "$")
  end
end

--- The alphabet for URLs (RFC 4648, section 5).
local function for_urls(encode)
  return function(text) return (gsub(gsub(encode(text), "%+", "-"), "/", "_")) end
end

local ENCODERS = { ascii.lower, ascii.upper, encode_hex_lower, encode_hex_upper }
for offset = 0, 2 do
  local encode = new_base64_encoder(offset)
  ENCODERS[#ENCODERS + 1] = encode
  ENCODERS[#ENCODERS + 1] = for_urls(encode)
end

--- Removes all but letters and digits.
---@param text string
---@return string
function secret_forms.squeeze(text)
  -- LuaJIT's gsub would leave a copy of a secret on the stack.
  if not find(text, "[^0-9A-Za-z]") then return text end
  return (gsub(text, "[^0-9A-Za-z]+", ""))
end

local squeeze = secret_forms.squeeze

--- Returns the forms of a secret whose beginnings a text contains.
---@param text string squeezed
---@param secret string
---@return string[]
function secret_forms.find(text, secret)
  local forms = {}
  if #secret < MIN_SECRET then return forms end
  local probe = match(secret, PROBE)
  for _, encode in ipairs(ENCODERS) do
    if find(text, squeeze(encode(probe)), 1, true) then forms[#forms + 1] = encode(secret) end
  end
  return forms
end

return secret_forms
