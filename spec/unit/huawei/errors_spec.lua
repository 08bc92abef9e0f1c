local errors = require "kms.huawei.errors"

local NULL = require("cjson").null

--- Hints whose patterns match, in order.
local function find_hints(code, message)
  local hints = {}
  for _, hint in ipairs(errors.hints) do
    if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then hints[#hints + 1] = hint.hint end
  end
  return hints
end

describe("kms.huawei.errors", function()
  it("parse finds code and message in the shapes of all services", function()
    for _, row in ipairs {
      { { error = { error_code = "KMS.0205", error_msg = "a" } }, "KMS.0205", "a" },
      { { error_code = "APIGW.0301", error_msg = "a" }, "APIGW.0301", "a" },
      { { error = { code = 401, message = "a" } }, "401", "a" },
      { { code = "VPC.0105", message = "a" }, "VPC.0105", "a" },
      { { errorCode = "X.1", errorMsg = "a" }, "X.1", "a" },
      { { badRequest = { code = 400, message = "a" } }, "400", "a" },
    } do
      local code, message = errors.parse(row[1])
      assert.same({ row[2], row[3] }, { code, message })
    end
  end)

  it("parse prefers the member error to the body, and the body to other members", function()
    local inner, outer = { error_code = "inner", error_msg = "a" }, { error_code = "outer", error_msg = "b" }
    assert.equal("inner", (errors.parse { error = inner, error_code = "body" }))
    assert.equal("body", (errors.parse { wrapper = outer, error_code = "body" }))
    assert.equal("outer", (errors.parse { z = { code = 2 }, wrapper = outer }))
  end)

  it("parse says so if there is a code without a message", function()
    assert.same({ "KMS.1", "no message" }, { errors.parse { error_code = "KMS.1", error_msg = NULL } })
  end)

  it("parse keeps an encoded authorization message as the cause", function()
    local _, _, cause = errors.parse { error = { error_code = "A", error_msg = "b", encoded_authorization_message = "Egp" } }
    assert.same({ encoded_authorization_message = "Egp" }, cause)
    _, _, cause = errors.parse { error = { error_code = "A" }, encoded_authorization_message = "Egp" }
    assert.same({ encoded_authorization_message = "Egp" }, cause)
  end)

  it("parse returns nil for a body of no known shape", function()
    for _, object in ipairs { {}, { error = "text" }, { error = {} }, { code = true }, { message = "no code" }, { [1] = { code = 1 } } } do
      assert.is_nil((errors.parse(object)))
    end
  end)

  it("has one hint for each of the gateway's refusals", function()
    assert.equal(1, #find_hints("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"))
    assert.equal(1, #find_hints("APIG.0301", "Incorrect IAM authentication information: ak not exist"))
    assert.equal(1, #find_hints("APIGW.0307", "The token must be updated."))
    assert.equal(1, #find_hints("KMS.0321", ""))
    assert.equal(0, #find_hints("KMS.0106", ""))
  end)
end)
