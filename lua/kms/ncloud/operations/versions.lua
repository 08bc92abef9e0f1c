--- NAVER Cloud KMS 2.0: the versions of a key.

local fields = require "kms.ncloud.fields"

local version_param = { name = "version", type = "integer", required = true, min = 1, max = 100,
  about = "number of the version" }

local version = { name = "version", type = "integer", about = "number of the version" }
local status = { name = "status", type = "string", values = { "ENABLE", "DISABLE" }, about = "status of the version" }

local READ_VERSIONS = { { code = "", hint = "to verify, read the version's status with list_key_versions" } }

---@type kms.Operation[]
return {
  {
    name = "list_key_versions",
    official = "Get Key Version List",
    about = "Lists all versions of a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}/versions",
    read_only = true,
    params = { fields.key_tag },
    result = {
      fields.same_key_tag,
      { name = "current_version", wire = "currentVersion", type = "integer", about = "number of the newest version" },
      { name = "version_list", wire = "versionList", type = "list", required = true, about = "all versions of the key",
        items = { type = "object", fields = {
          version, status, fields.status_date,
          { name = "rotated_date", wire = "rotatedDate", type = "time", unit = "ms",
            about = "when the rotation created the version" },
        } } },
    },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-key-version-list" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "enable_key_version",
    official = "Enable Key Version",
    about = "Enables a disabled version of a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/versions/{version}/enable",
    repeatable = true,
    verification = READ_VERSIONS,
    params = { fields.key_tag, version_param },
    result = { version, status, fields.status_date },
    notes = { "Not possible while the key is disabled.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-enable-key-version" },
    example = { key_tag = fields.ROTATED_TAG, version = 1 },
  },
  {
    name = "disable_key_version",
    official = "Disable Key Version",
    about = "Disables a version of a key, except the newest one.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/versions/{version}/disable",
    repeatable = true,
    verification = READ_VERSIONS,
    params = { fields.key_tag, version_param },
    result = { version, status, fields.status_date },
    notes = { "Not possible while the key is disabled.", fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-disable-key-version" },
    example = { key_tag = fields.ROTATED_TAG, version = 1 },
  },
}
