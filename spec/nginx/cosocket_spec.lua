--- kms.transport.cosocket in a real NGINX: the contract of every transport, and what is its own.

local beside = require "spec.helpers.raw_server"
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"

--- Transports of the worker, whose CAs are its configuration's.
local function trusting(options)
  options.ca_file = nil
  return nginx.transport(options)
end

local stop_name_server
setup(function() stop_name_server = nginx.start_name_server() end)
teardown(function() stop_name_server() end)

require "spec.transport.contract"(trusting, servers, { describe = describe, it = it, assert = assert })

local function request(host, fields)
  local made = { method = "GET", scheme = "https", host = host, target = "/" }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

--- Seconds of keepalive that no other transport of the worker has, and so a pool of its own.
local serial = os.time() % 10000
local function own_keepalive()
  serial = serial + 1
  return 30 + serial / 1000
end

local CLOUD = ("localhost:%d"):format(nginx.port + 1)

describe("cosocket.new", function()
  local function refuses(text, options)
    local ok, message = pcall(nginx.transport, options)
    assert.is_false(ok)
    assert.is_truthy(message:find("transports.lua:%d+: bad argument #1 to 'new' "), message)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("takes nil or a table of options", function()
    nginx.transport()
    nginx.transport({ connect_timeout = 0.5, timeout = 1e6, max_response = 2147483647, keepalive = 0, pool_size = 1,
      proxy = "http://localhost:3128/" })
    refuses("table expected, got number", 5)
  end)

  it("refuses what it does not know and what is against a rule", function()
    refuses("(unknown option 'verify')", { verify = false })
    refuses("(option of type number)", { "timeout" })
    for _, name in ipairs({ "timeout", "connect_timeout" }) do
      for _, value in ipairs({ 0, -1, 1e7, math.huge, "5" }) do
        refuses(("(option '%s' must be a number of seconds above 0"):format(name), { [name] = value })
      end
    end
    for _, value in ipairs({ -1, "5", 1e7 }) do refuses("(option 'keepalive' must be a number", { keepalive = value }) end
    for _, name in ipairs({ "max_response", "pool_size" }) do
      for _, value in ipairs({ 0, 1.5, 2 ^ 31, "5" }) do
        refuses(("(option '%s' must be a whole number"):format(name), { [name] = value })
      end
    end
  end)

  it("says what to do in place of what cosockets cannot", function()
    for _, name in ipairs({ "ca_file", "ca_path" }) do
      refuses(("(option '%s' is not for cosockets: name the certificates in lua_ssl_trusted_certificate)"):format(name),
        { [name] = "x" })
    end
    refuses("(option 'no_proxy' is not for cosockets", { no_proxy = "x" })
    for _, proxy in ipairs({ "http://us:s3cret@localhost:1", "https://localhost:1", "socks5://localhost:1", "localhost:1", "http://x" }) do
      local ok, message = pcall(nginx.transport, { proxy = proxy })
      assert.is_false(ok)
      assert.is_truthy(message:find('must be "http://host:port"', 1, true))
      assert.is_nil(message:find("s3cret", 1, true))
    end
  end)
end)

describe("a cosocket transport", function()
  it("raises on what is no request, at the caller", function()
    local transport = nginx.transport()
    for text, given in pairs({
      ["(table expected, got no value)"] = false,
      ["(request.method must be a string, got number)"] = request(CLOUD, { method = 5 }),
      ["(request.headers[1] must be {name, value}, two strings)"] = request(CLOUD, { headers = { { "A" } } }),
    }) do
      local ok, message = pcall(transport.send, transport, given or nil)
      assert.is_false(ok)
      assert.is_truthy(message:find("transports.lua:%d+: bad argument #1 to 'send' "), message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    for _, seconds in ipairs({ -1, math.huge, "x" }) do
      local ok, message = pcall(transport.sleep, transport, seconds)
      assert.is_false(ok)
      assert.is_truthy(message:find("seconds must be 0 to 1000000000", 1, true))
    end
  end)

  it("counts requests and connections", function()
    local transport = nginx.transport({ keepalive = own_keepalive() })
    for _ = 1, 3 do assert(transport:send(request(CLOUD))) end
    assert.same({ requests = 3, connections = 1 }, transport:stats())
    transport:send(request(servers.host("https"), { target = "/fault/closed" }))
    transport:send(request(servers.host("nobody")))
    assert.same({ requests = 5, connections = 2 }, transport:stats())
    transport:close()
    assert.equal(200, transport:send(request(CLOUD)).status)
  end)

  it("shares no connection with one that keeps them otherwise", function()
    local function connection(options)
      return nginx.transport(options):send(request(CLOUD)).headers["x-connection"]
    end
    local keepalive = own_keepalive()
    local first = connection({ keepalive = keepalive })
    assert.equal(first, connection({ keepalive = keepalive }))
    assert.is_true(first ~= connection({ keepalive = keepalive, pool_size = 5 }))
    assert.is_true(first ~= connection({ keepalive = own_keepalive() }))
  end)

  it("names the server in the handshake without its port, and no address", function()
    local transport = nginx.transport()
    local function server_name(name)
      return transport:send(request(("%s:%d"):format(name, nginx.port + 1))).headers["x-server-name"]
    end
    assert.equal("localhost", server_name("LocalHost"))
    assert.equal("kms.test", server_name("kms.test"))
    assert.equal("kms.test", server_name("kms.test."))
    assert.equal("none", server_name("127.0.0.1"))
  end)

  local function refusal(host)
    local err = select(2, nginx.transport():send(request(host)))
    assert.equal("tls", err.code)
    return err
  end

  it("checks that a certificate is for the address where there is no name", function()
    local err = refusal(servers.host("wrong_host", "127.0.0.1"))
    assert.is_truthy(err.message:find("its certificate is not for 127.0.0.1", 1, true), err.message)
  end)

  if rawget(_G, "jit") then
    it("does not trust a session that it cannot look into", function()
      local tls_session = require "kms.transport.cosocket_tls"
      for _, session in ipairs({ true, "x" }) do assert.matches("TLS version cannot be seen", tls_session.problem(session)) end
      assert.matches("TLS version cannot be seen", tls_session.problem(nil))
    end)
  end

  it("says why a connection is not trusted, and what the configuration has to do with it", function()
    for place, text in pairs({
      unknown_ca = "21: unable to verify the first certificate; trusted is what lua_ssl_trusted_certificate names",
      wrong_host = "certificate host mismatch",
      rejecting = "handshake failed",
      tls11 = "it speaks a TLS older than 1.2",
    }) do
      -- Often: it is a matter of microseconds whether ngx_lua has to wait for the answer, and lua-resty-core knows a reason.
      for _ = 1, 20 do
        local err = refusal(servers.host(place))
        assert.equal(("no trusted connection to %s: "):format(servers.host(place)) .. text, err.message)
        assert.equal(text, err.cause.message)
      end
    end
  end)

  it("tells a name that does not exist from a name server that says nothing in time", function()
    local _, err = nginx.transport({ connect_timeout = 0.2 }):send(request("silent.test"))
    assert.equal("timeout", err.code)
    assert.is_false(err.uncertain)
    _, err = nginx.transport():send(request("silent.test"))
    assert.equal("dns", err.code)
    _, err = nginx.transport():send(request("nobody.test"))
    assert.equal("dns", err.code)
    assert.equal("no address for nobody.test: nobody.test could not be resolved (3: Host not found)", err.message)
  end)

  describe("with a server that answers once a connection", function()
    local transport

    local function send(method, target, together)
      local host = ("localhost:%d"):format(nginx.port)
      return transport:send(request(host, { scheme = "http", target = target or "/one_response", method = method }), together)
    end

    before_each(function()
      transport = nginx.transport({ keepalive = own_keepalive(), pool_size = 3 })
      for _, name in ipairs({ "first_requests", "second_requests" }) do nginx.set_record(name) end
    end)

    it("sends again, on a new connection, what a kept one has lost", function()
      for _ = 1, 3 do assert.equal("once", send("PUT").body) end
      assert.same({ requests = 3, connections = 3 }, transport:stats())
    end)

    it("sends once again, however many kept ones are lost", function()
      assert.equal("once", send("PUT", "/one_response", 3).body)
      assert.equal("once", send("PUT").body)
      assert.same({ requests = 4, connections = 4 }, transport:stats())
    end)

    it("sends only once what may have been done already and does more the second time", function()
      assert.equal("once", send("POST").body)
      local response, err = send("POST")
      assert.is_nil(response)
      assert.equal("closed", err.code)
      assert.is_true(err.uncertain)
      assert.equal("1", nginx.get_record("first_requests"))
    end)

    it("does not keep a connection on which more came than an answer", function()
      for _ = 1, 3 do assert.equal("once", send("PUT", "/one_response?surplus=HTTP/1.1").body) end
      assert.same({ requests = 3, connections = 3 }, transport:stats())
      assert.equal("", nginx.get_record("second_requests"))
    end)
  end)

  it("says uncertain where it sent again in vain", function()
    local transport = nginx.transport()
    beside("leave", function()
      local host = servers.host("proxy")
      assert.equal("ok", transport:send(request(host, { scheme = "http" })).body)
      local _, err = transport:send(request(host, { scheme = "http" }))
      assert.equal("connect", err.code)
      assert.is_true(err.uncertain)
    end)
  end)

  it("goes through a proxy, which sees nothing of the request", function()
    local transport = nginx.transport({ proxy = "http://" .. servers.host("proxy"), keepalive = 0 })
    local seen = beside("tunnel", function()
      local response = assert(transport:send(request(servers.host("https"), { target = "/private", headers = { { "X-Token", "hidden" } } })))
      assert.equal("GET /private HTTP/1.1", response.body:match("^[^\r]+"))
    end)
    assert.equal(("CONNECT %s HTTP/1.1\nHost: %s\n"):format(servers.host("https"), servers.host("https")), seen:gsub("\n+$", "\n"), seen)
    assert.is_nil(seen:find("private", 1, true))
  end)

  it("knows a proxy that refuses, and asks none for plain http", function()
    local transport, err = nginx.transport({ proxy = "http://" .. servers.host("proxy", "127.0.0.1") }), nil
    beside("refuse", function() err = select(2, transport:send(request(servers.host("https")))) end)
    assert.equal("connect", err.code)
    assert.is_false(err.uncertain)
    assert.is_truthy(err.message:find("the proxy answered 403", 1, true))
    err = select(2, transport:send(request(servers.host("https"))))
    assert.equal("connect", err.code)
    err = select(2, nginx.transport({ proxy = "http://" .. servers.host("closing") }):send(request(servers.host("https"))))
    assert.same({ "connect", false }, { err.code, err.uncertain })
    assert.equal(200, transport:send(request(servers.host("http"), { scheme = "http" })).status)
  end)
end)

describe("the log", function()
  it("has nothing to say against any of it, the end of a worker included", function()
    local worker = nginx.get_worker()
    nginx.signal(worker, "QUIT")
    nginx.await_successor(worker)
    assert.same({}, nginx.find_problems())
  end)
end)
