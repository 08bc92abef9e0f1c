--- The table of transport error codes.

local error_codes = require "kms.transport.error_codes"
local http1 = require "kms.http1"

describe("kms.transport.error_codes", function()
  it("kms.transport.error_codes has exactly the error codes of kms.http1", function()
    local codes, expected = {}, {}
    for code in pairs(error_codes) do codes[#codes + 1] = code end
    for i, code in ipairs(http1.error_codes) do expected[i] = code end
    table.sort(codes)
    table.sort(expected)
    assert.same(expected, codes)
  end)

  it("each transport error code has a meaning, and says whether a retry may help", function()
    for code, entry in pairs(error_codes) do
      assert.is_string(entry.meaning, code)
      assert.is_boolean(entry.retryable, code)
    end
  end)

  it("only dns and connect are errors without a connection", function()
    local unconnected = {}
    for code, entry in pairs(error_codes) do
      if entry.is_unconnected then unconnected[#unconnected + 1] = code end
    end
    table.sort(unconnected)
    assert.same({ "connect", "dns" }, unconnected)
  end)
end)
