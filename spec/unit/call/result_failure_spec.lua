local result_failure = require "kms.call.result_failure"

describe("kms.call.result_failure", function()
  it("fail_type names the member, its type and what was found", function()
    for _, row in ipairs {
      { { name = "count", type = "integer" }, {}, 'member "count" of the response must be a number; it is missing' },
      { { name = "list", type = "list", wire = "items" }, { items = "x" },
        'member "items" of the response must be a list; it is a string' },
    } do
      assert.same({ nil, "wrong_type", row[3] }, { result_failure.fail_type(row[1], row[2]) })
    end
  end)

  it("check_echo accepts any value if the request had no such param", function()
    assert.is_nil(result_failure.check_echo({ name = "id" }, "a", nil))
  end)

  it("check_echo accepts another case of a case-insensitive field only", function()
    assert.is_nil(result_failure.check_echo({ name = "id", is_case_insensitive = true }, "A", "a"))
    assert.equal("mismatch", (result_failure.check_echo({ name = "id" }, "A", "a")))
  end)

  it("check_echo shows both values, unless they are secret", function()
    local _, message = result_failure.check_echo({ name = "id", wire = "keyId" }, "b", "a")
    assert.equal('member "keyId" of the response must be the id of the request, "a"; it is "b"', message)
    _, message = result_failure.check_echo({ name = "pin", secret = true }, "b", "a")
    assert.equal('member "pin" of the response must be the pin of the request', message)
  end)
end)
