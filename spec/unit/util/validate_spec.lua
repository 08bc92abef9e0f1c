local validate = require "kms.util.validate"

describe("kms.util.validate", function()
  local fields = {
    { name = "name", type = "string", required = true },
    { name = "timeout", type = "number", positive = true },
    { name = "source", type = "table|function" },
  }

  it("finds misuse", function()
    for problem, given in pairs {
      ["option 'name' is missing"] = {},
      ["option 'name': string expected, got number"] = { name = 1 },
      ['unknown option "nam"; known: name, timeout, source'] = { name = "x", nam = "y" },
      ["unknown option 1; known: name, timeout, source"] = { "x" },
      ["option 'timeout': a number above 0 expected, got 0"] = { name = "x", timeout = 0 },
      ["option 'timeout': a number above 0 expected, got inf"] = { name = "x", timeout = math.huge },
      ["option 'source': table or function expected, got boolean"] = { name = "x", source = true },
    } do
      assert.equal(problem, validate.arguments(fields, given, "option"))
    end
    assert.matches("^option 'timeout': a number above 0 expected, got %-?nan", validate.arguments(fields, { name = "x", timeout = 0 / 0 }, "option"))
    assert.equal("table expected, got no value", validate.arguments(fields, nil, "option"))
    assert.equal("table expected, got string", validate.arguments(fields, "x", "option"))
    assert.is_nil(validate.arguments(fields, { name = "x", timeout = 0.5, source = print }, "option"))
  end)

  it("shows values printable and bounded", function()
    assert.equal('"a b"', validate.quote "a b")
    assert.equal([["a\x0a\"\x00\xff"]], validate.quote "a\n\"\0\255")
    assert.equal('"' .. ("x"):rep(64) .. '…" (1000 bytes)', validate.quote(("x"):rep(1000)))
    assert.equal("nil", validate.quote(nil))
  end)
end)
