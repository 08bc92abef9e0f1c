local param_value = require "kms.call.param_value"

describe("kms.call.param_value", function()
  local SHORT = { text = "short", test = function(value) return #value < 5 end }
  local FIELDS = { { name = "pin", type = "string", secret = true, rule = SHORT }, { name = "count", type = "integer" } }
  local LIST = { name = "list", type = "list", items = { type = "object", fields = FIELDS } }

  it("validate returns a copy of a value at every depth", function()
    local value = { { pin = "1234", count = "7" } }
    local copy = param_value.validate(LIST, value)
    assert.same({ { pin = "1234", count = 7 } }, copy)
    value[1].pin = "changed"
    assert.equal("1234", copy[1].pin)
  end)

  it("validate returns the path of a value that breaks a rule, and whether it is secret", function()
    local copy, problem = param_value.validate(LIST, { {}, { pin = "12345" } })
    assert.is_nil(copy)
    assert.same({ "[2].pin", SHORT, true }, { problem.path, problem.rule, problem.is_secret })
  end)

  it("fail formats a validation error without a secret, and an argument error", function()
    local _, err = param_value.fail("list", select(2, param_value.validate(LIST, { { pin = "12345" } })))
    assert.same({ "invalid", "list[1].pin", "list[1].pin must be short; its value is not shown" },
      { err.kind, err.code, err.message })
    assert.same({ nil, nil, "field 'list[1]': unknown field \"pni\"; known: pin, count" },
      { param_value.fail("list", select(2, param_value.validate(LIST, { { pni = "1" } }))) })
  end)
end)
