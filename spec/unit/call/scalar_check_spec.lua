local scalar_check = require "kms.call.scalar_check"

local NAN = 0 / 0

describe("kms.call.scalar_check", function()
  for _, row in ipairs {
    { "string", "a", "a" }, { "string", "", "" }, { "string", 1, nil, "string expected, got number" },
    { "integer", 5, 5 }, { "integer", "100", 100 }, { "integer", "-7", -7 }, { "integer", 2 ^ 53, 2 ^ 53 },
    { "integer", 1.5, nil, "whole number expected, got 1.5" },
    { "integer", NAN, nil, "whole number expected, got " .. tostring(NAN) },
    { "integer", math.huge, nil, "whole number expected, got inf" },
    { "integer", 2 ^ 60, nil, "whole number expected, got " .. tostring(2 ^ 60) },
    { "integer", "99999999999999999999", nil, "whole number expected, got 99999999999999999999" },
    { "integer", "1e3", nil, "whole number expected, got string" },
    { "integer", {}, nil, "whole number expected, got table" },
    { "number", 1.5, 1.5 }, { "number", -math.huge, nil, "finite number expected, got -inf" },
    { "number", "1", nil, "number expected, got string" },
    { "boolean", false, false }, { "boolean", "true", nil, "boolean expected, got string" },
    { "time", 1700000000.5, 1700000000.5 }, { "time", -1, nil, "Unix time in seconds expected, got -1" },
    { "time", 1700000000000, nil, "Unix time in seconds expected, got " .. tostring(1700000000000) },
    { "time", "2024", nil, "number expected, got string" },
    { "integer|string", "UL", "UL" }, { "integer|string", "72", 72 }, { "integer|string", 72, 72 },
    { "integer|string", 7.5, nil, "whole number or string expected, got 7.5" },
    { "integer|string", {}, nil, "whole number or string expected, got table" },
  } do
    local field_type, value, expected, problem = row[1], row[2], row[3], row[4]
    it(("checks %s %s"):format(field_type, tostring(value)), function()
      local copy, found = scalar_check[field_type](value)
      assert.equal(expected, copy)
      assert.equal(problem, found)
    end)
  end
end)
