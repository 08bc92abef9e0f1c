--- How a transport reads responses, as specs.

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send, send_echo = client.open, client.send, client.send_echo
  local count_requests, assert_fails = client.count_requests, client.assert_fails

  describe("responses of a transport", function()
    it("a response has a status, headers by lower-case name and a body", function()
      local _, response = send_echo(open(), "/", client.HTTPS)
      assert.equal(200, response.status)
      assert.equal("text/plain", response.headers["content-type"])
      assert.is_nil(response.headers["Content-Type"])
    end)

    it("a response with an HTTP error status is returned", function()
      local transport = open()
      for _, status in ipairs({ 400, 401, 404, 407, 429, 500, 503 }) do
        local response = send(transport, "/status?is=" .. status)
        assert.equal(status, response.status)
        assert.equal("no", response.body)
        assert.equal("b5d3", response.headers["x-request-id"])
      end
    end)

    it("a redirect is returned and not followed", function()
      local transport = open()
      assert.equal(0, count_requests("landed", function()
        for _, status in ipairs({ 301, 302, 303, 307, 308 }) do
          local response = send(transport, "/redirect?of=landed&status=" .. status, { method = "PUT", body = "x" })
          assert.equal(status, response.status)
          assert.equal("string", type(response.headers.location))
        end
      end))
    end)

    it("a response has repeated headers joined and values trimmed", function()
      local headers = send(open(), "/repeated").headers
      assert.equal("one, two", headers["x-twice"])
      assert.equal("within it", headers["x-space"])
    end)

    it("a response can be chunked, and its trailers are dropped", function()
      assert.equal("part 1;part 2;part 3;", send(open(), "/chunked").body)
      local response = send(open(), "/fault/trailers")
      assert.equal("body", response.body)
      assert.equal("text/plain", response.headers["content-type"])
      assert.is_nil(response.headers["x-trailer"])
    end)

    it("interim responses are dropped with their headers", function()
      local response = send(open(), "/fault/interim")
      assert.equal(200, response.status)
      assert.equal("final", response.body)
      assert.is_nil(response.headers["x-interim"])
      assert.is_nil(response.headers.link)
    end)

    it("a response to HEAD has no body, whatever its Content-Length", function()
      local response = send(open({ max_response = 1000 }), "/fault/length_only", { method = "HEAD" })
      assert.equal(200, response.status)
      assert.equal("5000", response.headers["content-length"])
      assert.equal("", response.body)
    end)

    it("a response body can have max_response bytes, and no more", function()
      assert.equal(5000, #send(open({ max_response = 5000 }), "/fault/large").body)
      assert_fails("too_large", true, send(open({ max_response = 4999 }), "/fault/large"))
    end)

    it("a response body without end is an error as soon as it exceeds max_response", function()
      assert_fails("too_large", true, send(open(), "/fault/endless"))
    end)

    it("a response with headers without end is an error", function()
      for _, fault in ipairs({ "long_line", "long_head", "interims" }) do
        assert_fails("too_large", true, send(open(), "/fault/" .. fault))
      end
    end)

    it("a response that is not HTTP is an error", function()
      for _, fault in ipairs({ "garbage", "folded_first", "no_colon" }) do
        assert_fails("other", true, send(open(), "/fault/" .. fault))
      end
    end)

    it("a response whose headers start with a continuation line is an error, also on a kept connection", function()
      local transport = open()
      assert.equal(200, send(transport, "/").status)
      assert_fails("other", true, send(transport, "/fault/folded_first"))
      assert.equal(200, send(transport, "/").status)
    end)

    it("a response has its continuation lines joined with a space", function()
      assert.equal("one two", send(open(), "/fault/folded").headers["x-folded"])
    end)

    it("a response that is cut off is an error", function()
      for _, fault in ipairs({ "closed", "closed_in_head", "closed_in_body", "closed_in_chunk" }) do
        assert_fails("closed", true, send(open(), "/fault/" .. fault))
        assert_fails("closed", true, send(open(), "/fault/" .. fault, client.HTTPS))
      end
    end)

    it("a connection that the server resets is an error", function()
      assert_fails("closed", true, send(open(), "/fault/reset", { method = "PUT", body = ("x"):rep(8000000) }))
    end)
  end)
end
