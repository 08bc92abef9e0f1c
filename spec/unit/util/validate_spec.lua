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

  it("reads endpoints", function()
    for url, expected in pairs {
      ["https://kms.example.com"] = { "https", "kms.example.com" },
      ["https://kms.example.com/"] = { "https", "kms.example.com" },
      ["https://KMS.example.com:8443"] = { "https", "kms.example.com:8443" },
      ["https://kms.example.com:443"] = { "https", "kms.example.com" },
      ["https://kms.example.com:4430"] = { "https", "kms.example.com:4430" },
      ["http://127.0.0.1:80"] = { "http", "127.0.0.1" },
      ["http://[::1]:8080"] = { "http", "[::1]:8080" },
    } do
      assert.same(expected, { validate.parse_endpoint(url) })
    end
    for _, url in ipairs { "", "kms.example.com", "ftp://x", "https://", "https://x/path", "https://x?q", "https://u@x",
      "https://x y", "https://x\r\nHost: y", "HTTPS://x" } do
      assert.is_nil(validate.parse_endpoint(url))
    end
  end)
end)
