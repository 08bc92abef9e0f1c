local env = require "kms.util.env"
local subprocess = require "spec.helpers.subprocess"

describe("kms.util.env", function()
  it("read returns value and name of the first variable that is set", function()
    local output, ok = subprocess.run([[
      local env = require "kms.util.env"
      print(env.read { "KMS_A", "KMS_B", "KMS_C" })
    ]], { KMS_B = "b", KMS_C = "c" })
    assert.is_true(ok, output)
    assert.equal("b\tKMS_B\n", output)
  end)

  it("read ignores an empty variable", function()
    local output = subprocess.run([[print(require("kms.util.env").read { "KMS_A", "KMS_B" })]], { KMS_A = "", KMS_B = "b" })
    assert.equal("b\tKMS_B\n", output)
  end)

  it("read returns nil if no variable is set", function()
    assert.is_nil(env.read { "KMS_THIS_VARIABLE_DOES_NOT_EXIST" })
    assert.is_nil(env.read {})
  end)
end)
