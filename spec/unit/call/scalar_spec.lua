local cjson = require "cjson.safe"
local scalar = require "kms.call.scalar"

describe("kms.call.scalar", function()
  for _, row in ipairs {
    { { type = "string" }, "a", "a", '"a"' },
    { { type = "integer" }, 7, "7", "7" }, { { type = "integer", text = true }, 7, "7", '"7"' },
    { { type = "number" }, 0.5, "0.5", "0.5" },
    { { type = "boolean" }, false, "false", "false" }, { { type = "boolean", text = true }, true, "true", '"true"' },
    { { type = "time", unit = "ms" }, 1502799822.0004, "1502799822000", "1502799822000" },
    { { type = "time", unit = "s", text = true }, 1502799822.6, "1502799823", '"1502799823"' },
    { { type = "time" }, 1666032685, "2022-10-17T18:51:25Z", '"2022-10-17T18:51:25Z"' },
    { { type = "integer|string" }, "UL", "UL", '"UL"' }, { { type = "integer|string" }, 72, "72", "72" },
  } do
    local field, value = row[1], row[2]
    it(("writes %s %s%s"):format(field.type, tostring(value), field.text and " as text" or ""), function()
      assert.equal(row[3], scalar.to_text(field, value))
      assert.equal(row[4], scalar.to_json(field, value))
    end)
  end

  for _, row in ipairs {
    { "string", "a", "a" }, { "string", "", "" }, { "string", 2, "2" }, { "string", 1502799822000, "1502799822000" },
    { "string", true, "true" }, { "string", cjson.null, nil }, { "string", {}, nil },
    { "integer", 5, 5 }, { "integer", "5", 5 }, { "integer", "", nil }, { "integer", "UL", "UL" },
    { "integer", cjson.null, nil }, { "integer", {}, nil }, { "integer", true, nil }, { "integer", "nan", "nan" },
    { "number", "0.5", 0.5 }, { "number", 0.5, 0.5 },
    { "boolean", true, true }, { "boolean", "true", true }, { "boolean", "false", false }, { "boolean", "", nil },
    { "boolean", "maybe", "maybe" }, { "boolean", 1, nil },
    { "integer|string", "UL", "UL" }, { "integer|string", 72, 72 },
    { "time", "1502799822000", 1502799822, "ms" }, { "time", 1502799822500, 1502799822.5, "ms" },
    { "time", "", nil, "ms" }, { "time", "1502799822", 1502799822, "s" }, { "time", "soon", "soon", "s" },
    { "time", "2022-10-17T18:51:25Z", 1666032685 }, { "time", "1502799822000", 1502799822 },
    { "time", 1502799822, 1502799822 }, { "time", "soon", "soon" }, { "time", cjson.null, nil },
  } do
    local field = { type = row[1], unit = row[4] }
    it(("reads %s %s%s"):format(field.type, type(row[2]), row[4] and " in " .. row[4] or "")
      .. " " .. tostring(row[2]):gsub("0x%x+", "…"), function()
      assert.equal(row[3], scalar.get_reader(field)(row[2]))
    end)
  end

  it("reads integers as integers where Lua has them", function()
    assert.equal("5", tostring(scalar.get_reader { type = "integer" } (5.0)))
  end)
end)
