--- What every transport promises, as specs: contract(new, servers, test).
-- `new(options)` makes a transport from the options of kms.transport.curl that are used below; one that has its CA file
-- from elsewhere may leave `ca_file` aside. `servers` is spec.helpers.test_servers or alike. `test` has busted's describe, it and
-- assert (equal, same, is_nil, is_true, is_false), for busted gives them to spec files only.

local EVERY_BYTE = {}
for byte = 0, 255 do EVERY_BYTE[#EVERY_BYTE + 1] = string.char(byte) end
EVERY_BYTE = table.concat(EVERY_BYTE)

--- An echoed request in its parts; names in the order of the wire, values by name.
local function read_echo(text)
  local line, lines, body = text:match("^(.-)\r\n(.-)\r\n\r\n(.*)$")
  local echo = { line = line, body = body, names = {}, values = {} }
  for name, value in (lines .. "\r\n"):gmatch("([^:\r\n]+):[ \t]*([^\r\n]-)[ \t]*\r\n") do
    echo.names[#echo.names + 1] = name
    echo.values[name] = value
  end
  table.sort(echo.names)
  return echo
end

return function(new, servers, test)
  local describe, it, assert = test.describe, test.it, test.assert

  local function open(options)
    options = options or {}
    options.ca_file = servers.ca_file
    return new(options)
  end

  --- Sends to the plain server unless `fields` says otherwise.
  local function send(transport, target, fields)
    local request = { method = "GET", scheme = "http", host = servers.host("http"), target = target, headers = {} }
    for name, value in pairs(fields or {}) do request[name] = value end
    return transport:send(request)
  end

  local function echoed(transport, target, fields)
    local response, err = send(transport, target, fields)
    assert.is_nil(err and tostring(err))
    return read_echo(response.body), response
  end

  local function connection(transport, fields)
    local _, response = echoed(transport, "/", fields)
    return response.headers["x-connection"]
  end

  --- How many requests for /counted/`name` arrive while `call` runs.
  local function counted(name, call)
    local function count() return tonumber(send(open(), "/count?of=" .. name).body) end
    local before = count()
    call()
    return count() - before
  end

  local function fails(code, uncertain, response, err)
    assert.is_nil(response)
    assert.equal(code, err.code)
    assert.equal("transport", err.kind)
    assert.equal(uncertain, err.uncertain)
    assert.equal("string", type(err.message))
    assert.is_nil(err.message:find("[%c]"))
    return err
  end

  local HTTPS = { scheme = "https", host = servers.host("https") }

  describe("a request", function()
    it("arrives byte for byte, with the headers given, Host, Content-Length and nothing else", function()
      local echo = echoed(open(), "/v1/a%2Fb//c/./d/../e;x=%7e?q=a%20b+c&q=&&z", {
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

    it("carries a header with an empty value", function()
      local echo = echoed(open(), "/", { headers = { { "X-Empty", "" }, { "X-Blank", " \t" } } })
      assert.same({ "Host", "X-Blank", "X-Empty" }, echo.names)
      assert.equal("", echo.values["X-Empty"])
    end)

    it("carries Accept, Content-Type and User-Agent when they are given, and then only", function()
      local transport = open()
      local headers = { { "Accept", "text/plain" }, { "Content-Type", "application/json" }, { "User-Agent", "us" } }
      local echo = echoed(transport, "/", { method = "POST", headers = headers, body = "{}" })
      assert.same({ "Accept", "Content-Length", "Content-Type", "Host", "User-Agent" }, echo.names)
      assert.equal("application/json", echo.values["Content-Type"])
      assert.same({ "Content-Length", "Host" }, echoed(transport, "/", { method = "POST", body = "{}" }).names)
    end)

    it("without a body has Content-Length: 0 for PUT, POST and PATCH, and no length for GET and DELETE", function()
      local transport = open()
      for _, method in ipairs({ "PUT", "POST", "PATCH", "GET", "DELETE" }) do
        local echo = echoed(transport, "/", { method = method })
        local bodied = method:find("^P") ~= nil
        assert.equal(method .. " / HTTP/1.1", echo.line)
        assert.same(bodied and { "Content-Length", "Host" } or { "Host" }, echo.names)
        assert.equal(bodied and "0" or nil, echo.values["Content-Length"])
        assert.equal("", echo.body)
      end
    end)

    it("may have a body of more than 1 MiB", function()
      local body = EVERY_BYTE:rep(6000)
      local echo = echoed(open({ max_response = 4194304 }), "/", { method = "PUT", body = body })
      assert.same({ "Content-Length", "Host" }, echo.names)
      assert.is_true(echo.body == body)
    end)

    it("has the request's host as Host, its port included", function()
      assert.equal(servers.host("http"), echoed(open(), "/").values.Host)
      assert.equal(servers.host("http", "127.0.0.1"),
        echoed(open(), "/", { host = servers.host("http", "127.0.0.1") }).values.Host)
    end)

    it("has the Host header that is given", function()
      local echo = echoed(open(), "/", { headers = { { "host", "kms.example:443" } } })
      assert.equal(1, #echo.names)
      assert.equal("kms.example:443", echo.values.Host or echo.values.host)
    end)

    it("leaves the caller's tables alone", function()
      local headers = { { "X-A", "1" } }
      local request = { method = "GET", scheme = "http", host = servers.host("http"), target = "/", headers = headers }
      assert.equal(200, open():send(request).status)
      assert.same({ { "X-A", "1" } }, headers)
      assert.same({ method = "GET", scheme = "http", host = servers.host("http"), target = "/", headers = headers }, request)
    end)

    it("that nobody could read is refused before a byte is sent", function()
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
      assert.equal(0, counted("unreadable", function()
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

  describe("an answer", function()
    it("has status, headers in lower case and body", function()
      local _, response = echoed(open(), "/", HTTPS)
      assert.equal(200, response.status)
      assert.equal("text/plain", response.headers["content-type"])
      assert.is_nil(response.headers["Content-Type"])
    end)

    it("with an HTTP error status is a response", function()
      local transport = open()
      for _, status in ipairs({ 400, 401, 404, 407, 429, 500, 503 }) do
        local response = send(transport, "/status?is=" .. status)
        assert.equal(status, response.status)
        assert.equal("no", response.body)
        assert.equal("b5d3", response.headers["x-request-id"])
      end
    end)

    it("that redirects is returned, and nobody goes there", function()
      local transport = open()
      assert.equal(0, counted("landed", function()
        for _, status in ipairs({ 301, 302, 303, 307, 308 }) do
          local response = send(transport, "/redirect?of=landed&status=" .. status, { method = "PUT", body = "x" })
          assert.equal(status, response.status)
          assert.equal("string", type(response.headers.location))
        end
      end))
    end)

    it("has repeated headers joined and values trimmed", function()
      local headers = send(open(), "/repeated").headers
      assert.equal("one, two", headers["x-twice"])
      assert.equal("within it", headers["x-space"])
    end)

    it("may be chunked, and its trailers are left out", function()
      assert.equal("part 1;part 2;part 3;", send(open(), "/chunked").body)
      local response = send(open(), "/fault/trailers")
      assert.equal("body", response.body)
      assert.equal("text/plain", response.headers["content-type"])
      assert.is_nil(response.headers["x-trailer"])
    end)

    it("is the final one: 100 and 103 are skipped, their headers too", function()
      local response = send(open(), "/fault/interim")
      assert.equal(200, response.status)
      assert.equal("final", response.body)
      assert.is_nil(response.headers["x-interim"])
      assert.is_nil(response.headers.link)
    end)

    it("to HEAD has no body, whatever length it names", function()
      local response = send(open({ max_response = 1000 }), "/fault/length_only", { method = "HEAD" })
      assert.equal(200, response.status)
      assert.equal("5000", response.headers["content-length"])
      assert.equal("", response.body)
    end)

    it("may be as long as max_response, and no longer", function()
      assert.equal(5000, #send(open({ max_response = 5000 }), "/fault/large").body)
      fails("too_large", true, send(open({ max_response = 4999 }), "/fault/large"))
    end)

    it("without end is given up at max_response", function()
      fails("too_large", true, send(open(), "/fault/endless"))
    end)

    it("with a head without bound is given up", function()
      for _, fault in ipairs({ "long_line", "long_head", "interims" }) do
        fails("too_large", true, send(open(), "/fault/" .. fault))
      end
    end)

    it("that is not HTTP is an error", function()
      for _, fault in ipairs({ "garbage", "folded", "no_colon" }) do
        fails("other", true, send(open(), "/fault/" .. fault))
      end
    end)

    it("whose first header continues nothing is an error, after a good answer too", function()
      local transport = open()
      assert.equal(200, send(transport, "/").status)
      fails("other", true, send(transport, "/fault/folded_first"))
      assert.equal(200, send(transport, "/").status)
    end)

    it("that breaks off is no answer", function()
      for _, fault in ipairs({ "closed", "closed_in_head", "closed_in_body", "closed_in_chunk" }) do
        fails("closed", true, send(open(), "/fault/" .. fault))
        fails("closed", true, send(open(), "/fault/" .. fault, HTTPS))
      end
    end)

    it("that is a reset is no answer", function()
      fails("closed", true, send(open(), "/fault/reset", { method = "PUT", body = ("x"):rep(8000000) }))
    end)
  end)

  describe("TLS", function()
    it("is trusted with the CA of ca_file, for the name and for the address", function()
      local transport = open()
      assert.equal("string", type(connection(transport, HTTPS)))
      assert.equal("string",
        type(connection(transport, { scheme = "https", host = servers.host("https", "127.0.0.1") })))
    end)

    for place, what in pairs({
      unknown_ca = "of an unknown CA",
      self_signed = "that signed itself",
      expired = "that has expired",
      wrong_host = "for another name",
    }) do
      it("refuses a certificate " .. what, function()
        fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host(place) }))
      end)
    end

    it("is 1.2 at least", function()
      fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host("tls11") }))
    end)

    it("is not spoken to a server that does not speak it", function()
      fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host("http") }))
    end)
  end)

  describe("time", function()
    it("of an exchange is bounded by timeout, for a silent server and for a slow one", function()
      for _, fault in ipairs({ "silent", "drip" }) do
        fails("timeout", true, send(open({ timeout = 0.2 }), "/fault/" .. fault))
      end
    end)

    it("of an exchange is bounded by the request's deadline", function()
      local transport = open()
      fails("timeout", true, send(transport, "/fault/silent", { timeout = 0.2 }))
      assert.equal(200, send(transport, "/", { timeout = 20 }).status)
    end)

    it("that is up before the start costs no connection", function()
      local transport = open()
      assert.equal(0, counted("late", function()
        fails("timeout", false, send(transport, "/counted/late", { timeout = 0 }))
      end))
    end)

    it("passes in sleep", function()
      local transport = open()
      local before = transport:now()
      transport:sleep(0.02)
      assert.is_true(transport:now() - before >= 0.019)
    end)
  end)

  describe("an address", function()
    it("where nobody listens is a connect error", function()
      local err = fails("connect", false, send(open(), "/", { host = servers.host("nobody") }))
      assert.equal("string", type(err.message:match("localhost:%d+")))
    end)

    it("that does not exist is a dns error", function()
      fails("dns", false, send(open({ timeout = 5 }), "/", { scheme = "https", host = "x.invalid" }))
    end)

    it("off this machine is not reached by plain http", function()
      for _, host in ipairs({ "192.0.2.1", "kms.example", "127.0.0.1.example", "localhost.example", "128.0.0.1",
        "127.1", "0127.0.0.1", "2130706433", "[::2]", "[::ffff:192.0.2.1]" }) do
        local response, err = send(open(), "/", { host = host })
        assert.is_nil(response)
        assert.equal("invalid", err.kind)
        assert.equal("scheme", err.code)
        assert.equal("string", type(err.message:match("loopback only")))
      end
    end)

    it("that is link-local is reached by plain http only on request, and no other then", function()
      -- The deadline is over: what is not refused ends before anything is sent.
      local function refused(host, link_local)
        local transport = open()
        local fields = { host = host, link_local = link_local, timeout = -1 }
        local _, err = send(transport, "/", fields)
        return err.code == "scheme" and err.kind == "invalid" or err.code
      end
      assert.equal(true, refused("169.254.169.254", nil))
      assert.equal("timeout", refused("169.254.169.254", true))
      for _, host in ipairs({ "192.0.2.1", "169.255.0.1", "kms.example", "0169.254.0.1" }) do
        assert.equal(true, refused(host, true))
      end
    end)

    it("of which the client's deadline is later than 30 s is waited for as long", function()
      -- Only what bounds an exchange is looked at: the answer comes at once.
      local transport = open()
      assert.equal(200, send(transport, "/", { timeout = 1e6 }).status)
    end)
  end)

  describe("a connection", function()
    it("is used again", function()
      local transport = open()
      for _, fields in ipairs({ { scheme = "http" }, HTTPS }) do
        local first = connection(transport, fields)
        assert.equal(first, connection(transport, fields))
        assert.equal(404, send(transport, "/status?is=404", fields).status)
        assert.equal(first, connection(transport, fields))
      end
    end)

    it("is not used again with keepalive = 0", function()
      local transport = open({ keepalive = 0 })
      assert.is_true(connection(transport) ~= connection(transport))
    end)

    it("is not used again after keepalive seconds", function()
      local transport = open({ keepalive = 0.01 })
      local first = connection(transport)
      transport:sleep(0.02)
      assert.is_true(first ~= connection(transport))
    end)

    it("that the server closed meanwhile is replaced", function()
      local transport = open()
      assert.equal("well", send(transport, "/fault/liar").body)
      assert.equal(200, send(transport, "/").status)
    end)

    for name, fault in pairs({
      ["a timeout"] = { "timeout", "/late", 0.2 },
      ["too long an answer"] = { "too_large", "/fault/large" },
      ["a broken answer"] = { "closed", "/fault/closed_in_body" },
      ["a closed connection"] = { "closed", "/fault/closed" },
      ["garbage"] = { "other", "/fault/no_colon" },
    }) do
      it("is left behind after " .. name, function()
        for _, fields in ipairs({ { scheme = "http" }, HTTPS }) do
          local transport = open({ max_response = 1000 })
          local first = connection(transport, fields)
          local failing = { scheme = fields.scheme, host = fields.host }
          failing.timeout = fault[3]
          fails(fault[1], true, send(transport, fault[2], failing))
          local echo, response = echoed(transport, "/next", fields)
          assert.equal("GET /next HTTP/1.1", echo.line)
          assert.is_true(first ~= response.headers["x-connection"])
        end
      end)
    end

    it("that cannot be made says so even after one that worked", function()
      local transport = open()
      connection(transport)
      fails("connect", false, send(transport, "/", { host = servers.host("nobody") }))
      assert.equal("string", type(connection(transport)))
    end)
  end)
end
