--- Operations on multi-region keys of Huawei Cloud KMS.

local regions = require "kms.huawei.regions"
local rules = require "kms.huawei.rules"

---@type kms.Operation[]
return {
  {
    name = "update_primary_region",
    official = "UpdatePrimaryRegion",
    about = "Moves the primary region of a multi-region key; the region that was primary becomes a replica.",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    repeatable = true,
    params = {
      { name = "key_id", type = "string", required = true, place = "body", is_key = true, rule = rules.KEY_ID,
        about = "the key" },
      { name = "primary_region", type = "string", required = true, place = "body", rule = regions.RULE,
        about = "code of the new primary region" },
    },
    result = {
      { name = "key_id", type = "string", required = true, is_echo = true, about = "the key" },
      { name = "primary_region", type = "string", required = true, is_echo = true, about = "the new primary region" },
    },
    verification = {
      -- An inference: the published text of this code speaks of a "replica service" only.
      { code = "^KMS%.0106$", hint = "an earlier attempt has probably moved the key; to verify, make the same call at "
        .. "the target region" },
      { code = "", hint = "to verify, make the same call at the target region" },
    },
    permission = "kms:cmk:updatePrimaryRegion",
    error_status = { 400, 401, 403, 404, 500, 502, 504 },
    notes = { "Send it to the region where the key is primary now." },
    sources = { 'Huawei Cloud KMS API reference, "Changing the Primary Region for a Key"',
      "huaweicloud-sdk-python-v3, huaweicloudsdkkms/v2" },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" },
  },
}
