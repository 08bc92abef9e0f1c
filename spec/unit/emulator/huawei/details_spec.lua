--- kms.emulator.huawei.details: what the service says about a key. keys_spec shows all members.

local details = require "kms.emulator.huawei.details"

describe("kms.emulator.huawei.details", function()
  it("encode_state encodes the four states as the documented numbers, in text", function()
    for state, number in pairs { enabled = "2", disabled = "3", pending_deletion = "4", pending_import = "5" } do
      assert.same({ { "key_id", "k" }, { "key_state", number } }, details.encode_state({ state = state }, { key_id = "k" }))
    end
  end)
end)
