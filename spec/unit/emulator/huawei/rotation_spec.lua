--- kms.emulator.huawei.rotation: rotation by time and on demand.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local KEY = requests.KEY
local START, DAY = 1767323045, 24 * 3600

local cloud, keys

before_each(function()
  cloud = emulator.new { clock = function() return START end }
  keys = emulated_keys.new(cloud)
end)

local function status(key_id) return keys:call("show_key_rotation_status", { key_id = key_id or KEY }) end

describe("the rotation of the emulator", function()
  it("a key whose rotation is enabled is rotated every 365 days", function()
    assert.is_false(status().key_rotation_enabled)
    assert.same({}, keys:call("enable_key_rotation", { key_id = KEY }))
    assert.equal("true", keys:describe(KEY).key_rotation_enabled)
    cloud:advance(365 * DAY - 1)
    assert.equal(0, status().number_of_rotations)
    cloud:advance(1)
    local now = status()
    assert.same({ true, 365, ("%d000"):format(START + 365 * DAY), 1, 2 }, { now.key_rotation_enabled, now.rotation_interval,
      now.last_rotation_time, now.number_of_rotations, #now.key_materials })
  end)

  it("update_key_rotation_interval changes the interval, and disable_key_rotation ends the rotation", function()
    keys:call("enable_key_rotation", { key_id = KEY })
    keys:call("update_key_rotation_interval", { key_id = KEY, rotation_interval = 30 })
    cloud:advance(60 * DAY)
    assert.equal(2, status().number_of_rotations)
    keys:call("disable_key_rotation", { key_id = KEY })
    cloud:advance(60 * DAY)
    local now = status()
    assert.same({ false, 2 }, { now.key_rotation_enabled, now.number_of_rotations })
    assert.is_nil(now.rotation_interval)
  end)

  it("a disabled key is not rotated, and when it is enabled again it is rotated at once", function()
    keys:call("enable_key_rotation", { key_id = KEY })
    keys:call("disable_key", { key_id = KEY })
    cloud:advance(366 * DAY)
    assert.equal(0, status().number_of_rotations)
    keys:call("enable_key", { key_id = KEY })
    assert.equal(1, status().number_of_rotations)
    cloud:advance(364 * DAY)
    assert.equal(1, status().number_of_rotations)
    cloud:advance(1 * DAY)
    assert.equal(2, status().number_of_rotations)
  end)

  it("rotate_on_demand adds a version at once", function()
    local first = status().key_materials
    assert.same({ key_id = KEY }, keys:call("rotate_on_demand", { key_id = KEY }))
    local now = status()
    assert.same({ 1, first[1], 2 }, { now.number_of_rotations, now.key_materials[1], #now.key_materials })
    assert.are_not.equal(now.key_materials[1].material_id, now.key_materials[2].material_id)
  end)

  local OPERATIONS = { "enable_key_rotation", "disable_key_rotation", "update_key_rotation_interval", "rotate_on_demand" }

  for _, case in ipairs {
    { "an RSA key", "KMS.0324", { key_spec = "RSA_2048" } },
    { "a key of an elliptic curve", "KMS.0325", { key_spec = "EC_P256" } },
    { "a key for MACs", "KMS.0341", { key_spec = "HMAC_256" } },
  } do
    it("the operations on rotation refuse " .. case[1], function()
      local key_id = keys:create(case[3])
      for _, operation in ipairs(OPERATIONS) do keys:refuse(case[2], operation, { key_id = key_id, rotation_interval = 30 }) end
      keys:refuse(case[2], "show_key_rotation_status", { key_id = key_id })
    end)
  end

  for _, case in ipairs {
    { "a default key", "KMS.0211", requests.DEFAULT_MASTER_KEY },
    { "a disabled key", "KMS.0209", requests.DISABLED_KEY },
    { "a key pending deletion", "KMS.0210", requests.PENDING_DELETION_KEY },
    { "an unknown key", "KMS.0207", "9" .. KEY:sub(2) },
  } do
    it("the changes of rotation refuse " .. case[1], function()
      for _, operation in ipairs(OPERATIONS) do keys:refuse(case[2], operation, { key_id = case[3], rotation_interval = 30 }) end
    end)
  end

  it("the changes of rotation refuse replicas", function()
    cloud:settings { inferred_replica_changes = "accepted" }
    local east = emulated_keys.new(cloud, "cn-east-3")
    for _, operation in ipairs(OPERATIONS) do east:refuse("KMS.0106", operation, { key_id = KEY, rotation_interval = 30 }) end
  end)

  it("enable, disable and update refuse what has that state already", function()
    keys:refuse("KMS.0313", "disable_key_rotation", { key_id = KEY })
    keys:refuse("KMS.0313", "update_key_rotation_interval", { key_id = KEY, rotation_interval = 30 })
    keys:call("enable_key_rotation", { key_id = KEY })
    keys:refuse("KMS.2901", "enable_key_rotation", { key_id = KEY })
  end)

  it("update_key_rotation_interval refuses intervals out of 30 to 365 days", function()
    keys:call("enable_key_rotation", { key_id = KEY })
    for _, interval in ipairs { 29, 366, 30.5, "30" } do
      keys:refuse("KMS.3001", "update_key_rotation_interval", { key_id = KEY, rotation_interval = interval })
    end
  end)

  it("the replica of a key decrypts after a rotation", function()
    keys:call("rotate_on_demand", { key_id = KEY })
    local cipher_text = keys:call("encrypt_data", { key_id = KEY, plain_text = "data" }).cipher_text
    assert.equal("data", emulated_keys.new(cloud, "cn-east-3"):call("decrypt_data", { cipher_text = cipher_text }).plain_text)
  end)
end)
