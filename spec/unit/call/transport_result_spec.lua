local Error = require "kms.error"
local transport_result = require "kms.call.transport_result"

describe("kms.call.transport_result", function()
  it("copy_error makes a readable error of a plain table", function()
    local err = transport_result.copy_error { code = "connect", message = "no route", uncertain = false }
    assert.same({ "transport", "connect", "no route", false }, { err.kind, err.code, err.message, err.uncertain })
    err = transport_result.copy_error { code = 7, host = "h" }
    assert.same({ "other", "the transport failed: code = 7, host = h", true }, { err.code, err.message, err.uncertain })
    assert.equal("the transport failed: it gave no reason", transport_result.copy_error({}).message)
    assert.equal("the transport failed: it gave no reason", transport_result.copy_error(nil).message)
    assert.equal("own text", transport_result.copy_error(setmetatable({}, { __tostring = function() return "own text" end })).message)
  end)

  it("copy_error completes an error of kms.error that lacks what every error has", function()
    local function complete(fields) return transport_result.copy_error(Error.new(fields)) end
    local err = complete {}
    assert.same({ "transport", "other", "the transport failed: it gave no reason" }, { err.kind, err.code, err.message })
    err = complete { kind = "transport", code = {}, message = 7, status = "401" }
    assert.same({ "other", "the transport failed: it gave no reason" }, { err.code, err.message, err.status })
    for _, status in ipairs { 0 / 0, 200, 399, 600, true } do assert.is_nil(complete({ status = status }).status) end
    assert.equal(401, complete({ status = 401 }).status)
  end)

  it("complete makes an uncertain error of a malformed response", function()
    for problem, response in pairs {
      ["status must be a whole number, 100 to 999; it is nil"] = {},
      ["status must be a whole number, 100 to 999; it is 200.5"] = { status = 200.5 },
      ["status must be a whole number, 100 to 999; it is ok"] = { status = "ok" },
      ["headers must be a table; it is a string"] = { status = 200, headers = "a: b" },
      ["body must be a string; it is a table"] = { status = 200, body = {} },
      ["the header date must be a string; it is a number"] = { status = 200, headers = { date = 7 } },
      ["the header retry-after must be a string; it is a table"] = { status = 503, headers = { ["retry-after"] = {} } },
    } do
      local result, err = transport_result.complete(response)
      assert.is_nil(result)
      assert.same({ "transport", "other", true }, { err.kind, err.code, err.uncertain })
      assert.equal("the transport returned a malformed response: " .. problem, err.message)
    end
  end)

  it("copy_error wraps an error of another form as uncertain", function()
    local err = transport_result.copy_error "no cable"
    assert.same({ "transport", "other", "no cable", true }, { err.kind, err.code, err.message, err.uncertain })
  end)
end)
