--- Huawei Cloud KMS: rotates keys by time and on demand. Documented, "Creating a Replica Key for a Custom Key": a
--- replica does not support rotation, which is started from its key.

local json = require "kms.emulator.json"
local outcome = require "kms.emulator.huawei.outcome"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

local rotation = {}

local ENABLED = { enabled = true }

-- Documented: "Enabling Rotation for a Key".
local DEFAULT_INTERVAL, MIN_INTERVAL, MAX_INTERVAL = 365, 30, 365

-- Returns the code of a key that cannot be rotated. Inferred from the texts of the codes.
local function find_key_error(key)
  local family = state.SPECS[key.key_spec].family
  if family == "rsa" then return "KMS.0324" end
  if family == "hmac" then return "KMS.0341" end
  if family ~= "symmetric" then return "KMS.0325" end
  if key.origin == "external" then return "KMS.0312" end
end

rotation.enable_key_rotation = {
  route = "POST /v1.0/{project_id}/kms/enable-key-rotation",
  required = { "key_id" },
  key = "body", states = ENABLED, is_primary_only = true, refuses_default_key = true,
  handler = function(kms, call, key)
    local code = find_key_error(key)
    if code then return nil, code end
    if key.rotation_interval then return nil, "KMS.2901" end
    state.schedule_rotation(kms.state, key, DEFAULT_INTERVAL, call.now)
    return {}
  end,
}

rotation.disable_key_rotation = {
  route = "POST /v1.0/{project_id}/kms/disable-key-rotation",
  required = { "key_id" },
  key = "body", states = ENABLED, is_primary_only = true, refuses_default_key = true,
  handler = function(kms, call, key)
    local code = find_key_error(key)
    if code then return nil, code end
    if not key.rotation_interval then return nil, "KMS.0313" end
    state.schedule_rotation(kms.state, key, nil, call.now)
    return {}
  end,
}

-- Inferred: a new interval begins at the last rotation, or else now.
rotation.update_key_rotation_interval = {
  route = "POST /v1.0/{project_id}/kms/update-key-rotation-interval",
  required = { "key_id", "rotation_interval" },
  key = "body", states = ENABLED, is_primary_only = true, refuses_default_key = true,
  handler = function(kms, call, key)
    local code, interval = find_key_error(key), call.body.rotation_interval
    if code then return nil, code end
    local is_interval = type(interval) == "number" and interval % 1 == 0 -- documented: a number, not text
      and interval >= MIN_INTERVAL and interval <= MAX_INTERVAL
    if not is_interval then return nil, "KMS.3001" end
    if not key.rotation_interval then return nil, "KMS.0313" end
    state.schedule_rotation(kms.state, key, interval, key.last_rotation_time or call.now)
    return {}
  end,
}

-- Documented for key_materials: the names of the members. Their units and the values of `state` are not, so it is left
-- out, and the time is in milliseconds (inferred).
local function encode_material(material)
  return { { "material_id", material.id }, { "create_time", wire.encode_time(material.create_time) } }
end

rotation.show_key_rotation_status = {
  route = "POST /v1.0/{project_id}/kms/get-key-rotation-status",
  required = { "key_id" },
  key = "body", refuses_default_key = true,
  handler = function(_, _, key)
    local code = find_key_error(key)
    if code then return nil, code end
    local response = { { "key_rotation_enabled", key.rotation_interval ~= nil } }
    if key.rotation_interval then response[#response + 1] = { "rotation_interval", key.rotation_interval } end
    if key.last_rotation_time then
      response[#response + 1] = { "last_rotation_time", wire.encode_time(key.last_rotation_time) }
    end
    response[#response + 1] = { "number_of_rotations", key.rotation_count }
    state.get_material(key)
    response[#response + 1] = { "key_materials",
      key.materials[1] and wire.encode_list(key.materials, encode_material) or json.array {} }
    return response
  end,
}

rotation.rotate_on_demand = {
  route = "POST /v1.0/{project_id}/kms/rotate-on-demand",
  required = { "key_id" },
  key = "body", states = ENABLED, is_primary_only = true, refuses_default_key = true,
  handler = function(_, call, key, copy)
    local code = find_key_error(key)
    if code then return nil, code end
    local problem = state.rotate(key, call.now)
    if problem then return outcome.refuse_problem(problem, key.key_spec) end
    return { { "key_id", copy.key_id } }
  end,
}

return rotation
