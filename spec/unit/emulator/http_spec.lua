--- kms.emulator.http: parts of requests, and responses.

local http = require "kms.emulator.http"

describe("kms.emulator.http", function()
  it("percent_decode decodes escapes of both cases and keeps plus signs", function()
    assert.equal("a/b ~+%zz", http.percent_decode "a%2Fb%20%7e+%zz")
  end)

  it("percent_encode encodes all bytes except unreserved characters", function()
    assert.equal("AZaz09-_.~%2F%20%2B%C3%A9", http.percent_encode "AZaz09-_.~/ +\195\169")
  end)

  it("split keeps empty pieces", function()
    assert.same({ "a", "", "b", "" }, http.split("a//b/", "/"))
    assert.same({ "" }, http.split("", "&"))
  end)

  it("parse_target splits the path before it decodes the segments, and returns the query as received", function()
    local segments, query = http.parse_target "/kms/a%2fb/?x=%7e&&y"
    assert.same({ "kms", "a/b", "" }, segments)
    assert.equal("x=%7e&&y", query)
    assert.same({ { "" }, "" }, { http.parse_target "/" })
  end)

  it("parse_query decodes names and values, keeps their order, and skips empty pieces", function()
    assert.same({ { "b", "~" }, { "a", "" }, { "a", "x=y" } }, http.parse_query "b=%7e&&a&%61=x=y")
    assert.same({}, http.parse_query "")
  end)

  it("get_query_parameter returns the first value of a name", function()
    local request = { target = "/v3/projects?name=cn-north%2D4&name=x&empty=" }
    assert.equal("cn-north-4", http.get_query_parameter(request, "name"))
    assert.equal("", http.get_query_parameter(request, "empty"))
    assert.is_nil(http.get_query_parameter(request, "none"))
  end)

  it("get_header ignores the case of names, trims values, and joins repeated headers", function()
    local request = { headers = { { "X-A", " 1 " }, { "x-a", "2" }, { "X-B", "" } } }
    assert.equal("1,2", http.get_header(request, "x-a"))
    assert.equal("", http.get_header(request, "x-b"))
    assert.is_nil(http.get_header(request, "x-c"))
    assert.is_nil(http.get_header({}, "x-a"))
  end)

  it("json_response and text_response set the content type", function()
    assert.same({ status = 201, headers = { ["content-type"] = "application/json" }, body = '{"a":1}' },
      http.json_response(201, { { "a", 1 } }))
    assert.same({ status = 200, headers = { ["content-type"] = "text/plain" }, body = "x" }, http.text_response(200, "x"))
  end)
end)
