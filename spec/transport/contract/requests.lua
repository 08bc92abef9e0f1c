--- What a transport sends, as specs.

local EVERY_BYTE = {}
for byte = 0, 255 do EVERY_BYTE[#EVERY_BYTE + 1] = string.char(byte) end
EVERY_BYTE = table.concat(EVERY_BYTE)

---@param client table from spec.transport.contract.client
---@param test table describe, it and assert of busted
return function(client, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local open, send, send_echo, count_requests = client.open, client.send, client.send_echo, client.count_requests

  describe("requests of a transport", function()
    it("a request arrives byte for byte, with its own headers, Host and Content-Length only", function()
      local echo = send_echo(open(), "/v1/a%2Fb//c/./d/../e;x=%7e?q=a%20b+c&q=&&z", {
        method = "PUT",
        headers = { { "x-lower", "1" }, { "X-UPPER", 'a;b="c", d: e' }, { "X-Bytes", "\195\169\t\255" } },
        body = EVERY_BYTE,
      })
      assert.equal("PUT /v1/a%2Fb//c/./d/../e;x=%7e?q=a%20b+c&q=&&z HTTP/1.1", echo.line)
      assert.same({ "Content-Length", "Host", "X-Bytes", "X-UPPER", "x-lower" }, echo.names)
      assert.equal("1", echo.values["x-lower"])
      assert.equal('a;b="c", d: e', echo.values["X-UPPER"])
      assert.equal("\195\169\t\255", echo.values["X-Bytes"])
      assert.equal("256", echo.values["Content-Length"])
      assert.equal(EVERY_BYTE, echo.body)
    end)

    it("a request can have a header with an empty value", function()
      local echo = send_echo(open(), "/", { headers = { { "X-Empty", "" }, { "X-Blank", " \t" } } })
      assert.same({ "Host", "X-Blank", "X-Empty" }, echo.names)
      assert.equal("", echo.values["X-Empty"])
    end)

    it("a request has Accept, Content-Type and User-Agent only if the caller sets them", function()
      local transport = open()
      local headers = { { "Accept", "text/plain" }, { "Content-Type", "application/json" }, { "User-Agent", "us" } }
      local echo = send_echo(transport, "/", { method = "POST", headers = headers, body = "{}" })
      assert.same({ "Accept", "Content-Length", "Content-Type", "Host", "User-Agent" }, echo.names)
      assert.equal("application/json", echo.values["Content-Type"])
      assert.same({ "Content-Length", "Host" }, send_echo(transport, "/", { method = "POST", body = "{}" }).names)
    end)

    it("a request without a body has Content-Length: 0 for PUT, POST and PATCH, and no length for GET and DELETE", function()
      local transport = open()
      for _, method in ipairs({ "PUT", "POST", "PATCH", "GET", "DELETE" }) do
        local echo = send_echo(transport, "/", { method = method })
        local bodied = method:find("^P") ~= nil
        assert.equal(method .. " / HTTP/1.1", echo.line)
        assert.same(bodied and { "Content-Length", "Host" } or { "Host" }, echo.names)
        assert.equal(bodied and "0" or nil, echo.values["Content-Length"])
        assert.equal("", echo.body)
      end
    end)

    it("a request can have a body of more than 1 MiB", function()
      local body = EVERY_BYTE:rep(6000)
      local echo = send_echo(open({ max_response = 4194304 }), "/", { method = "PUT", body = body })
      assert.same({ "Content-Length", "Host" }, echo.names)
      assert.is_true(echo.body == body)
    end)

    it("a request has its host and port as Host", function()
      assert.equal(client.servers.host("http"), send_echo(open(), "/").values.Host)
      assert.equal(client.servers.host("http", "127.0.0.1"),
        send_echo(open(), "/", { host = client.servers.host("http", "127.0.0.1") }).values.Host)
    end)

    it("a request has the Host header that the caller sets", function()
      local echo = send_echo(open(), "/", { headers = { { "host", "kms.example:443" } } })
      assert.equal(1, #echo.names)
      assert.equal("kms.example:443", echo.values.Host or echo.values.host)
    end)

    it("send does not change the caller's tables", function()
      local headers = { { "X-A", "1" } }
      local request = { method = "GET", scheme = "http", host = client.servers.host("http"), target = "/", headers = headers }
      assert.equal(200, open():send(request).status)
      assert.same({ { "X-A", "1" } }, headers)
      assert.same({ method = "GET", scheme = "http", host = client.servers.host("http"), target = "/", headers = headers }, request)
    end)

    it("an invalid request is rejected before a byte is sent", function()
      local transport = open()
      local cases = {
        method = { "GE T", "", "GET\r\nX: y" },
        scheme = { "ftp", "", "file" },
        host = { "", "a b", "user:secret@localhost", "localhost/x", "localhost:", "localhost:0", "localhost:65536",
          "localhost:x", "localhost:80:80", "[::1", "::1", ".", "..", ".localhost", "-", "-localhost",
          "[localhost]", "[::::]", "[127.0.0.1]", "[::1\0]", "[" .. ("1"):rep(46) .. "]", "[::1]x", "a\r\nb", "localhost\0", "a?b", "a#b" },
        target = { "", "x", "/ ", "/a\nb", "/a\0b", "/\195\169", "/a#b", "http://localhost/" },
        headers = { { { "", "x" } }, { { "A B", "x" } }, { { "A:", "x" } }, { { "A", "secret\r\nX: y" } },
          { { "A", "secret\0" } }, { { "A", "secret\127" } }, { { "Host", "a" }, { "host", "b" } }, { { "Host", "" } },
          { { "Content-Length", "1" } }, { { "transfer-encoding", "chunked" } }, { { "A", ("secret"):rep(200000) } } },
      }
      assert.equal(0, count_requests("unreadable", function()
        for field, values in pairs(cases) do
          for _, value in ipairs(values) do
            local response, err = send(transport, "/counted/unreadable", { [field] = value })
            assert.is_nil(response)
            assert.equal("invalid", err.kind)
            assert.equal(field, err.code)
            assert.is_false(err.uncertain)
            assert.is_nil(err.message:find("secret"))
          end
        end
        local _, err = send(transport, "/counted/unreadable", { method = "HEAD", body = "x" })
        assert.same({ "invalid", "body" }, { err.kind, err.code })
      end))
    end)
  end)
end
