--- Operations of Huawei Cloud KMS on grants, which let other users use a key.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

-- What both lists return.
---@type kms.ResultField[]
local GRANTS = {
  { name = "grants", type = "list", about = "the grants", items = { type = "object", fields = {
    fields.RESULT_KEY_ID,
    { name = "grant_id", type = "string", about = "ID of the grant" },
    { name = "grantee_principal", type = "string", about = "ID of the user or account that may use the key" },
    { name = "grantee_principal_type", type = "string", about = "what the grantee is" },
    { name = "operations", type = "list", about = "operations that the grant allows",
      items = { type = "string" } },
    { name = "issuing_principal", type = "string", about = "ID of the user that created the grant" },
    { name = "creation_date", type = "time", unit = "ms", text = true, about = "when the grant was created" },
    { name = "name", type = "string", about = "name of the grant" },
    { name = "retiring_principal", type = "string", about = "ID of the user that may retire the grant" },
  } } },
  fields.NEXT_MARKER,
  fields.TRUNCATED,
  fields.TOTAL,
}

---@type kms.Paging
local PAGING = { items = "grants", param = "marker", next = "next_marker", more = "truncated" }

---@type kms.OperationParam
local GRANT_ID = { name = "grant_id", type = "string", required = true, place = "body", rule = rules.GRANT_ID,
  about = "ID of the grant" }

---@type kms.Operation[]
return {
  {
    name = "create_grant",
    official = "CreateGrant",
    about = "Lets another user use a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-grant",
    params = {
      fields.KEY_ID,
      { name = "grantee_principal", type = "string", required = true, place = "body", rule = rules.PRINCIPAL,
        about = "ID of the user or account that may use the key" },
      { name = "operations", type = "list", required = true, place = "body",
        about = "operations that the grant allows", items = { type = "string" } },
      { name = "name", type = "string", place = "body", rule = rules.NAME, about = "name of the grant" },
      { name = "retiring_principal", type = "string", place = "body", rule = rules.PRINCIPAL,
        about = "ID of the user that may retire the grant" },
      { name = "grantee_principal_type", type = "string", place = "body", values = { "user", "domain" },
        about = "what the grantee is" },
      fields.SEQUENCE,
    },
    result = {
      { name = "grant_id", type = "string", required = true, about = "ID of the grant" },
    },
    verification = fields.verification("look for the grant with list_grants"),
    permission = "kms:grant:create",
    error_status = fields.ERROR_STATUS,
    notes = { "A repeat creates a second grant." },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      grantee_principal = "13gg44z4g2sglzk0egw0u726zoyzvrs8",
      operations = { "describe-key", "create-datakey", "encrypt-datakey" },
    },
  },
  {
    name = "list_grants",
    official = "ListGrants",
    about = "Lists the grants of a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/list-grants",
    read_only = true,
    params = { fields.KEY_ID, fields.LIMIT, fields.MARKER, fields.SEQUENCE },
    result = GRANTS,
    paging = PAGING,
    permission = "kms:grant:list",
    error_status = fields.ERROR_STATUS,
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "list_retirable_grants",
    official = "ListRetirableGrants",
    about = "Lists the grants that the caller may retire.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/list-retirable-grants",
    read_only = true,
    params = { fields.LIMIT, fields.MARKER, fields.SEQUENCE },
    result = GRANTS,
    paging = PAGING,
    permission = "kms:grant:list",
    error_status = fields.ERROR_STATUS,
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {},
  },
  {
    name = "cancel_grant",
    official = "CancelGrant",
    about = "Revokes a grant, as the owner of the key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/revoke-grant",
    repeatable = true,
    params = { fields.KEY_ID, GRANT_ID, fields.SEQUENCE },
    result = {},
    verification = fields.verification("look for the grant with list_grants", "KMS.2501", "revoked the grant"),
    permission = "kms:grant:revoke",
    error_status = fields.ERROR_STATUS,
    notes = { "Unverified: the table of error codes says that a repeat is refused with KMS.2501." },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      grant_id = "01060b10151a1f24292e33383d42474c51565b60656a6f74797e83888d92979c",
    },
  },
  {
    name = "cancel_self_grant",
    official = "CancelSelfGrant",
    about = "Retires a grant, as the user that it names for this.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/retire-grant",
    repeatable = true,
    params = { fields.KEY_ID, GRANT_ID, fields.SEQUENCE },
    result = {},
    verification = fields.verification("look for the grant with list_grants", "KMS.2501", "retired the grant"),
    permission = "kms:grant:retire",
    error_status = fields.ERROR_STATUS,
    notes = { "Unverified: the table of error codes says that a repeat is refused with KMS.2501." },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      grant_id = "01060b10151a1f24292e33383d42474c51565b60656a6f74797e83888d92979c",
    },
  },
}
