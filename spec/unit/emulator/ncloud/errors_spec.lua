--- kms.emulator.ncloud.errors: the error codes of NAVER Cloud KMS.

local errors = require "kms.emulator.ncloud.errors"

describe("kms.emulator.ncloud.errors", function()
  it("each code has the status of an error and a message", function()
    local count = 0
    for code, row in pairs(errors) do
      assert.truthy(code:find "^[A-Z_]+$")
      assert.is_true(row[1] >= 400 and row[1] < 500)
      assert.is_string(row[2])
      count = count + 1
    end
    assert.is_true(count >= 5)
  end)
end)
