--- Operations of Huawei Cloud KMS on further aliases of a key.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

--- Lists the fields of an alias.
---@param key_id kms.ResultField
---@return kms.ResultField[]
local function alias_fields(key_id)
  return {
    fields.DOMAIN_ID,
    key_id,
    { name = "alias", type = "string", about = "the alias" },
    { name = "alias_urn", type = "string", about = "resource name of the alias" },
    { name = "create_time", type = "string", about = "when it was created" },
    { name = "update_time", type = "string", about = "when it was changed" },
  }
end

local ALIAS = alias_fields(fields.RESULT_KEY_ID)

local TIMES = 'Times are text, such as "2024-04-01T00:00:00Z" in the sample of CreateAlias.'

---@type kms.Operation[]
return {
  {
    name = "create_alias",
    official = "CreateAlias",
    about = "Creates a further alias of a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/aliases",
    params = {
      fields.KEY_ID,
      { name = "alias", type = "string", required = true, place = "body", about = "the alias" },
    },
    result = alias_fields(fields.SAME_KEY_ID),
    verification = fields.verification("look for the alias with list_aliases"),
    notes = {
      "An alias is unique in an account and region, so a repeat cannot create a second one.",
      TIMES,
    },
    sources = { fields.SDK, fields.OPENAPI },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", alias = "alias/payroll" },
  },
  {
    name = "associate_alias",
    official = "AssociateAlias",
    about = "Assigns an alias to another key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/alias/associate",
    repeatable = true,
    params = {
      { name = "alias", type = "string", required = true, place = "body", about = "the alias" },
      { name = "target_key_id", type = "string", required = true, place = "body", is_key = true, rule = rules.KEY_ID,
        about = "ID of the key that the alias belongs to from now on" },
    },
    result = ALIAS,
    verification = fields.verification("look for the alias with list_aliases"),
    notes = { TIMES, fields.REPEAT_UNKNOWN },
    sources = { fields.SDK, fields.OPENAPI },
    example = { alias = "alias/payroll", target_key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "list_aliases",
    official = "ListAliases",
    about = "Lists the further aliases of a key, or of all keys.",
    method = "GET",
    path = "/v1.0/{project_id}/kms/aliases",
    read_only = true,
    params = {
      { name = "key_id", type = "string", place = "query", is_key = true, rule = rules.KEY_ID,
        about = "ID of the key; without it, the aliases of all keys" },
      { name = "limit", type = "integer", place = "query", about = "number of items per page" },
      { name = "marker", type = "string", place = "query",
        about = "where the page begins: `next_marker` of the page before" },
    },
    list = "aliases",
    result = {
      { name = "aliases", type = "list", about = "the aliases", items = { type = "object", fields = ALIAS } },
      fields.PAGE_INFO,
    },
    paging = { items = "aliases", param = "marker", next = "page_info.next_marker" },
    notes = {
      "The SDKs document the response as an array of pages, the vendor's Terraform provider reads one page as an "
        .. "object; both are accepted.",
      TIMES,
    },
    sources = { fields.SDK, fields.OPENAPI },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "delete_alias",
    official = "DeleteAlias",
    about = "Deletes further aliases of a key.",
    method = "DELETE",
    path = "/v1.0/{project_id}/kms/aliases",
    repeatable = true,
    params = {
      { name = "aliases", type = "list", required = true, place = "body", about = "the aliases to delete",
        items = { type = "string" } },
      fields.KEY_ID,
    },
    result = {},
    verification = fields.verification("look for the aliases with list_aliases"),
    notes = { fields.REPEAT_UNKNOWN },
    sources = { fields.SDK, fields.OPENAPI },
    example = { aliases = { "alias/payroll", "alias/old" }, key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
}
