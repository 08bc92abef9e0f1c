local errors = require "kms.ncloud.errors"

describe("kms.ncloud.errors", function()
  it("parse finds code and message in the shapes of all services", function()
    for _, row in ipairs {
      { { code = "INVALID_REQUEST", msg = "a" }, "INVALID_REQUEST", "a" },
      { { code = "NOT_FOUND", message = "a" }, "NOT_FOUND", "a" },
      { { error = { errorCode = "210", message = "a", details = "b" } }, "210", "a: b" },
      { { error = { errorCode = 500, details = "b" } }, "500", "b" },
      { { error = { code = "77202", message = "a" } }, "77202", "a" },
      { { responseError = { returnCode = "1000", returnMessage = "a" } }, "1000", "a" },
      { { errorCode = 9014, message = "a" }, "9014", "a" },
      { { timestamp = 1, status = 404, error = "Not Found", message = "a" }, "404", "a" },
      { { timestamp = 1, status = 404, error = "Not Found", message = "" }, "404", "Not Found" },
      { { status = { code = "40100", message = "a" } }, "40100", "a" },
    } do
      local code, message = errors.parse(row[1], 400)
      assert.same({ row[2], row[3] }, { code, message })
    end
  end)

  it("parse takes the status for the code if the error is only a text", function()
    assert.same({ "400", "bad thing" }, { errors.parse({ error = "bad thing" }, 400) })
  end)

  it("parse prefers the gateway's error to a code beside it", function()
    assert.equal("200", (errors.parse({ code = "X", error = { errorCode = "200", message = "a" } }, 401)))
  end)

  it("parse says so if there is a code without a message", function()
    assert.same({ "X", "no message" }, { errors.parse({ code = "X" }, 400) })
  end)

  it("parse returns nil for success and for a body of no known shape", function()
    for _, object in ipairs { {}, { code = "SUCCESS", msg = "" }, { error = {} }, { error = true }, { message = "no code" } } do
      assert.is_nil((errors.parse(object, 200)))
    end
  end)

  it("has a hint for each code of the gateway, and the more exact one first", function()
    local function find_hint(code, message)
      for _, hint in ipairs(errors.hints) do
        if code:find(hint.code) and (not hint.text or message:find(hint.text, 1, true)) then return hint.hint end
      end
    end
    assert.matches("no credentials", find_hint("200", "Authentication information are missing."))
    assert.matches("secret key", find_hint("200", "Authentication Failed"))
    assert.matches("no permission", find_hint("210", "Permission Denied"))
    assert.is_nil(find_hint("FORBIDDEN", ""))
  end)
end)
