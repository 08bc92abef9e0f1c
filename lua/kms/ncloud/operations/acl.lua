--- NAVER Cloud KMS 2.0: the list of addresses that may use a key.

local fields = require "kms.ncloud.fields"

local ip_list = { name = "ip_list", wire = "ipList", type = "list", items = { type = "string" }, required = true,
  place = "body", about = "IPv4 addresses" }

local is_acl_enabled = { name = "is_acl_enabled", wire = "isAclEnabled", type = "boolean",
  about = "whether only the addresses of the list may use the key" }
local allowed_ip_list = { name = "allowed_ip_list", wire = "allowedIpList", type = "list", items = { type = "string" },
  about = "addresses that may use the key" }

local READ_ACL = { { code = "", hint = "to verify, read the key's list of addresses with get_acl" } }

---@type kms.Operation[]
return {
  {
    name = "get_acl",
    official = "Get ACL Rule List",
    about = "Reads the addresses that may use a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}/acl",
    read_only = true,
    params = { fields.key_tag },
    result = { fields.same_key_tag, is_acl_enabled, allowed_ip_list },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-acl-list" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "add_acl",
    official = "Add ACL Rule",
    about = "Adds addresses to those that may use a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/acl",
    repeatable = true,
    verification = READ_ACL,
    params = { fields.key_tag, ip_list },
    result = { fields.same_key_tag, allowed_ip_list },
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-add-acl" },
    example = { key_tag = fields.EXAMPLE_TAG, ip_list = { "192.0.2.10" } },
  },
  {
    name = "delete_acl",
    official = "Delete ACL Rule",
    about = "Removes addresses from those that may use a key.",
    method = "DELETE",
    path = "/kms/v1/keys/{key_tag}/acl",
    repeatable = true,
    verification = READ_ACL,
    params = { fields.key_tag, ip_list },
    result = { fields.same_key_tag, allowed_ip_list },
    notes = { "The request is a DELETE with a body.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-delete-acl" },
    example = { key_tag = fields.EXAMPLE_TAG, ip_list = { "192.0.2.10" } },
  },
  {
    name = "enable_ip_acl",
    official = "Enable IP ACL",
    about = "Lets only the addresses of the list use a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/acl/enable",
    repeatable = true,
    verification = READ_ACL,
    params = { fields.key_tag },
    result = { fields.same_key_tag, is_acl_enabled },
    notes = { "No address may use the key until addresses are added.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-enable-ip-acl" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "disable_ip_acl",
    official = "Disable IP ACL",
    about = "Lets every address use a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/acl/disable",
    repeatable = true,
    verification = READ_ACL,
    params = { fields.key_tag },
    result = { fields.same_key_tag, is_acl_enabled },
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-disable-ip-acl" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
}
