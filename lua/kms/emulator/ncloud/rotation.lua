--- NAVER Cloud KMS 2.0: rotates keys by time and on request.

local state = require "kms.emulator.ncloud.state"
local wire = require "kms.emulator.ncloud.wire"

local ENABLED = { enabled = true }

local operations = {}

-- Documented: only an enabled key. Inferred: automatic rotation starts a new period.
operations.rotate_key = {
  route = "POST /kms/v1/keys/{key_tag}/rotate",
  states = ENABLED,
  handler = function(kms, call, key)
    local version = state.add_version(key, call.now)
    if not version then return nil, "UNPROCESSABLE_ENTITY" end
    state.schedule_rotation(kms.state, key, call.now)
    return {
      { "keyTag", key.key_tag }, { "version", version.version },
      { "rotatedDate", wire.format_time(version.rotated_date) },
    }
  end,
}

operations.enable_auto_rotation = {
  route = "POST /kms/v1/keys/{key_tag}/enable-auto-rotation",
  states = ENABLED, -- inferred
  handler = function(kms, call, key)
    key.is_auto_rotation = true
    -- Inferred: a repeat does not start a new period.
    if not key.next_rotation_date then state.schedule_rotation(kms.state, key, call.now) end
    return {
      { "keyTag", key.key_tag }, { "isAutoRotation", true }, { "rotationPeriod", key.rotation_period },
      { "nextRotationDate", wire.format_time(key.next_rotation_date) },
    }
  end,
}

operations.disable_auto_rotation = {
  route = "POST /kms/v1/keys/{key_tag}/disable-auto-rotation",
  states = ENABLED, -- inferred
  handler = function(_, _, key)
    key.is_auto_rotation, key.next_rotation_date = false, nil
    return { { "keyTag", key.key_tag }, { "isAutoRotation", false } }
  end,
}

operations.update_rotation_period = {
  route = "PUT /kms/v1/keys/{key_tag}/rotation-period",
  required = { "rotationPeriod" },
  states = ENABLED, -- inferred
  check = function(call)
    if not wire.is_whole(call.body.rotationPeriod, 1, 730) then return "INVALID_REQUEST" end
  end,
  handler = function(kms, call, key)
    -- Documented: only while automatic rotation is on.
    if not key.is_auto_rotation then return nil, "UNPROCESSABLE_ENTITY" end
    key.rotation_period = tonumber(call.body.rotationPeriod)
    state.schedule_rotation(kms.state, key, call.now)
    return {
      { "keyTag", key.key_tag }, { "rotationPeriod", key.rotation_period },
      { "nextRotationDate", wire.format_time(key.next_rotation_date) },
    }
  end,
}

return operations
