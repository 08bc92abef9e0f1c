local request_headers = require "kms.util.request_headers"

describe("kms.util.request_headers", function()
  it("for_json lists the headers of every JSON request before the others", function()
    assert.same({ { "Content-Type", "application/json" } }, request_headers.for_json())
    assert.same({ { "Content-Type", "application/json" }, { "A", "b" }, { "C", "d" } },
      request_headers.for_json { { "A", "b" }, { "C", "d" } })
    assert.same({ { "Content-Type", "application/json;charset=utf8" } }, request_headers.for_json(nil, "application/json;charset=utf8"))
  end)

  it("add_unsigned adds Accept-Encoding once", function()
    local list = request_headers.add_unsigned { { "A", "b" } }
    assert.same({ { "A", "b" }, { "Accept-Encoding", "identity" } }, list)
    assert.same({ { "A", "b" }, { "Accept-Encoding", "identity" } }, request_headers.add_unsigned(list))
    assert.same({ { "Accept-Encoding", "identity" } }, request_headers.add_unsigned {})
  end)

  it("describe_encoding names any encoding but identity", function()
    assert.is_nil(request_headers.describe_encoding { headers = {} })
    assert.is_nil(request_headers.describe_encoding { headers = { ["content-encoding"] = "identity" } })
    assert.equal("the response has Content-Encoding gzip, although the request accepts identity only",
      request_headers.describe_encoding { headers = { ["content-encoding"] = "gzip" } })
  end)

  it("for_json returns a new list each time, because signatures are appended to it", function()
    local first = request_headers.for_json()
    first[1][2], first[2] = "text/plain", { "A", "b" }
    assert.same({ { "Content-Type", "application/json" } }, request_headers.for_json())
  end)
end)
