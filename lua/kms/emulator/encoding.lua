--- Encodes bytes as hexadecimal and Base64, and decodes both strictly.

local encoding = {}

--- Encodes bytes in hexadecimal, in lower case.
---@param bytes string
---@return string
function encoding.encode_hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Decodes hexadecimal in either case.
---@param text any
---@return string? bytes nil when the value is not a string of hexadecimal
function encoding.decode_hex(text)
  if type(text) ~= "string" or #text % 2 ~= 0 or text:find "[^%x]" then return nil end
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local CHARACTERS, VALUES = {}, {}
for i = 1, 64 do
  CHARACTERS[i - 1] = ALPHABET:sub(i, i)
  VALUES[ALPHABET:byte(i)] = i - 1
end

--- Encodes bytes in Base64 (RFC 4648, section 4).
---@param bytes string
---@return string
function encoding.encode_base64(bytes)
  local characters = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local group = a * 65536 + (b or 0) * 256 + (c or 0)
    characters[#characters + 1] = CHARACTERS[math.floor(group / 262144)]
    characters[#characters + 1] = CHARACTERS[math.floor(group / 4096) % 64]
    characters[#characters + 1] = b and CHARACTERS[math.floor(group / 64) % 64] or "="
    characters[#characters + 1] = c and CHARACTERS[group % 64] or "="
  end
  return table.concat(characters)
end

--- Decodes Base64 with padding.
---@param text any
---@return string? bytes nil when the value is not a string of Base64
function encoding.decode_base64(text)
  if type(text) ~= "string" or #text % 4 ~= 0 then return nil end
  local data, padding = text:match "^([0-9A-Za-z+/]*)(=?=?)$"
  if not data then return nil end
  local groups = {}
  for i = 1, #data, 4 do
    local a, b, c, d = data:byte(i, i + 3)
    local group = VALUES[a] * 262144 + VALUES[b] * 4096 + (c and VALUES[c] or 0) * 64 + (d and VALUES[d] or 0)
    groups[#groups + 1] = string.char(math.floor(group / 65536), math.floor(group / 256) % 256, group % 256)
  end
  local bytes = table.concat(groups)
  return bytes:sub(1, #bytes - #padding)
end

return encoding
