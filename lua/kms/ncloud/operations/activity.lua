--- NAVER Cloud KMS 2.0: the use of a key.

local fields = require "kms.ncloud.fields"

-- A time is ISO 8601 text here.
local activity = {
  { name = "timestamp", type = "time", about = "when the key was used" },
  { name = "data", type = "object", about = "what happened", fields = {
    { name = "kms_key", wire = "kmsKey", also = { "KmsKey" }, type = "object", about = "the key", fields = {
      { name = "key_tag", wire = "keyTag", type = "string", about = "tag of the key" },
      { name = "key_name", wire = "keyName", type = "string", about = "name of the key" },
      { name = "nrn", type = "string", about = "resource name of the key" },
    } },
    { name = "requestor", type = "object", about = "the caller", fields = {
      { name = "request_type", wire = "requestType", type = "string", values = { "CONSOLE", "API", "SYSTEM" },
        about = "where the request came from" },
      { name = "id", type = "string", about = "id of the caller" },
      { name = "ip", type = "string", about = "address of the caller" },
    } },
    { name = "api", type = "object", about = "the request", fields = {
      { name = "result", type = "string", about = "outcome" },
      { name = "action", type = "string", about = "what was done" },
      { name = "type", type = "string", about = "kind of the request" },
    } },
  } },
  { name = "message", type = "string", about = "description" },
}

---@type kms.Operation[]
return {
  {
    name = "list_key_activities",
    official = "Get Key Activity Logs",
    about = "Lists the use of a key in a period, one page per call.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}/activities",
    read_only = true,
    params = fields.join({
      fields.key_tag,
      { name = "keyword", type = "string", place = "query", about = "only entries with this text" },
      { name = "timestamp_from", wire = "timestampFrom", type = "time", unit = "ms", place = "query",
        about = "beginning of the period; by default one day before now" },
      { name = "timestamp_to", wire = "timestampTo", type = "time", unit = "ms", place = "query",
        about = "end of the period; by default now" },
    }, fields.page_params),
    result = fields.join({
      { name = "activity_log_list", wire = "activityLogList", type = "list", required = true,
        about = "entries of this page", items = { type = "object", fields = activity } },
      { name = "page_size", wire = "pageSize", type = "integer", about = "items per page" },
    }, fields.page_results),
    paging = { items = "activity_log_list", param = "page_no", first = 1, pages = "total_page_no" },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-key-activity-logs" },
    example = { key_tag = fields.EXAMPLE_TAG, page_size = 50 },
  },
  {
    name = "get_latest_use",
    official = "Get Latest Use Info",
    about = "Reads the latest use of a key.",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}/last-use-info",
    read_only = true,
    params = { fields.key_tag },
    result = activity,
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-latest-use-info" },
    example = { key_tag = fields.EXAMPLE_TAG },
  },
}
