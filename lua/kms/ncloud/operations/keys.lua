--- Operations on keys of NAVER Cloud KMS 2.0.

local rules = require "kms.ncloud.rules"

---@type kms.OperationParam
local KEY_TAG = { name = "key_tag", type = "string", required = true, is_key = true, rule = rules.KEY_TAG,
  about = "tag of the key" }

---@type kms.Operation[]
return {
  {
    name = "rename_key",
    official = "Update Key Name",
    about = "Changes a key's name; the tag stays the same.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/name",
    repeatable = true,
    params = {
      KEY_TAG,
      { name = "key_name", wire = "keyName", type = "string", required = true, place = "body", rule = rules.KEY_NAME,
        about = "the new name" },
    },
    result = {
      { name = "key_tag", wire = "keyTag", type = "string", required = true, is_echo = true, about = "tag of the key" },
      { name = "key_name", wire = "keyName", type = "string", required = true, is_echo = true, about = "the new name" },
    },
    verification = { { code = "", hint = "to verify, read the key's name with get_key" } },
    sources = { "api.ncloud-docs.com/docs/security-kms2-update-key-name" },
    example = { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "newKeyName" },
  },
  {
    name = "get_key",
    official = "Get Key Info",
    about = "Reads a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}",
    read_only = true,
    params = { KEY_TAG },
    result = {
      { name = "key_tag", wire = "keyTag", type = "string", required = true, is_echo = true, about = "tag of the key" },
      { name = "key_name", wire = "keyName", type = "string", required = true, about = "name of the key" },
      { name = "status", type = "string", values = { "ENABLE", "DISABLE", "REVOKE" }, about = "state of the key" },
      { name = "key_type", wire = "keyType", type = "string", about = "algorithm of the key" },
      { name = "protection_type", wire = "protectionType", type = "string", about = "where the key is kept" },
      { name = "base_url", wire = "baseUrl", type = "string", about = "endpoint that serves the key" },
      { name = "nrn", type = "string", about = "resource name of the key" },
    },
    sources = { "api.ncloud-docs.com/docs/security-kms2-key-info" },
    example = { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6" },
  },
}
