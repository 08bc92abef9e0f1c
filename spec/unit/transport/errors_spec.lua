local errors = require "kms.transport.errors"
local http1 = require "kms.http1"

describe("kms.transport.errors", function()
  it("has every code of the C transport, and those only", function()
    local codes = {}
    for code in pairs(errors) do codes[#codes + 1] = code end
    table.sort(codes)
    assert.same({ "closed", "connect", "dns", "other", "timeout", "tls", "too_large" }, codes)
    for _, code in ipairs(codes) do
      assert.matches("example", http1.error_message(code, "host.example", "reason"), 1, true)
    end
  end)

  it("says of every code what it means and whether the request may be repeated", function()
    for code, entry in pairs(errors) do
      assert.is_string(entry.meaning, code)
      assert.is_boolean(entry.retryable, code)
    end
  end)

  it("marks the codes of requests that no server received", function()
    for code, entry in pairs(errors) do
      assert.equal(code == "dns" or code == "connect", entry.is_unconnected or false, code)
      assert.equal(code == "dns", entry.is_unresolved or false, code)
    end
  end)
end)
