--- Rules of values that several operations of NAVER Cloud KMS 2.0 share.

local validate = require "kms.util.validate"

local rules = {}

-- Update Key Name, request body.
---@type kms.Rule
rules.KEY_NAME = {
  text = '3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter',
  plain = true,
  test = function(value) return #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" end,
  show_length = true,
}

-- The documentation promises neither form nor length of a tag. "." and ".." are not possible in a path, because
-- RFC 3986, section 5.2.4, removes them, and the request would name another resource. The length is a limit of this
-- library: the longest tag in the documentation has 68 characters.
---@type kms.Rule
rules.KEY_TAG = {
  text = 'UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."',
  is_utf8 = true,
  test = function(value)
    return value ~= "" and #value <= 1024 and value ~= "." and value ~= ".." and validate.is_utf8(value)
  end,
  show_length = true,
}

local function show_size(value) return ("%d bytes"):format(#value) end

-- RFC 4648, section 4. Errors show only the size of a value, because it can be a secret.
---@type kms.Rule
rules.BASE64 = {
  text = "base64 text",
  test = function(value) return #value % 4 == 0 and value:find "^[A-Za-z0-9+/]*=?=?$" end,
  show = show_size,
}

-- Decrypt and Verify, request body. A ciphertext has a prefix, so that it is not base64.
---@type kms.Rule
rules.NOT_EMPTY = { text = "a text that is not empty", test = function(value) return value ~= "" end, show = show_size }

-- Create Token Set, request body: a number of hours, at most two years, or "UL", which means no limit.
---@type kms.Rule
rules.HOURS = {
  text = '1 to 17520, or "UL"',
  test = function(value)
    local hours = (type(value) == "number" or value:find "^%d+$") and tonumber(value)
    return value == "UL" or hours and hours >= 1 and hours <= 17520 and hours % 1 == 0
  end,
}

return rules
