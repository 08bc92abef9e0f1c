--- kms.emulator.huawei.outcome: refusals of what the emulator cannot do.

local outcome = require "kms.emulator.huawei.outcome"

describe("kms.emulator.huawei.outcome", function()
  it("refuse_not_emulated names what is not emulated", function()
    assert.same({ nil, "EMULATOR.0501", "Not emulated: pins." }, { outcome.refuse_not_emulated "pins" })
  end)

  it("refuse_problem returns the code of the cloud for a problem that has one", function()
    assert.same({ nil, "KMS.0332" }, { outcome.refuse_problem("algorithm", "X", { algorithm = "KMS.0332" }) })
    assert.same({ nil, "EMULATOR.0501", "X is not supported by this emulator." },
      { outcome.refuse_problem("unsupported", "X", { algorithm = "KMS.0332" }) })
    assert.same({ nil, "EMULATOR.0501", "X is not supported by this emulator." }, { outcome.refuse_problem("unsupported", "X") })
  end)
end)
