local errors = require "kms.transport.errors"
local http1 = require "kms.http1"

describe("kms.transport.errors", function()
  it("has the error codes of the C core, and no other", function()
    local codes, expected = {}, {}
    for code in pairs(errors) do codes[#codes + 1] = code end
    for i, code in ipairs(http1.error_codes) do expected[i] = code end
    table.sort(codes)
    table.sort(expected)
    assert.same(expected, codes)
  end)

  it("says of each code what it means and whether a retry may help", function()
    for code, entry in pairs(errors) do
      assert.is_string(entry.meaning, code)
      assert.is_boolean(entry.retryable, code)
    end
  end)

  it("counts a code as unconnected only if the server received nothing", function()
    local unconnected = {}
    for code, entry in pairs(errors) do
      if entry.is_unconnected then unconnected[#unconnected + 1] = code end
    end
    table.sort(unconnected)
    assert.same({ "connect", "dns" }, unconnected)
  end)
end)
