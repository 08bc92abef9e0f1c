local headers = require "kms.util.headers"

describe("kms.util.headers", function()
  it("for_json lists the headers of every JSON request before the others", function()
    assert.same({ { "Content-Type", "application/json" } }, headers.for_json())
    assert.same({ { "Content-Type", "application/json" }, { "A", "b" }, { "C", "d" } },
      headers.for_json { { "A", "b" }, { "C", "d" } })
  end)

  it("for_json returns a new list each time, because signatures are appended to it", function()
    local first = headers.for_json()
    first[1][2], first[2] = "text/plain", { "A", "b" }
    assert.same({ { "Content-Type", "application/json" } }, headers.for_json())
  end)
end)
