--- kms.cli.layout: results for people.

local layout = require "kms.cli.layout"

local FIELDS = { { name = "id", type = "string" }, { name = "same", type = "string" }, { name = "count", type = "integer" },
  { name = "at", type = "time" }, { name = "none", type = "string" } }
local ITEMS = { { id = "a…", same = "x", count = 7, at = 0 }, { id = "bbb", same = "x", count = 12, at = 60 } }

describe("kms.cli.layout", function()
  it("aligns columns, numbers on the right, and leaves empty columns out", function()
    local text, hidden = layout.table(ITEMS, FIELDS)
    assert.equal("ID   SAME  COUNT  AT\n" ..
      "a…   x         7  1970-01-01T00:00:00Z\n" ..
      "bbb  x        12  1970-01-01T00:01:00Z\n", text)
    assert.same({}, hidden)
  end)

  it("prefers columns whose values differ when the terminal is narrow", function()
    local text, hidden = layout.table(ITEMS, FIELDS, 14)
    assert.equal("ID   COUNT\na…       7\nbbb     12\n", text)
    assert.same({ "same", "at" }, hidden)
  end)

  it("never shortens a value", function()
    assert.equal("ID\na…\nbbb\n", (layout.table(ITEMS, FIELDS, 1)))
  end)

  it("formats lists, objects and control characters on one line", function()
    assert.equal("a, b", layout.format({ "a", "b" }, { type = "list", items = { type = "string" } }))
    assert.equal('{"a":1}', layout.format({ a = 1 }))
    assert.equal("a b", layout.format "a\27b")
    assert.equal("12", layout.format(12.0))
  end)

  it("formats a time as a date, and a number that has no date as the number", function()
    assert.equal("1970-01-01T00:01:00Z", layout.format(60, { type = "time" }))
    assert.equal("1e+300", layout.format(1e300, { type = "time" }))
  end)

  it("aligns names with values", function()
    assert.equal("a    1\nbbb\n", layout.pairs { { "a", "1" }, { "bbb", "" } })
  end)

  it("wraps at spaces and keeps long words whole", function()
    assert.same({ "a bb", "cccccccc", "d" }, layout.wrap("a bb cccccccc d", 5))
  end)

  it("puts a note that does not fit below its row", function()
    local rows = { { "a", "1", "note" }, { "bbb", "22", "a longer note" } }
    assert.equal("a    1   note\nbbb  22  a longer note\n", layout.grid(rows))
    assert.equal("a    1   note\nbbb  22\n     a longer\n     note\n", layout.grid(rows, 14))
  end)
end)
