--- Rules of values that several operations of Huawei Cloud KMS share.

local validate = require "kms.util.validate"

local rules = {}

-- UpdatePrimaryRegion, table 1: ^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$ (a-z, not only a-f).
local KEY_ID_PATTERN = "^[0-9a-z]+()" .. ("%-[0-9a-z]+()"):rep(3) .. "%-[0-9a-z]+$"

---@type kms.Rule
rules.KEY_ID = {
  text = "36 characters, lower-case letters and digits in groups of 8-4-4-4-12",
  plain = true,
  show_length = true,
  test = function(value)
    local first, second, third, fourth = value:match(KEY_ID_PATTERN)
    return first == 9 and second == 14 and third == 19 and fourth == 24 and #value == 36
  end,
}

-- Key spaces, access points and key policies: ^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-...-[0-9a-fA-F]{12}$.
local UUID_PATTERN = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(3) .. "%-" .. ("%x"):rep(12) .. "$"

---@type kms.Rule
rules.UUID = {
  text = "36 characters, hexadecimal digits in groups of 8-4-4-4-12",
  plain = true,
  show_length = true,
  test = function(value) return value:find(UUID_PATTERN) end,
}

-- CreateGrant: ^[A-Fa-f0-9]{64}$.
---@type kms.Rule
rules.GRANT_ID = {
  text = "64 hexadecimal digits",
  plain = true,
  show_length = true,
  test = function(value) return #value == 64 and value:find "^%x+$" end,
}

-- CreateGrant: ^[a-zA-Z0-9]{1,64}$.
---@type kms.Rule
rules.PRINCIPAL = {
  text = "1 to 64 letters and digits",
  plain = true,
  show_length = true,
  test = function(value) return #value <= 64 and value:find "^[0-9A-Za-z]+$" end,
}

---@type kms.Rule
rules.PROJECT_ID = {
  text = "32 letters and digits",
  plain = true,
  show_length = true,
  test = function(value) return #value == 32 and value:find "^[0-9A-Za-z]+$" end,
}

local function is_name(value)
  return #value <= 255 and value:find "^[0-9A-Za-z:/_-]+$"
end

-- CreateGrant, CreateKeyStore, CreateAccessPoint and CreateKeyPolicy: ^[a-zA-Z0-9:/_-]{1,255}$.
---@type kms.Rule
rules.NAME = {
  text = '1 to 255 characters: English letters, digits, ":", "/", "_" or "-"',
  show_length = true,
  test = is_name,
}

-- CreateKey: as a name; the service's own keys have names that end in "/default".
---@type kms.Rule
rules.ALIAS = {
  text = '1 to 255 characters: English letters, digits, ":", "/", "_" or "-", not ending in "/default"',
  show_length = true,
  test = function(value) return is_name(value) and not value:find "/default$" end,
}

---@type kms.Rule
rules.BASE64 = {
  text = "base64 (RFC 4648, section 4)",
  show_length = true,
  test = function(value) return #value % 4 == 0 and value:find "^[0-9A-Za-z+/]+=?=?$" end,
}

---@type kms.Rule
rules.HEX = {
  text = "an even number of hexadecimal digits",
  plain = true,
  show_length = true,
  test = function(value) return #value % 2 == 0 and value:find "^%x+$" end,
}

-- "." and ".." are not possible in a path, because RFC 3986, section 5.2.4, removes them, and the request would name
-- another resource.
---@type kms.Rule
rules.SEGMENT = {
  text = 'UTF-8 without NUL, at least 1 byte, other than "." and ".."',
  show_length = true,
  test = function(value) return value ~= "" and value ~= "." and value ~= ".." and validate.is_utf8(value) end,
}

return rules
