--- kms.cli.exit_status: which status an error gives.

local exit_status = require "kms.cli.exit_status"

describe("kms.cli.exit_status", function()
  it("derives the status from the error of a call", function()
    assert.equal(1, exit_status.of_error { kind = "invalid" })
    assert.equal(2, exit_status.of_error { kind = "service", status = 400 })
    assert.equal(2, exit_status.of_error { kind = "transport" })
    assert.equal(3, exit_status.of_error { kind = "transport", uncertain = true })
    assert.equal(5, exit_status.of_error { kind = "credentials" })
    assert.equal(5, exit_status.of_error { kind = "service", status = 401 })
  end)

  it("has a meaning for every status", function()
    local meanings, count = {}, 0
    for _, row in ipairs(exit_status.MEANINGS) do meanings[row[1]] = row[2] end
    for _, value in pairs(exit_status) do
      if type(value) == "number" then
        count = count + 1
        assert.is_string(meanings[value])
      end
    end
    assert.equal(#exit_status.MEANINGS, count)
  end)
end)
