--- Params, result fields and texts that several operations of NAVER Cloud KMS 2.0 share.

local rules = require "kms.ncloud.rules"

local fields = {}

-- Keys of the emulator, for examples.
fields.EXAMPLE_TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
fields.DISABLED_TAG = "c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2"
fields.PENDING_DELETION_TAG = "d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3"
fields.RSA_TAG = "e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4"
fields.ROTATED_TAG = "h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6g7"

-- A note of operations that change a state.
fields.UNDOCUMENTED_REPEAT = "Unverified: the response to a repeated request is not documented."

---@type kms.OperationParam
fields.key_tag = {
  name = "key_tag", wire = "keyTag", type = "string", required = true, is_key = true, rule = rules.KEY_TAG,
  about = "tag of the key",
}

-- The tag in a response. Another tag than that of the request belongs to another request. Documented for API v3: key
-- tags are compared without regard to case. Inferred: API 2.0 compares them so too, and returns a tag as it was issued.
---@type kms.ResultField
fields.same_key_tag = { name = "key_tag", wire = "keyTag", type = "string", is_echo = true, is_case_insensitive = true,
  about = "tag of the key" }

---@type kms.OperationParam
fields.context = {
  name = "context", type = "string", place = "body", rule = rules.BASE64,
  about = "at most 50 bytes, required for a key with convergent encryption; decryption needs the same value",
}

-- Members of every page of a list.
---@type kms.OperationParam[]
fields.page_params = {
  { name = "page_no", wire = "pageNo", type = "integer", place = "query", min = 1, default = 1,
    about = "number of the page" },
  { name = "page_size", wire = "pageSize", type = "integer", place = "query", min = 1, max = 200, default = 100,
    about = "items per page" },
}

---@type kms.ResultField[]
fields.page_results = {
  { name = "current_page_no", wire = "currentPageNo", type = "integer", about = "number of this page" },
  { name = "total_page_no", wire = "totalPageNo", type = "integer", about = "number of pages" },
  { name = "total_count", wire = "totalCount", type = "integer", about = "number of items on all pages" },
}

---@type kms.ResultField
fields.status_date = {
  name = "status_date", wire = "statusDate", type = "time", unit = "ms", about = "last change of the status",
}

--- Joins lists of fields.
---@param ... table[]
---@return table[]
function fields.join(...)
  local joined = {}
  for _, list in ipairs { ... } do
    for _, field in ipairs(list) do joined[#joined + 1] = field end
  end
  return joined
end

return fields
