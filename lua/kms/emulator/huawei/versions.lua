--- Huawei Cloud KMS: the versions of the API. Documented without authentication.

local json = require "kms.emulator.json"
local wire = require "kms.emulator.huawei.wire"

local versions = {}

-- Documented: the members. The values are invented, except the id that paths have.
local VERSIONS = { { id = "v1.0", status = "CURRENT", updated = "2018-09-30T00:00:00Z" } }

local function encode_version(call)
  return function(version)
    local href = ("%s://%s/%s/"):format(call.request.scheme or "https", call.request.host, version.id)
    return {
      { "id", version.id }, { "links", json.array { { { "href", href }, { "rel", "self" } } } },
      { "version", "" }, { "status", version.status }, { "updated", version.updated }, { "min_version", "" },
    }
  end
end

versions.show_versions = {
  route = "GET /",
  is_public = true,
  handler = function(_, call) return { { "versions", wire.encode_list(VERSIONS, encode_version(call)) } } end,
}

versions.show_version = {
  route = "GET /{version_id}",
  is_public = true,
  handler = function(_, call)
    for _, version in ipairs(VERSIONS) do
      if version.id == call.params.version_id then return { { "version", encode_version(call)(version) } } end
    end
    return nil, "KMS.0201" -- inferred
  end,
}

return versions
