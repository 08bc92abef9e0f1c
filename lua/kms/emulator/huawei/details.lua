--- Encodes what Huawei Cloud KMS says about a key.

local wire = require "kms.emulator.huawei.wire"

local details = {}

--- The numbers of the states, as text. Documented: KeyDetails. There is also 1, "to be activated", which no operation
--- leads to.
details.STATES = { enabled = "2", disabled = "3", pending_deletion = "4", pending_import = "5" }

--- Encodes KeyDetails. Numbers, flags and times are text there (documented). No member tells a replica from its key.
---@param call kms.EmulatorCall
---@param key kms.EmulatorHuaweiKey
---@return table
function details.encode(call, key)
  local copy = key.copies[call.region]
  return {
    { "key_id", copy.key_id }, { "domain_id", wire.get_domain_id(call.account) }, { "key_alias", copy.key_alias },
    { "realm", call.region }, -- inferred for a replica: its own region
    { "key_description", copy.key_description }, { "creation_date", wire.encode_time(copy.creation_date) },
    { "scheduled_deletion_date", wire.encode_time(key.deletion_date) }, { "key_state", details.STATES[key.state] },
    { "default_key_flag", key.default_master and "1" or "0" }, { "key_type", "1" }, -- documented: the sample
    { "expiration_time", wire.encode_time(key.expiration_time) }, { "origin", key.origin },
    { "key_rotation_enabled", wire.encode_flag(key.rotation_interval) },
    { "sys_enterprise_project_id", copy.enterprise_project_id }, { "key_spec", key.key_spec },
    { "key_usage", key.key_usage },
  }
end

--- Encodes the state of a key.
---@param key kms.EmulatorHuaweiKey
---@param copy kms.EmulatorHuaweiCopy
---@return table
function details.encode_state(key, copy)
  return { { "key_id", copy.key_id }, { "key_state", details.STATES[key.state] } }
end

return details
