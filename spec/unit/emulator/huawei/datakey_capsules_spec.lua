--- kms.emulator.huawei.datakey_capsules: they are not emulated, and say so.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local CALLS = {
  create_datakey_capsule = { datakey_length = "AES_256" },
  decrypt_datakey_capsule = { datakey_capsule = "x", attestation_document = { ecs_signature = "x" } },
}

describe("data key capsules of the emulator", function()
  for operation, body in pairs(CALLS) do
    it(operation .. " is not emulated, and refuses unknown keys", function()
      local keys = emulated_keys.new(emulator.new())
      body.key_id = requests.KEY
      assert.equal("Not emulated: data key capsules.", keys:refuse("EMULATOR.0501", operation, body))
      body.key_id = "9" .. requests.KEY:sub(2)
      keys:refuse("KMS.0207", operation, body)
    end)
  end
end)
