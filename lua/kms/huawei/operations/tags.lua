--- Operations of Huawei Cloud KMS on the tags of keys.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

-- A key of tags with several values.
---@type kms.OperationField
local TAG_VALUES = { type = "object", fields = {
  { name = "key", type = "string", about = "key of the tag" },
  { name = "values", type = "list", about = "values of the tag", items = { type = "string" } },
} }

---@type kms.Operation[]
return {
  {
    name = "create_kms_tag",
    official = "CreateKmsTag",
    about = "Adds a tag to a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/{key_id}/tags",
    repeatable = true,
    params = {
      fields.KEY_ID_IN_PATH,
      { name = "tag", type = "object", place = "body", about = "the tag", fields = fields.TAG.fields },
      fields.SEQUENCE,
    },
    result = {},
    verification = fields.verification("read the tags with show_kms_tags"),
    permission = "kms:cmkTag:create",
    error_status = fields.ERROR_STATUS,
    notes = {
      "Documented limits: 20 tags per key, 36 characters in the key of a tag, 43 in its value.",
      "Unverified: the documentation does not say whether a tag with the same key is replaced.",
    },
    sources = { fields.SDK, fields.OPENAPI, "support.huaweicloud.com/eu/api-dew/CreateKmsTag.html",
      fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", tag = { key = "department", value = "payroll" } },
  },
  {
    name = "batch_create_kms_tags",
    official = "BatchCreateKmsTags",
    about = "Adds tags to a key, or deletes them.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/{key_id}/tags/action",
    repeatable = true,
    params = {
      fields.KEY_ID_IN_PATH,
      { name = "tags", type = "list", required = true, place = "body", about = "the tags", items = fields.TAG },
      { name = "action", type = "string", required = true, place = "body", values = { "create", "delete" },
        about = "what to do with the tags" },
      fields.SEQUENCE,
    },
    result = {},
    verification = fields.verification("read the tags with show_kms_tags"),
    permission = "kms:cmkTag:batch",
    error_status = fields.ERROR_STATUS,
    notes = {
      "Documented limits: 20 tags, 36 characters in the key of a tag, 43 in its value.",
      fields.REPEAT_UNKNOWN,
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      action = "create",
      tags = { { key = "department", value = "payroll" } },
    },
  },
  {
    name = "delete_tag",
    official = "DeleteTag",
    about = "Deletes a tag of a key.",
    method = "DELETE",
    path = "/v1.0/{project_id}/kms/{key_id}/tags/{key}",
    repeatable = true,
    params = {
      fields.KEY_ID_IN_PATH,
      { name = "key", type = "string", required = true, rule = rules.SEGMENT, about = "key of the tag" },
    },
    result = {},
    verification = fields.verification("read the tags with show_kms_tags", "KMS.0416", "deleted the tag"),
    error_status = fields.ERROR_STATUS,
    notes = { "Unverified: the table of error codes says that a repeat is refused with KMS.0416." },
    sources = { fields.SDK, fields.OPENAPI },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", key = "department" },
  },
  {
    name = "show_kms_tags",
    official = "ShowKmsTags",
    about = "Lists the tags of a key.",
    method = "GET",
    path = "/v1.0/{project_id}/kms/{key_id}/tags",
    read_only = true,
    params = { fields.KEY_ID_IN_PATH },
    result = {
      { name = "tags", type = "list", about = "tags of the key", items = fields.TAG },
      { name = "exist_tags_num", wire = "existTagsNum", type = "integer", about = "number of tags" },
    },
    permission = "kms:cmkTag:list",
    error_status = fields.ERROR_STATUS,
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "list_kms_tags",
    official = "ListKmsTags",
    about = "Lists the tags of all keys of the project.",
    method = "GET",
    path = "/v1.0/{project_id}/kms/tags",
    read_only = true,
    params = {},
    result = {
      { name = "tags", type = "list", about = "the tags, each with all its values", items = TAG_VALUES },
    },
    permission = "kms:cmkTag:list",
    error_status = fields.ERROR_STATUS,
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {},
  },
  {
    name = "list_kms_by_tags",
    official = "ListKmsByTags",
    about = "Lists the keys that have certain tags, or counts them.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/resource_instances/action",
    read_only = true,
    params = {
      fields.LIMIT,
      { name = "offset", type = "integer", place = "body", text = true, min = 0, about = "number of keys to skip" },
      { name = "action", type = "string", place = "body", values = { "filter", "count" },
        about = "whether to list the keys or to count them" },
      { name = "tags", type = "list", place = "body", about = "a key must have all of these tags", items = TAG_VALUES },
      { name = "matches", type = "list", place = "body", about = "a key must match these names and values",
        items = fields.TAG },
      fields.SEQUENCE,
    },
    result = {
      { name = "resources", type = "list", about = "the keys",
        items = { type = "object", fields = {
          { name = "resource_id", type = "string", about = "ID of the key" },
          { name = "resource_detail", type = "object", about = "the key", fields = fields.KEY_DETAILS },
          { name = "resource_name", type = "string", about = "name of the key" },
          { name = "tags", type = "list", about = "tags of the key", items = fields.TAG },
        } } },
      { name = "total_count", type = "integer", about = "number of all keys that match" },
    },
    paging = { items = "resources", param = "offset", limit = "limit", total = "total_count" },
    permission = "kms:cmkTag:listInstance",
    error_status = fields.ERROR_STATUS,
    notes = {
      'With `action = "count"`, `limit` and `offset` are refused with KMS.0418.',
      "Documented limits: 10 tags, 10 values per tag.",
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { action = "filter", tags = { { key = "department", values = { "payroll" } } } },
  },
}
