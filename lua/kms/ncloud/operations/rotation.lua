--- NAVER Cloud KMS 2.0: rotation of keys, by hand and automatic.

local fields = require "kms.ncloud.fields"

local is_auto_rotation = { name = "is_auto_rotation", wire = "isAutoRotation", type = "boolean",
  about = "whether the key rotates by itself" }
local rotation_period = { name = "rotation_period", wire = "rotationPeriod", type = "integer",
  about = "days between two rotations" }
local next_rotation_date = { name = "next_rotation_date", wire = "nextRotationDate", type = "time", unit = "ms",
  about = "time of the next rotation" }

local READ_ROTATION = { { code = "", hint = "to verify, read the key's rotation with get_key" } }

---@type kms.Operation[]
return {
  {
    name = "rotate_key",
    official = "Rotate Key",
    about = "Creates a new version of an enabled key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/rotate",
    verification = { { code = "", hint = "to verify, count the key's versions with list_key_versions" } },
    params = { fields.key_tag },
    result = {
      fields.same_key_tag,
      { name = "version", type = "integer", about = "number of the new version" },
      { name = "rotated_date", wire = "rotatedDate", type = "time", unit = "ms", about = "time of the rotation" },
    },
    notes = { "A repeat creates one more version. A key has at most 100 versions." },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-rotate-key" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "enable_auto_rotation",
    official = "Enable Auto Rotation",
    about = "Lets a key rotate by itself.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/enable-auto-rotation",
    repeatable = true,
    verification = READ_ROTATION,
    params = { fields.key_tag },
    result = { fields.same_key_tag, is_auto_rotation, rotation_period, next_rotation_date },
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-enable-auto-rotation" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
  {
    name = "disable_auto_rotation",
    official = "Disable Auto Rotation",
    about = "Stops the automatic rotation of a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/disable-auto-rotation",
    repeatable = true,
    verification = READ_ROTATION,
    params = { fields.key_tag },
    result = { fields.same_key_tag, is_auto_rotation },
    notes = { fields.UNDOCUMENTED_REPEAT },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-disable-auto-rotation" },
    example = { key_tag = fields.ROTATED_TAG },
  },
  {
    name = "update_rotation_period",
    official = "Update Rotation Period",
    about = "Changes the days between two automatic rotations of a key.",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/rotation-period",
    repeatable = true,
    verification = READ_ROTATION,
    params = {
      fields.key_tag,
      { name = "rotation_period", wire = "rotationPeriod", type = "integer", required = true, place = "body", min = 1,
        max = 730, about = "days between two rotations" },
    },
    result = { fields.same_key_tag, rotation_period, next_rotation_date },
    notes = { "Possible only while automatic rotation is enabled." },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-rotation-period" },
    example = { key_tag = fields.ROTATED_TAG, rotation_period = 30 },
  },
}
