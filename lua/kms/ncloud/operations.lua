--- The operations of NAVER Cloud KMS 2.0. A new operation is one entry here.

local validate = require "kms.util.validate"

-- Update Key Name, request body.
---@type kms.Rule
local KEY_NAME = {
  text = '3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter',
  plain = true,
  test = function(value) return #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" end,
  show_length = true,
}

-- The documentation promises neither form nor length of a tag. "." and ".." are not possible in a path, because
-- RFC 3986, section 5.2.4, removes them, and the request would name another resource. The length is a limit of this
-- library: the longest tag in the documentation has 64 characters.
---@type kms.Rule
local KEY_TAG = {
  text = 'UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."',
  test = function(value)
    return value ~= "" and #value <= 1024 and value ~= "." and value ~= ".." and validate.is_utf8(value)
  end,
  show_length = true,
}

---@type kms.Operation[]
return {
  {
    name = "rename_key",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/name",
    repeatable = true,
    verification = { { code = "", hint = "to verify, read the key's name with get_key" } },
    params = {
      { name = "key_tag", type = "string", required = true, is_key = true, rule = KEY_TAG },
      { name = "key_name", type = "string", required = true, rule = KEY_NAME, member = "keyName" },
    },
    result = {
      { name = "key_tag", member = "keyTag", required = true, is_echo = true },
      { name = "key_name", member = "keyName", required = true, is_echo = true },
    },
  },
  {
    name = "get_key",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}",
    read_only = true,
    params = { { name = "key_tag", type = "string", required = true, is_key = true, rule = KEY_TAG } },
    result = {
      { name = "key_tag", member = "keyTag", required = true, is_echo = true },
      { name = "key_name", member = "keyName", required = true },
      { name = "status", member = "status" },
      { name = "key_type", member = "keyType" },
      { name = "protection_type", member = "protectionType" },
      { name = "base_url", member = "baseUrl" },
      { name = "nrn", member = "nrn" },
    },
  },
}
