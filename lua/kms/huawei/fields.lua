--- Fields, notes and sources that several operations of Huawei Cloud KMS share.

local rules = require "kms.huawei.rules"

local fields = {}

-- Params.

---@type kms.OperationParam
fields.KEY_ID = { name = "key_id", type = "string", required = true, place = "body", is_key = true,
  rule = rules.KEY_ID, about = "ID of the key" }

--- For an operation that has the key in its path and not in its body.
---@type kms.OperationParam
fields.KEY_ID_IN_PATH = { name = "key_id", type = "string", required = true, is_key = true, rule = rules.KEY_ID,
  about = "ID of the key" }

---@type kms.OperationParam
fields.SEQUENCE = { name = "sequence", type = "string", place = "body",
  about = "ID that you choose for the request, 36 characters; it does not make a repeat harmless" }

---@type kms.OperationParam
fields.LIMIT = { name = "limit", type = "integer", place = "body", text = true, min = 1,
  about = "largest number of items on the page" }

---@type kms.OperationParam
fields.MARKER = { name = "marker", type = "integer", place = "body", text = true, min = 0,
  about = "where the page begins: `next_marker` of the page before" }

---@type kms.OperationParam
fields.ENTERPRISE_PROJECT = { name = "enterprise_project_id", type = "string", place = "body",
  about = 'ID of the enterprise project; "0" is the default one' }

---@type kms.OperationParam
fields.ENCRYPTION_CONTEXT = { name = "additional_authenticated_data", type = "string", place = "body",
  about = "encryption context; decryption needs the same text" }

---@type kms.OperationParam
fields.PIN = { name = "pin", type = "string", place = "body", secret = true, about = "PIN of the key store" }

---@type kms.OperationParam
fields.PIN_TYPE = { name = "pin_type", type = "string", place = "body", values = { "CipherText", "PlainText" },
  about = "form of the PIN" }

--- A tag, as an item of a list; in params and in results.
---@type kms.OperationField
fields.TAG = { type = "object", fields = {
  { name = "key", type = "string", required = true, about = "key of the tag" },
  { name = "value", type = "string", about = "value of the tag" },
} }

-- Results.

--- The key that a response speaks of. Another one than that of the request belongs to another request.
---@type kms.ResultField
fields.SAME_KEY_ID = { name = "key_id", type = "string", is_echo = true, about = "ID of the key" }

--- A key that the request need not name.
---@type kms.ResultField
fields.RESULT_KEY_ID = { name = "key_id", type = "string", about = "ID of the key" }

---@type kms.ResultField
fields.DOMAIN_ID = { name = "domain_id", type = "string", about = "ID of the account" }

---@type kms.ResultField
fields.KEY_STATE = { name = "key_state", type = "integer", text = true,
  about = "1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen" }

---@type kms.ResultField
fields.NEXT_MARKER = { name = "next_marker", type = "integer", text = true, about = "`marker` of the next page" }

---@type kms.ResultField
fields.TRUNCATED = { name = "truncated", type = "boolean", text = true, about = "whether more pages follow" }

---@type kms.ResultField
fields.TOTAL = { name = "total", type = "integer", about = "number of items on all pages" }

--- Position of a page, in operations that are newer.
---@type kms.ResultField
fields.PAGE_INFO = { name = "page_info", type = "object", about = "position of the page", fields = {
  { name = "next_marker", type = "string", about = "`marker` of the next page" },
  { name = "current_count", type = "integer", about = "number of items on this page" },
} }

--- What the service tells about a key. The vendor's texts call its times seconds; the lengths and samples in its
--- OpenAPI file say milliseconds.
---@type kms.OperationField[]
fields.KEY_DETAILS = {
  fields.SAME_KEY_ID, -- in an item of a list, it is not compared
  fields.DOMAIN_ID,
  { name = "key_alias", type = "string", about = "name of the key" },
  { name = "realm", type = "string", about = "region of the key" },
  { name = "key_spec", type = "string", about = "algorithm and length of the key" },
  { name = "key_usage", type = "string", about = "ENCRYPT_DECRYPT or SIGN_VERIFY" },
  { name = "key_description", type = "string", about = "description of the key" },
  { name = "creation_date", type = "time", unit = "ms", text = true, about = "when the key was created" },
  { name = "scheduled_deletion_date", type = "time", unit = "ms", text = true, about = "when the key will be deleted" },
  fields.KEY_STATE,
  { name = "default_key_flag", type = "integer", text = true, about = "1 for a default key of the service" },
  { name = "key_type", type = "string", about = "not documented" },
  { name = "expiration_time", type = "time", unit = "ms", text = true, about = "when the key material expires" },
  { name = "origin", type = "string", about = "kms, or external for imported key material" },
  { name = "key_rotation_enabled", type = "boolean", text = true, about = "whether the key is rotated" },
  { name = "sys_enterprise_project_id", type = "string", about = "ID of the enterprise project" },
  { name = "keystore_id", type = "string", about = "ID of the key store" },
}

-- Documentation.

--- HTTP statuses of errors in the vendor's OpenAPI file.
fields.ERROR_STATUS = { 400, 401, 403, 404, 500, 502, 504 }

fields.SDK = "huaweicloud-sdk-python-v3 3.1.211, huaweicloudsdkkms/v2; the same in the SDKs for Node.js, Java and C++"
fields.NEWER_SDK = fields.SDK .. "; not in the SDK for Go of 2026-03"
fields.OPENAPI = "HuaweiCloudDeveloper/mcp-server, mcp_server_kms/config/kms.json: the vendor's OpenAPI file of 2025-06"
--- Source of most permissions: the table of a cloud that runs the same service.
fields.PERMISSIONS = "permission: opentelekomcloud-docs/key-management-service; Huawei Cloud may use another name"

fields.STATELESS = "Inferred: the service stores nothing, so a repeat is harmless."
fields.REPEAT_UNKNOWN = "Unverified: the documentation does not say what the response to a repeat is."
fields.STATUS_UNKNOWN = "Unverified: the documentation that could be read has no HTTP status of a success."
fields.TIMES_AS_TEXT = "Times are text here, because the documentation does not say their unit."

--- Builds the hints of an uncertain change.
---@param how string how to find out whether it was made
---@param code string? the code that refuses a repeat, because the change was made before
---@param change string? what the change was, in the past tense
---@return kms.Hint[]
function fields.verification(how, code, change)
  local hints = { { code = "", hint = "to verify, " .. how } }
  if code then
    table.insert(hints, 1, {
      code = "^" .. code:gsub("%.", "%%.") .. "$",
      hint = ("an earlier attempt has probably %s; to verify, %s"):format(change, how),
    })
  end
  return hints
end

return fields
