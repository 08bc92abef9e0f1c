--- The operations of Huawei Cloud KMS. A new operation is one entry here.

local regions = require "kms.huawei.regions"

-- UpdatePrimaryRegion, table 1: ^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$ (a-z, not only a-f).
local KEY_ID_PATTERN = "^[0-9a-z]+()" .. ("%-[0-9a-z]+()"):rep(3) .. "%-[0-9a-z]+$"

---@type kms.Rule
local KEY_ID = {
  text = "36 characters, lower-case letters and digits in groups of 8-4-4-4-12",
  plain = true,
  show_length = true,
  test = function(value)
    local first, second, third, fourth = value:match(KEY_ID_PATTERN)
    return first == 9 and second == 14 and third == 19 and fourth == 24 and #value == 36
  end,
}

---@type kms.Operation[]
return {
  {
    name = "update_primary_region",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    repeatable = true,
    verification = {
      -- An inference: the published text of this code speaks of a "replica service" only.
      { code = "^KMS%.0106$", hint = "an earlier attempt has probably moved the key; to verify, make the same call at "
        .. "the target region" },
      { code = "", hint = "to verify, make the same call at the target region" },
    },
    params = {
      { name = "key_id", type = "string", required = true, is_key = true, rule = KEY_ID, member = "key_id" },
      { name = "primary_region", type = "string", required = true, rule = regions.RULE, member = "primary_region" },
    },
    result = {
      { name = "key_id", member = "key_id", required = true, is_echo = true },
      { name = "primary_region", member = "primary_region", required = true, is_echo = true },
    },
  },
}
