--- NAVER Cloud KMS 2.0: the versions of a key.

local json = require "kms.emulator.json"
local state = require "kms.emulator.ncloud.state"
local wire = require "kms.emulator.ncloud.wire"

local operations = {}

operations.list_key_versions = {
  route = "GET /kms/v1/keys/{key_tag}/versions",
  is_read = true,
  handler = function(_, _, key)
    local list = {}
    for i, version in ipairs(key.versions) do
      list[i] = {
        { "version", version.version }, { "status", wire.format_status(version.status) },
        { "statusDate", wire.format_time(version.status_date) },
        { "rotatedDate", wire.format_time(version.rotated_date) },
      }
    end
    return {
      { "keyTag", key.key_tag }, { "currentVersion", #key.versions }, { "versionList", json.array(list) },
    }
  end,
}

-- An operation that sets the status of a version. `is_allowed` tells whether a version of the key may have it.
local function new_status_operation(action, status, is_allowed)
  return {
    route = ("POST /kms/v1/keys/{key_tag}/versions/{version}/%s"):format(action),
    states = { enabled = true }, -- documented: not while the key is disabled
    check = function(call)
      if not wire.is_whole(call.params.version, 1, state.MAX_VERSIONS) then return "INVALID_REQUEST" end
    end,
    handler = function(_, call, key)
      local version = key.versions[tonumber(call.params.version)]
      if not version then return nil, "NOT_FOUND" end
      if not is_allowed(key, version) then return nil, "UNPROCESSABLE_ENTITY" end
      version.status, version.status_date = status, call.now
      return {
        { "version", version.version }, { "status", wire.format_status(version.status) },
        { "statusDate", wire.format_time(version.status_date) },
      }
    end,
  }
end

operations.enable_key_version = new_status_operation("enable", "enabled", function() return true end)

-- Documented: the newest version cannot be disabled.
operations.disable_key_version = new_status_operation("disable", "disabled", function(key, version)
  return version.version < #key.versions
end)

return operations
