--- Operations of Huawei Cloud KMS on the versions of its API.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.ResultField[]
local VERSION = {
  { name = "id", type = "string", about = "version" },
  { name = "links", type = "list", about = "addresses",
    items = { type = "object", fields = {
      { name = "href", type = "string", about = "address" },
      { name = "rel", type = "string", about = "relation" },
    } } },
  { name = "version", type = "string", about = "minor version" },
  { name = "status", type = "string", about = "status of the version" },
  { name = "updated", type = "string", about = "when it was changed" },
  { name = "min_version", type = "string", about = "oldest minor version" },
}

---@type kms.Operation[]
return {
  {
    name = "show_versions",
    official = "ShowVersions",
    about = "Lists the versions of the API.",
    method = "GET",
    path = "/",
    read_only = true,
    params = {},
    result = {
      { name = "versions", type = "list", about = "the versions", items = { type = "object", fields = VERSION } },
    },
    error_status = { 500, 502, 504 },
    notes = { "The request has no project in its path." },
    sources = { fields.SDK, fields.OPENAPI },
    example = {},
  },
  {
    name = "show_version",
    official = "ShowVersion",
    about = "Reads a version of the API.",
    method = "GET",
    path = "/{version_id}",
    read_only = true,
    params = {
      { name = "version_id", type = "string", required = true, rule = rules.SEGMENT, about = "for example v1.0" },
    },
    envelope = "version",
    result = VERSION,
    error_status = { 500, 502, 504 },
    notes = { "The request has no project in its path." },
    sources = { fields.SDK, fields.OPENAPI },
    example = { version_id = "v1.0" },
  },
}
