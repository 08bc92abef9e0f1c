--- Operations of Huawei Cloud KMS on multi-region keys: regions, replicas, the primary region.

local fields = require "kms.huawei.fields"
local regions = require "kms.huawei.regions"
local rules = require "kms.huawei.rules"

---@type kms.Operation[]
return {
  {
    name = "update_primary_region",
    official = "UpdatePrimaryRegion",
    about = "Moves the primary region of a multi-region key; the region that was primary becomes a replica region.",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    repeatable = true,
    params = {
      fields.KEY_ID,
      { name = "primary_region", type = "string", required = true, place = "body", rule = regions.RULE,
        about = "code of the new primary region" },
    },
    result = {
      { name = "key_id", type = "string", required = true, is_echo = true, about = "ID of the key" },
      { name = "primary_region", type = "string", required = true, is_echo = true, about = "the new primary region" },
    },
    verification = {
      -- An inference: the published text of this code speaks of a "replica service" only.
      { code = "^KMS%.0106$", hint = "an earlier attempt has probably moved the key; to verify, make the same call at "
        .. "the target region" },
      { code = "", hint = "to verify, make the same call at the target region" },
    },
    permission = "kms:cmk:updatePrimaryRegion",
    error_status = fields.ERROR_STATUS,
    notes = {
      "Send it to the region where the key is primary now, with the project of that region.",
      "A response that names another key or region is an error of kind protocol. Unverified: the vendor's example "
        .. "has two different keys in request and response.",
      "Inferred: a region that holds a replica refuses with KMS.0106.",
      fields.REPEAT_UNKNOWN,
    },
    sources = { fields.SDK, fields.OPENAPI, "support.huaweicloud.com/eu/api-dew/UpdatePrimaryRegion.html" },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" },
  },
  {
    name = "replicate_key",
    official = "ReplicateKey",
    about = "Creates a replica of a key in another region.",
    method = "POST",
    path = "/v2/{project_id}/kms/keys/{key_id}/replicate",
    params = {
      fields.KEY_ID,
      { name = "replica_region", type = "string", required = true, place = "body", rule = regions.RULE,
        about = "code of the region of the replica" },
      { name = "key_alias", type = "string", required = true, place = "body", rule = rules.ALIAS,
        about = "name of the replica" },
      { name = "key_description", type = "string", place = "body", about = "description of the replica" },
      fields.ENTERPRISE_PROJECT,
      { name = "replica_project_id", type = "string", required = true, place = "body", rule = rules.PROJECT_ID,
        about = "ID of the project in the region of the replica" },
      { name = "tags", type = "list", place = "body", about = "tags of the replica", items = fields.TAG },
    },
    result = {
      { name = "key_id", type = "string", required = true, about = "ID of the replica" },
      fields.DOMAIN_ID,
      { name = "region", type = "string", about = "region of the replica" },
    },
    verification = fields.verification("look for the key in the region of the replica with list_keys"),
    permission = "kms:cmk:replicate",
    error_status = fields.ERROR_STATUS,
    notes = {
      "A region has at most one replica of a key.",
      "Unverified: `key_id` of the result is the ID of the replica; the documentation does not say whether it is "
        .. "the ID of the key.",
      fields.REPEAT_UNKNOWN,
    },
    sources = { fields.SDK, fields.OPENAPI, "support.huaweicloud.com/intl/en-us/api-dew/ReplicateKey.html" },
    example = {
      key_id = "4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3",
      replica_region = "cn-east-3",
      key_alias = "payroll",
      replica_project_id = "1c6e9b8d5f304ae1ad7c4b2f9081d36c",
    },
  },
  {
    name = "list_support_regions",
    official = "ListSupportRegions",
    about = "Lists the regions that multi-region keys can be in.",
    method = "GET",
    path = "/v2/{project_id}/kms/regions",
    read_only = true,
    params = {
      { name = "limit", type = "integer", place = "query", default = 10, about = "number of items per page" },
      { name = "offset", type = "integer", place = "query", min = 0, about = "number of items to skip" },
    },
    result = {
      { name = "regions", type = "list", about = "codes of the regions", items = { type = "string" } },
    },
    paging = { items = "regions", param = "offset", limit = "limit" },
    error_status = fields.ERROR_STATUS,
    notes = { "The documentation has two default values of `limit`: 10 on older pages, 100 on newer ones." },
    sources = { fields.SDK, fields.OPENAPI },
    example = {},
  },
}
