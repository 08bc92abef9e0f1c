--- NAVER Cloud KMS 2.0: keys, their names and states.

local fields = require "kms.ncloud.fields"
local rules = require "kms.ncloud.rules"

local KEY_TYPES = { "AES256", "RSA2048", "ECDSA" }
local STATUSES = { "ENABLE", "DISABLE", "REVOKE" }
local PROTECTION_TYPES = { "BASIC", "COMMON_HSM" }

-- Fields of a key, as in the lists below.
local key_id = { name = "key_id", wire = "keyId", type = "integer", about = "number of the key" }
local key_name = { name = "key_name", wire = "keyName", type = "string", about = "name of the key" }
local key_type = { name = "key_type", wire = "keyType", type = "string", values = KEY_TYPES, about = "type of the key" }
local status = { name = "status", type = "string", values = STATUSES,
  about = "status of the key; REVOKE: it will be deleted" }
local protection_type = { name = "protection_type", wire = "protectionType", type = "string", values = PROTECTION_TYPES,
  about = "where the key is kept" }
local is_convergent = { name = "is_convergent", wire = "isConvergent", type = "boolean",
  about = "whether the same plaintext always gives the same ciphertext" }
local register_date = { name = "register_date", wire = "registerDate", type = "time", unit = "ms",
  about = "when the key was created" }
local details = {
  { name = "keystore_id", wire = "keystoreId", type = "integer", about = "number of the keystore" },
  protection_type,
  { name = "memo", type = "string", about = "note about the key" },
  is_convergent,
  { name = "is_auto_rotation", wire = "isAutoRotation", type = "boolean", about = "whether the key rotates by itself" },
  { name = "rotation_period", wire = "rotationPeriod", type = "integer", about = "days between two rotations" },
  { name = "next_rotation_date", wire = "nextRotationDate", type = "time", unit = "ms", about = "next rotation" },
  register_date,
}

local required_key_tag = { name = "key_tag", wire = "keyTag", type = "string", required = true, is_echo = true,
  is_case_insensitive = true, about = "tag of the key" }
local required_key_name = { name = "key_name", wire = "keyName", type = "string", required = true,
  about = "name of the key" }
local same_key_name = { name = "key_name", wire = "keyName", type = "string", required = true, is_echo = true,
  about = "name of the key" }

local key_state = { fields.same_key_tag, status, fields.status_date }

local READ_STATUS = { { code = "", hint = "to verify, read the key's status with get_key" } }

---@type kms.Operation[]
return {
  {
    name = "rename_key",
    official = "Update Key Name",
    about = "Changes the name of a key. Its tag stays the same.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/name",
    repeatable = true,
    verification = { { code = "", hint = "to verify, read the key's name with get_key" } },
    params = {
      fields.key_tag,
      { name = "key_name", wire = "keyName", type = "string", required = true, place = "body", rule = rules.KEY_NAME,
        about = "the new name; no other key of the account has it" },
    },
    result = { required_key_tag, same_key_name },
    notes = {
      "Unverified: the error for a name in use, and whether a key can be renamed to its present name.",
      "Inferred: letter case does not count when names are compared; API version 3 documents it for the same keys.",
    },
    sources = { "https://api.ncloud-docs.com/docs/en/update-key-name" },
    example = { key_tag = fields.EXAMPLE_TAG, key_name = "newKeyName" },
  },
  {
    name = "get_key",
    official = "Get Key Info",
    about = "Reads a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}",
    read_only = true,
    params = { fields.key_tag },
    result = fields.join({
      key_id, required_key_tag, required_key_name,
      { name = "nrn", type = "string", about = "resource name of the key" },
      { name = "base_url", wire = "baseUrl", type = "string", about = "endpoint that serves the key" },
      key_type, status,
      { name = "current_version", wire = "currentVersion", type = "integer", about = "number of the newest version" },
    }, details),
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-key-info" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "list_keys",
    official = "Get Key List",
    about = "Lists the keys of the account, one page per call.",
    method = "GET",
    path = "/kms/v1/keys",
    read_only = true,
    params = fields.page_params,
    result = fields.join({
      { name = "key_list", wire = "keyList", also = { "KeyList" }, type = "list", required = true,
        about = "keys of this page", items = { type = "object", fields = {
          key_id, { name = "key_tag", wire = "keyTag", type = "string", about = "tag of the key" }, key_name, key_type,
          status, protection_type, is_convergent, register_date,
          { name = "destroy_date", wire = "destroyDate", type = "time", unit = "ms",
            about = "when the key is deleted" },
        } } },
    }, fields.page_results),
    paging = { items = "key_list", param = "page_no", first = 1, pages = "total_page_no" },
    notes = {
      "The documentation shows the totals inside and beside the member data, and the list as keyList and KeyList. "
        .. "Both forms are read.",
      "Inferred: a call lists only the keys of the zone that it calls; API version 3 documents it for the same keys.",
    },
    sources = { "https://api.ncloud-docs.com/docs/ko/security-kms2-key-list" },
    example = { page_size = 200 },
  },
  {
    name = "create_key",
    official = "Create Key",
    about = "Creates a key.",
    method = "POST",
    path = "/kms/v1/keys",
    verification = { { code = "", hint = "to verify, look for the key's name with list_keys" } },
    params = {
      { name = "key_name", wire = "keyName", type = "string", required = true, place = "body", rule = rules.KEY_NAME,
        about = "name of the key; no other key of the account has it" },
      { name = "key_type", wire = "keyType", type = "string", required = true, place = "body", values = KEY_TYPES,
        about = "type of the key" },
      { name = "protection_type", wire = "protectionType", type = "string", required = true, place = "body",
        values = PROTECTION_TYPES, about = "where the key is kept" },
      { name = "is_auto_rotation", wire = "isAutoRotation", type = "boolean", required = true, place = "body",
        about = "whether the key rotates by itself" },
      { name = "rotation_period", wire = "rotationPeriod", type = "integer", place = "body", min = 1, max = 730,
        default = 90, about = "days between two rotations; only with automatic rotation" },
      { name = "is_convergent", wire = "isConvergent", type = "boolean", place = "body", default = false,
        about = "whether the same plaintext always gives the same ciphertext; AES256 only" },
      { name = "memo", type = "string", place = "body", about = "note about the key, at most 100 characters" },
    },
    result = fields.join({
      key_id,
      { name = "key_tag", wire = "keyTag", type = "string", required = true, about = "tag of the key" },
      key_name, key_type, status,
    }, details),
    notes = {
      "Names are unique, so a repeat after a lost response fails and does not create a second key.",
      "Unverified: how a key that is isolated in a region is requested.",
    },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-create-key" },
    example = { key_name = "orders", key_type = "AES256", protection_type = "BASIC", is_auto_rotation = false },
  },
  {
    name = "update_memo",
    official = "Update Memo",
    about = "Changes the note about a key.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/memo",
    repeatable = true,
    verification = { { code = "", hint = "to verify, read the key's memo with get_key" } },
    params = {
      fields.key_tag,
      { name = "memo", type = "string", required = true, place = "body",
        about = "note about the key, at most 100 characters" },
    },
    result = { fields.same_key_tag, { name = "memo", type = "string", about = "note about the key" } },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-update-memo" },
    example = { key_tag = fields.EXAMPLE_TAG, memo = "orders of the shop" },
  },
  {
    name = "enable_key",
    official = "Enable Key",
    about = "Enables a disabled key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/enable",
    repeatable = true,
    verification = READ_STATUS,
    params = { fields.key_tag },
    result = key_state,
    notes = { "A key that will be deleted cannot be enabled.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-enable-key" },
    example = { key_tag = fields.DISABLED_TAG },
  },
  {
    name = "disable_key",
    official = "Disable Key",
    about = "Disables a key with all its versions.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/disable",
    repeatable = true,
    verification = READ_STATUS,
    params = { fields.key_tag },
    result = key_state,
    notes = { "Unverified: the members of the response; they are those of enable_key.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-disable-key" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "request_key_deletion",
    official = "Request Key Deletion",
    about = "Schedules the deletion of a key. The service deletes it after 72 hours.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/request-deletion",
    repeatable = true,
    verification = READ_STATUS,
    params = { fields.key_tag },
    result = key_state,
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-request-key-deletion" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "cancel_key_deletion",
    official = "Cancel Key Deletion",
    about = "Cancels the scheduled deletion of a key. The key is disabled afterwards.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/cancel-deletion",
    repeatable = true,
    verification = READ_STATUS,
    params = { fields.key_tag },
    result = key_state,
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-cancel-key-deletion" },
    example = { key_tag = fields.PENDING_DELETION_TAG },
  },
  {
    name = "delete_key",
    official = "Delete Key",
    about = "Deletes a key at once and for good. Its deletion must have been requested before.",
    method = "DELETE",
    path = "/kms/v1/keys/{key_tag}",
    repeatable = true,
    verification = { { code = "", hint = "to verify, read the key with get_key" } },
    params = { fields.key_tag },
    result = {},
    notes = { "Nothing that the key has encrypted can be decrypted afterwards.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-delete-key" },
    example = { key_tag = fields.PENDING_DELETION_TAG },
  },
}
