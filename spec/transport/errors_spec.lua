--- The table of transport error codes.

local errors = require "kms.transport.errors"
local http1 = require "kms.http1"

describe("kms.transport.errors", function()
  it("kms.transport.errors has exactly the error codes of kms.http1", function()
    local codes, expected = {}, {}
    for code in pairs(errors) do codes[#codes + 1] = code end
    for i, code in ipairs(http1.error_codes) do expected[i] = code end
    table.sort(codes)
    table.sort(expected)
    assert.same(expected, codes)
  end)

  it("each transport error code has a meaning, and says whether a retry may help", function()
    for code, entry in pairs(errors) do
      assert.is_string(entry.meaning, code)
      assert.is_boolean(entry.retryable, code)
    end
  end)

  it("only dns and connect are errors without a connection", function()
    local unconnected = {}
    for code, entry in pairs(errors) do
      if entry.is_unconnected then unconnected[#unconnected + 1] = code end
    end
    table.sort(unconnected)
    assert.same({ "connect", "dns" }, unconnected)
  end)
end)
