--- The contract of every transport, as specs: contract(new, servers, test).
-- `new(options)` returns a transport with options of kms.transport.curl. It may ignore `ca_file` if the transport trusts the
-- test CA in another way. `servers` is spec.helpers.test_servers. `test` has busted's describe, it and assert (equal, same,
-- is_nil, is_true, is_false), because busted defines them for spec files only.

local monotonic = require("kms.http1").monotonic
local with_raw_server = require "spec.helpers.raw_server"

local EVERY_BYTE = {}
for byte = 0, 255 do EVERY_BYTE[#EVERY_BYTE + 1] = string.char(byte) end
EVERY_BYTE = table.concat(EVERY_BYTE)

--- Splits an echoed request into its parts.
local function parse_echo(text)
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

  --- Sends a request to the plain HTTP server, unless `fields` names another.
  local function send(transport, target, fields)
    local request = { method = "GET", scheme = "http", host = servers.host("http"), target = target, headers = {} }
    for name, value in pairs(fields or {}) do request[name] = value end
    return transport:send(request)
  end

  local function send_echo(transport, target, fields)
    local response, err = send(transport, target, fields)
    assert.is_nil(err and tostring(err))
    return parse_echo(response.body), response
  end

  local function send_for_connection(transport, fields)
    local _, response = send_echo(transport, "/", fields)
    return response.headers["x-connection"]
  end

  --- Returns the number of requests for /counted/`name` that arrive while `call` runs.
  local function count_requests(name, call)
    local function get_count() return tonumber(send(open(), "/count?of=" .. name).body) end
    local before = get_count()
    call()
    return get_count() - before
  end

  local function assert_fails(code, uncertain, response, err)
    assert.is_nil(response)
    assert.equal(code, err.code)
    assert.equal("transport", err.kind)
    assert.equal(uncertain, err.uncertain)
    assert.equal("string", type(err.message))
    assert.is_nil(err.message:find("[%c]"))
    return err
  end

  local HTTPS = { scheme = "https", host = servers.host("https") }

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
      assert.equal(servers.host("http"), send_echo(open(), "/").values.Host)
      assert.equal(servers.host("http", "127.0.0.1"),
        send_echo(open(), "/", { host = servers.host("http", "127.0.0.1") }).values.Host)
    end)

    it("a request has the Host header that the caller sets", function()
      local echo = send_echo(open(), "/", { headers = { { "host", "kms.example:443" } } })
      assert.equal(1, #echo.names)
      assert.equal("kms.example:443", echo.values.Host or echo.values.host)
    end)

    it("send does not change the caller's tables", function()
      local headers = { { "X-A", "1" } }
      local request = { method = "GET", scheme = "http", host = servers.host("http"), target = "/", headers = headers }
      assert.equal(200, open():send(request).status)
      assert.same({ { "X-A", "1" } }, headers)
      assert.same({ method = "GET", scheme = "http", host = servers.host("http"), target = "/", headers = headers }, request)
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

  describe("responses of a transport", function()
    it("a response has a status, headers by lower-case name and a body", function()
      local _, response = send_echo(open(), "/", HTTPS)
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
        assert_fails("closed", true, send(open(), "/fault/" .. fault, HTTPS))
      end
    end)

    it("a connection that the server resets is an error", function()
      assert_fails("closed", true, send(open(), "/fault/reset", { method = "PUT", body = ("x"):rep(8000000) }))
    end)
  end)

  describe("TLS connections of a transport", function()
    it("a TLS connection accepts a certificate of the CA in ca_file for the name and the address of the host", function()
      local transport = open()
      assert.equal("string", type(send_for_connection(transport, HTTPS)))
      assert.equal("string",
        type(send_for_connection(transport, { scheme = "https", host = servers.host("https", "127.0.0.1") })))
    end)

    for server, problem in pairs({
      unknown_ca = "of an unknown CA",
      self_signed = "that is self-signed",
      expired = "that has expired",
      wrong_host = "for another name",
    }) do
      it("a TLS connection rejects a certificate " .. problem, function()
        assert_fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host(server) }))
      end)
    end

    it("a TLS connection rejects a server with TLS 1.1", function()
      assert_fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host("tls11") }))
    end)

    it("a TLS connection to a server without TLS fails", function()
      assert_fails("tls", false, send(open(), "/", { scheme = "https", host = servers.host("http") }))
    end)
  end)

  describe("the time limits of a transport", function()
    it("the option timeout limits a request to a silent or slow server", function()
      for _, fault in ipairs({ "silent", "drip" }) do
        assert_fails("timeout", true, send(open({ timeout = 0.2 }), "/fault/" .. fault))
      end
    end)

    for _, case in ipairs({
      { mode = "drip_handshake", part = "handshake", is_sent = false },
      { mode = "drip_response", part = "response", is_sent = true },
    }) do
      it(("the timeout of a request limits a TLS %s that arrives byte by byte #timing"):format(case.part), function()
        with_raw_server(case.mode, function()
          local transport = open()
          local started_at = monotonic()
          assert_fails("timeout", case.is_sent, send(transport, "/", {
            method = "PUT", scheme = "https", host = servers.host("proxy"), body = ("x"):rep(8192), timeout = 0.5,
          }))
          local seconds = monotonic() - started_at
          -- The server sends for much longer; a busy machine may let this process wait.
          assert.is_true(seconds > 0.45 and seconds < 1.5, seconds)
        end)
      end)
    end

    it("the timeout of a request limits that request only", function()
      local transport = open()
      assert_fails("timeout", true, send(transport, "/fault/silent", { timeout = 0.2 }))
      assert.equal(200, send(transport, "/", { timeout = 20 }).status)
    end)

    it("a request without time left opens no connection", function()
      local transport = open()
      assert.equal(0, count_requests("late", function()
        assert_fails("timeout", false, send(transport, "/counted/late", { timeout = 0 }))
      end))
    end)

    it("sleep waits for the given seconds", function()
      local transport = open()
      local before = transport:now()
      transport:sleep(0.02)
      assert.is_true(transport:now() - before >= 0.019)
    end)
  end)

  describe("the hosts of a transport", function()
    it("a request to a host at which no server listens fails with a connect error that names the host", function()
      local err = assert_fails("connect", false, send(open(), "/", { host = servers.host("nobody") }))
      assert.equal("string", type(err.message:match("localhost:%d+")))
    end)

    it("a request to a host name that does not exist fails with a dns error", function()
      assert_fails("dns", false, send(open({ timeout = 5 }), "/", { scheme = "https", host = "x.invalid" }))
    end)

    it("plain HTTP does not reach other machines", function()
      for _, host in ipairs({ "192.0.2.1", "kms.example", "127.0.0.1.example", "localhost.example", "128.0.0.1",
        "127.1", "0127.0.0.1", "2130706433", "[::2]", "[::ffff:192.0.2.1]" }) do
        local response, err = send(open(), "/", { host = host })
        assert.is_nil(response)
        assert.equal("invalid", err.kind)
        assert.equal("scheme", err.code)
        assert.equal("string", type(err.message:match("loopback only")))
      end
    end)

    it("plain HTTP reaches link-local addresses only if the request allows it", function()
      -- No time is left, so a valid request fails before anything is sent.
      local function find_problem(host, link_local)
        local transport = open()
        local fields = { host = host, link_local = link_local, timeout = -1 }
        local _, err = send(transport, "/", fields)
        return err.kind .. " " .. err.code
      end
      assert.equal("invalid scheme", find_problem("169.254.169.254", nil))
      assert.equal("transport timeout", find_problem("169.254.169.254", true))
      for _, host in ipairs({ "192.0.2.1", "169.255.0.1", "kms.example", "0169.254.0.1" }) do
        assert.equal("invalid scheme", find_problem(host, true))
      end
    end)

    it("the timeout of a request can exceed the default", function()
      -- The response arrives at once; the request must only be accepted.
      local transport = open()
      assert.equal(200, send(transport, "/", { timeout = 1e6 }).status)
    end)
  end)

  describe("kept connections of a transport", function()
    it("a connection is reused, also after a response with an error status", function()
      local transport = open()
      for _, fields in ipairs({ { scheme = "http" }, HTTPS }) do
        local first = send_for_connection(transport, fields)
        assert.equal(first, send_for_connection(transport, fields))
        assert.equal(404, send(transport, "/status?is=404", fields).status)
        assert.equal(first, send_for_connection(transport, fields))
      end
    end)

    it("a connection is not reused with keepalive = 0", function()
      local transport = open({ keepalive = 0 })
      assert.is_true(send_for_connection(transport) ~= send_for_connection(transport))
    end)

    it("a connection is not reused after keepalive seconds", function()
      local transport = open({ keepalive = 0.01 })
      local first = send_for_connection(transport)
      transport:sleep(0.02)
      assert.is_true(first ~= send_for_connection(transport))
    end)

    it("a connection that the server has closed is replaced", function()
      local transport = open()
      assert.equal("well", send(transport, "/fault/liar").body)
      assert.equal(200, send(transport, "/").status)
    end)

    for name, fault in pairs({
      ["a timeout"] = { "timeout", "/late", 0.2 },
      ["a response that is too large"] = { "too_large", "/fault/large" },
      ["a response that is cut off"] = { "closed", "/fault/closed_in_body" },
      ["a closed connection"] = { "closed", "/fault/closed" },
      ["garbage"] = { "other", "/fault/no_colon" },
    }) do
      it("a connection is closed after " .. name, function()
        for _, fields in ipairs({ { scheme = "http" }, HTTPS }) do
          local transport = open({ max_response = 1000 })
          local first = send_for_connection(transport, fields)
          local failing = { scheme = fields.scheme, host = fields.host }
          failing.timeout = fault[3]
          assert_fails(fault[1], true, send(transport, fault[2], failing))
          local echo, response = send_echo(transport, "/next", fields)
          assert.equal("GET /next HTTP/1.1", echo.line)
          assert.is_true(first ~= response.headers["x-connection"])
        end
      end)
    end

    it("a transport with an open connection returns a connect error for another host, and continues", function()
      local transport = open()
      send_for_connection(transport)
      assert_fails("connect", false, send(transport, "/", { host = servers.host("nobody") }))
      assert.equal("string", type(send_for_connection(transport)))
    end)
  end)
end
