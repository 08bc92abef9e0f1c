--- Operations of Huawei Cloud KMS on key stores.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.OperationParam
local KEYSTORE_ID = { name = "keystore_id", type = "string", required = true, rule = rules.SEGMENT,
  about = "ID of the key store" }

---@type kms.ResultField
local SAME_KEYSTORE_ID = { name = "keystore_id", type = "string", is_echo = true, is_case_insensitive = true,
  about = "ID of the key store" }

---@type kms.ResultField[]
local KEYSTORE = {
  SAME_KEYSTORE_ID,
  fields.DOMAIN_ID,
  { name = "keystore_alias", type = "string", about = "name of the key store" },
  { name = "keystore_type", type = "string", about = "kind of key store" },
  { name = "hsm_cluster_id", type = "string", about = "ID of the HSM cluster" },
  { name = "cluster_id", type = "string", about = "ID of the cluster" },
  { name = "create_time", type = "string", about = "when it was created" },
}

---@type kms.ResultField[]
local STATE = {
  SAME_KEYSTORE_ID,
  { name = "keystore_state", type = "string", about = "state of the key store" },
}

---@type kms.Operation[]
return {
  {
    name = "create_key_store",
    official = "CreateKeyStore",
    about = "Creates a key store.",
    method = "POST",
    path = "/v1.0/{project_id}/keystores",
    params = {
      { name = "keystore_alias", type = "string", required = true, place = "body", rule = rules.NAME,
        about = "name of the key store" },
      { name = "hsm_cluster_id", type = "string", place = "body", about = "ID of the HSM cluster" },
      { name = "hsm_ca_cert", type = "string", place = "body", about = "CA certificate of the HSM cluster" },
      { name = "cluster_id", type = "string", place = "body", about = "ID of the cluster" },
      { name = "keystore_type", type = "string", place = "body", values = { "DEFAULT", "DHSM", "CDMS" },
        about = "kind of key store" },
    },
    envelope = "keystore",
    result = {
      { name = "keystore_id", type = "string", required = true, about = "ID of the key store" },
      fields.DOMAIN_ID,
    },
    verification = fields.verification("look for the key store with list_key_stores"),
    error_status = fields.ERROR_STATUS,
    notes = {
      "The vendor's OpenAPI file of 2025-06 requires `hsm_cluster_id` and `hsm_ca_cert`; the SDKs of 2026-08 do not.",
    },
    sources = { fields.SDK, fields.OPENAPI },
    example = { keystore_alias = "keystore-1" },
  },
  {
    name = "list_key_stores",
    official = "ListKeyStores",
    about = "Lists the key stores.",
    method = "GET",
    path = "/v1.0/{project_id}/keystores",
    read_only = true,
    params = {
      { name = "limit", type = "integer", place = "query", default = 10, about = "number of items per page" },
      { name = "offset", type = "integer", place = "query", min = 0, about = "number of items to skip" },
    },
    result = {
      fields.TOTAL,
      { name = "keystores", type = "list", about = "the key stores", items = { type = "object", fields = KEYSTORE } },
    },
    paging = { items = "keystores", param = "offset", limit = "limit", total = "total" },
    error_status = fields.ERROR_STATUS,
    notes = { fields.TIMES_AS_TEXT },
    sources = { fields.SDK, fields.OPENAPI },
    example = {},
  },
  {
    name = "show_key_store",
    official = "ShowKeyStore",
    about = "Reads a key store.",
    method = "GET",
    path = "/v1.0/{project_id}/keystores/{keystore_id}",
    read_only = true,
    params = { KEYSTORE_ID },
    envelope = "keystore",
    result = KEYSTORE,
    error_status = fields.ERROR_STATUS,
    notes = { fields.TIMES_AS_TEXT },
    sources = { fields.SDK, fields.OPENAPI },
    example = { keystore_id = "00000004-4d9c-4b35-8f84-bb474a37f004" },
  },
  {
    name = "enable_key_store",
    official = "EnableKeyStore",
    about = "Enables a key store.",
    method = "POST",
    path = "/v1.0/{project_id}/keystores/{keystore_id}/enable",
    repeatable = true,
    params = { KEYSTORE_ID },
    envelope = "keystore",
    result = STATE,
    verification = fields.verification("read the key store with show_key_store"),
    error_status = fields.ERROR_STATUS,
    notes = { fields.REPEAT_UNKNOWN },
    sources = { fields.SDK, fields.OPENAPI },
    example = { keystore_id = "00000004-4d9c-4b35-8f84-bb474a37f004" },
  },
  {
    name = "disable_key_store",
    official = "DisableKeyStore",
    about = "Disables a key store.",
    method = "POST",
    path = "/v1.0/{project_id}/keystores/{keystore_id}/disable",
    repeatable = true,
    params = { KEYSTORE_ID },
    envelope = "keystore",
    result = STATE,
    verification = fields.verification("read the key store with show_key_store"),
    error_status = fields.ERROR_STATUS,
    notes = { fields.REPEAT_UNKNOWN },
    sources = { fields.SDK, fields.OPENAPI },
    example = { keystore_id = "00000004-4d9c-4b35-8f84-bb474a37f004" },
  },
  {
    name = "delete_key_store",
    official = "DeleteKeyStore",
    about = "Deletes a key store.",
    method = "DELETE",
    path = "/v1.0/{project_id}/keystores/{keystore_id}",
    repeatable = true,
    params = { KEYSTORE_ID },
    result = {},
    verification = fields.verification("look for the key store with list_key_stores"),
    error_status = fields.ERROR_STATUS,
    notes = { fields.REPEAT_UNKNOWN, fields.STATUS_UNKNOWN },
    sources = { fields.SDK, fields.OPENAPI },
    example = { keystore_id = "00000004-4d9c-4b35-8f84-bb474a37f004" },
  },
}
