--- kms.emulator.schema: descriptions of fields, and the first problem of a table.

local schema = require "kms.emulator.schema"

local FIELDS = {
  schema.required "name", schema.optional("count", "number"), schema.choice("color", { "red", "blue" }),
  schema.choice("size", { "s", "m" }, true),
}

describe("kms.emulator.schema.deep_copy", function()
  it("deep_copy copies nested tables", function()
    local value = { a = { b = 1 } }
    local copy = schema.deep_copy(value)
    copy.a.b = 2
    assert.same({ a = { b = 1 } }, value)
  end)
end)

describe("kms.emulator.schema", function()
  it("find_problem accepts a table that has the required fields and known values", function()
    assert.is_nil(schema.find_problem(FIELDS, { name = "x", size = "s" }, "field"))
    assert.is_nil(schema.find_problem(FIELDS, { name = "x", size = "m", count = 1, color = "blue" }, "field"))
  end)

  for _, case in ipairs {
    { "a value that is not a table", "x", "table expected, got string" },
    { "an unknown name", { name = "x", size = "s", shape = 1 }, 'unknown field "shape"; known: name, count, color, size' },
    { "a missing field", { size = "s" }, "field 'name' is missing" },
    { "a missing choice", { name = "x" }, "field 'size' is missing" },
    { "a wrong type", { name = "x", size = "s", count = "1" }, "field 'count': number expected, got string" },
    { "an unknown choice", { name = "x", size = "xl" }, 'size must be one of s, m; got "xl"' },
    { "an unknown optional choice", { name = "x", size = "s", color = "green" }, 'color must be one of red, blue; got "green"' },
  } do
    it("find_problem finds " .. case[1], function()
      assert.equal(case[3], schema.find_problem(FIELDS, case[2], "field"))
    end)
  end
end)
