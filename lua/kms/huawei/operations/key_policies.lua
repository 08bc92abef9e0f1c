--- Operations of Huawei Cloud KMS on the key policies of a key space.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

-- The vendor spells some members in two ways.
---@type kms.OperationField[]
local POLICY = {
  { name = "version", type = "string", about = "version of the form" },
  { name = "validity_period", type = "object", also = { "validityPeriod" }, about = "when the policy is valid",
    fields = {
      { name = "start_time", type = "string", about = "first moment" },
      { name = "end_time", type = "string", about = "last moment" },
    } },
  { name = "allowed_access_point", type = "list", also = { "allowedAccessPoint" },
    about = "access points that may use the keys", items = { type = "string" } },
  { name = "allowed_data_security_zone", type = "list", about = "data security zones that may use the keys",
    items = { type = "string" } },
}

---@type kms.ResultField
local SAME_POLICY_ID = { name = "policy_id", type = "string", is_echo = true, is_case_insensitive = true,
  about = "ID of the key policy" }

---@type kms.ResultField[]
local KEY_POLICY = {
  SAME_POLICY_ID,
  { name = "policy_name", type = "string", about = "name of the key policy" },
  { name = "keyspace_id", type = "string", about = "ID of the key space" },
  { name = "policy", type = "object", about = "the key policy", fields = POLICY },
  { name = "description", type = "string", about = "description" },
  { name = "created_by", type = "string", about = "user that created it" },
  { name = "create_time", type = "string", about = "when it was created" },
  { name = "last_modify_time", type = "string", about = "when it was changed" },
  { name = "last_access_time", type = "string", about = "when it was used last" },
}

---@type kms.OperationParam
local POLICY_PARAM = { name = "policy", type = "object", json = true, required = true, place = "body",
  about = "the key policy, with the members that the service knows" }

---@type kms.OperationParam
local POLICY_ID = { name = "policy_id", type = "string", required = true, rule = rules.UUID,
  about = "ID of the key policy" }

---@type kms.Operation[]
return {
  {
    name = "create_key_policy",
    official = "CreateKeyPolicy",
    about = "Creates a key policy.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/key-policies",
    params = {
      { name = "keyspace_id", type = "string", required = true, place = "body", rule = rules.UUID,
        about = "ID of the key space" },
      { name = "policy_name", type = "string", required = true, place = "body", rule = rules.NAME,
        about = "name of the key policy" },
      POLICY_PARAM,
      { name = "description", type = "string", place = "body", about = "description of the key policy" },
    },
    result = {
      { name = "policy_id", type = "string", required = true, about = "ID of the key policy" },
    },
    verification = fields.verification("look for the key policy with list_key_policy"),
    notes = { "The policy is a table here and a string of JSON on the wire.", fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = {
      keyspace_id = "00000001-4d9c-4b35-8f84-bb474a37f001",
      policy_name = "policy-1",
      policy = { version = "1.0" },
    },
  },
  {
    name = "list_key_policy",
    official = "ListKeyPolicy",
    about = "Lists the key policies of a key space.",
    method = "GET",
    path = "/v1.0/{project_id}/kms/key-policies",
    read_only = true,
    params = {
      { name = "keyspace_id", type = "string", required = true, place = "query", rule = rules.UUID,
        about = "ID of the key space" },
      { name = "limit", type = "integer", place = "query", default = 50, about = "number of items per page" },
      { name = "marker", type = "string", place = "query", rule = rules.UUID,
        about = "where the page begins: `next_marker` of the page before" },
    },
    result = {
      fields.PAGE_INFO,
      { name = "keyspace_policies", type = "list", about = "the key policies",
        items = { type = "object", fields = KEY_POLICY } },
    },
    paging = { items = "keyspace_policies", param = "marker", next = "page_info.next_marker" },
    notes = { fields.TIMES_AS_TEXT, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = { keyspace_id = "00000001-4d9c-4b35-8f84-bb474a37f001" },
  },
  {
    name = "show_key_policy",
    official = "ShowKeyPolicy",
    about = "Reads a key policy.",
    method = "GET",
    path = "/v1.0/{project_id}/kms/key-policies/{policy_id}",
    read_only = true,
    params = { POLICY_ID },
    result = KEY_POLICY,
    notes = { fields.TIMES_AS_TEXT, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = { policy_id = "00000003-4d9c-4b35-8f84-bb474a37f003" },
  },
  {
    name = "update_key_policy",
    official = "UpdateKeyPolicy",
    about = "Replaces a key policy.",
    method = "PUT",
    path = "/v1.0/{project_id}/kms/key-policies/{policy_id}",
    repeatable = true,
    params = {
      POLICY_ID,
      POLICY_PARAM,
      { name = "description", type = "string", place = "body", about = "description of the key policy" },
    },
    result = {
      SAME_POLICY_ID,
      { name = "policy", type = "object", about = "the key policy", fields = POLICY },
      { name = "description", type = "string", about = "description" },
      { name = "last_modify_time", type = "string", about = "when it was changed" },
    },
    verification = fields.verification("read the key policy with show_key_policy"),
    notes = {
      "The policy is a table here and a string of JSON on the wire.",
      fields.REPEAT_UNKNOWN,
      fields.STATUS_UNKNOWN,
    },
    sources = { fields.NEWER_SDK },
    example = { policy_id = "00000003-4d9c-4b35-8f84-bb474a37f003", policy = { version = "1.0" } },
  },
  {
    name = "delete_key_policy",
    official = "DeleteKeyPolicy",
    about = "Deletes a key policy.",
    method = "DELETE",
    path = "/v1.0/{project_id}/kms/key-policies/{policy_id}",
    repeatable = true,
    params = { POLICY_ID },
    result = {},
    verification = fields.verification("look for the key policy with list_key_policy"),
    notes = { fields.REPEAT_UNKNOWN, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = { policy_id = "00000003-4d9c-4b35-8f84-bb474a37f003" },
  },
}
