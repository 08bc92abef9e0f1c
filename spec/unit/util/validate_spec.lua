local validate = require "kms.util.validate"

describe("kms.util.validate", function()
  local FIELDS = {
    { name = "name", type = "string", required = true },
    { name = "timeout", type = "number", positive = true },
    { name = "provider", type = "table|function" },
  }

  for problem, arguments in pairs {
    ["option 'name' is missing"] = {},
    ["option 'name': string expected, got number"] = { name = 1 },
    ['unknown option "nam"; known: name, timeout, provider'] = { name = "x", nam = "y" },
    ["unknown option 1; known: name, timeout, provider"] = { "x" },
    ["option 'timeout': a number above 0 expected, got 0"] = { name = "x", timeout = 0 },
    ["option 'timeout': a number above 0 expected, got inf"] = { name = "x", timeout = math.huge },
    ["option 'provider': table or function expected, got boolean"] = { name = "x", provider = true },
  } do
    it("arguments returns: " .. problem, function()
      assert.equal(problem, validate.arguments(FIELDS, arguments, "option"))
    end)
  end

  it("arguments refuses NaN where a number above 0 is expected", function()
    assert.matches("^option 'timeout': a number above 0 expected, got %-?nan",
      validate.arguments(FIELDS, { name = "x", timeout = 0 / 0 }, "option"))
  end)

  it("arguments refuses a value that is not a table", function()
    assert.equal("table expected, got no value", validate.arguments(FIELDS, nil, "option"))
    assert.equal("table expected, got string", validate.arguments(FIELDS, "x", "option"))
  end)

  it("arguments returns nil for a valid table", function()
    assert.is_nil(validate.arguments(FIELDS, { name = "x", timeout = 0.5, provider = print }, "option"))
    assert.is_nil(validate.arguments(FIELDS, { name = "x" }, "option"))
  end)

  it("describe_unknown lists the names that there are", function()
    assert.equal('unknown field "x"; known: a, b', validate.describe_unknown({ { name = "a" }, { name = "b" } }, "x", "field"))
  end)

  it("index_by_name returns the fields of a list by name", function()
    local a, b = { name = "a" }, { name = "b" }
    assert.same({ a = a, b = b }, validate.index_by_name { a, b })
  end)

  it("argument_error has the form of Lua's own errors", function()
    assert.equal("bad argument #2 to 'f' (table expected, got nil)",
      validate.argument_error(2, "f", "table expected, got nil"))
  end)

  it("quote shows a value as printable ASCII, and cuts a long one", function()
    assert.equal('"a b"', validate.quote "a b")
    assert.equal([["a\x0a\"\x00\xff"]], validate.quote "a\n\"\0\255")
    assert.equal('"' .. ("x"):rep(64) .. '…" (1000 bytes)', validate.quote(("x"):rep(1000)))
    assert.equal("nil", validate.quote(nil))
  end)

  describe("value", function()
    local function refuse() return false end

    it("returns nil for a value that passes the rule", function()
      assert.is_nil(validate.value("name", "x", { text = "x", test = function(value) return value == "x" end }))
    end)

    it("names the value, the rule and what was found", function()
      assert.equal('name must be short; got "scarlet"',
        validate.value("name", "scarlet", { text = "short", test = refuse }))
    end)

    it("shows the length if the rule limits it", function()
      local rule = { text = "3 to 15 characters", test = refuse, show_length = true }
      assert.equal('name must be 3 to 15 characters; got "ab" (2)', validate.value("name", "ab", rule))
      assert.matches('…" (70 bytes)', validate.value("name", ("x"):rep(70), rule), 1, true)
      assert.is_nil(validate.value("name", ("x"):rep(70), rule):find "%(70%)")
    end)

    it("shows the value as the rule wants", function()
      assert.equal("name must be x; got (hidden)",
        validate.value("name", "y", { text = "x", test = refuse, show = function() return "(hidden)" end }))
    end)
  end)

  it("is_utf8 accepts UTF-8 without NUL", function()
    for _, text in ipairs { "", "abc", "키", "é", "\240\159\148\145", "\127", "\244\143\191\191" } do
      assert.is_true(validate.is_utf8(text), text)
    end
  end)

  it("is_utf8 refuses NUL and malformed sequences", function()
    for _, text in ipairs { "\0", "a\0", "키\0", "\128", "\255", "a\192\128", "\237\160\128", "\244\144\128\128", "\224\128\128",
      "\240\128\128\128", "é\195", "\226\130" } do
      assert.is_false(validate.is_utf8(text), text)
    end
  end)
end)
