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
-- library: the longest tag in the documentation has 64 characters.
---@type kms.Rule
rules.KEY_TAG = {
  text = 'UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."',
  test = function(value)
    return value ~= "" and #value <= 1024 and value ~= "." and value ~= ".." and validate.is_utf8(value)
  end,
  show_length = true,
}

return rules
