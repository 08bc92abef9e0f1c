--- kms.transport.cosocket in NGINX: the contract of every transport, options, kept connections.

local cosocket_requests = require "spec.helpers.cosocket_requests"
local monotonic = require("kms.http1").monotonic
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"
local with_raw_server = require "spec.helpers.raw_server"

if nginx.no_cosockets then
  it("kms.transport.cosocket says which version of ngx_lua it needs", function()
    local is_made, message = pcall(nginx.transport, {})
    assert.is_false(is_made)
    assert.matches("kms.transport.cosocket: ngx_lua 0.10.23 or newer is needed; this is 0.10.", message, 1, true)
  end)
  it("kms.transport.cosocket works in NGINX", function() pending(nginx.no_cosockets) end)
  return
end

--- A transport in the worker. NGINX's configuration names the CAs.
local function new_transport(options)
  options.ca_file = nil
  return nginx.transport(options)
end

local stop_name_server
setup(function() stop_name_server = nginx.start_name_server() end)
teardown(function() stop_name_server() end)

require "spec.transport.contract"(new_transport, servers, { describe = describe, it = it, assert = assert })

local UPSTREAM = ("localhost:%d"):format(nginx.port + 1)
local PROXY = servers.host "proxy"

local new_request, unique_keepalive = cosocket_requests.new, cosocket_requests.unique_keepalive
local assert_error = cosocket_requests.assert_error

--- Asserts that cosocket.new raises an argument error at its caller, with `text` in its message.
local function assert_refused(text, options)
  local ok, message = pcall(nginx.transport, options)
  assert.is_false(ok)
  assert.is_truthy(message:find("transports.lua:%d+: bad argument #1 to 'new' "), message)
  assert.is_truthy(message:find(text, 1, true), message)
  return message
end

describe("cosocket.new", function()
  it("accepts nil or a table of options", function()
    nginx.transport()
    nginx.transport { connect_timeout = 0.5, timeout = 1e6, max_response = 2147483647, keepalive = 0, pool_size = 1,
      proxy = "http://localhost:3128/" }
    assert_refused("table expected, got number", 5)
  end)

  it("refuses an ngx_lua that is too old, with the version that is needed", function()
    local ok, message = pcall(nginx.call, "/transport", { method = "new", ngx_lua_version = 10022 })
    assert.is_false(ok)
    assert.is_truthy(message:find("ngx_lua 0.10.23 or newer is needed; this is 0.10.22", 1, true), message)
  end)

  it("refuses an unknown option", function()
    assert_refused("(unknown option 'verify')", { verify = false })
    assert_refused("(unknown option 'http_version')", { http_version = "1.1" })
    assert_refused("(option names must be strings, got a number)", { "timeout" })
  end)

  it("refuses a value that breaks the rule of its option", function()
    for _, name in ipairs { "timeout", "connect_timeout" } do
      for _, value in ipairs { 0, -1, 1e7, math.huge, 0 / 0, "5" } do
        assert_refused(("(option '%s' must be a number of seconds above 0"):format(name), { [name] = value })
      end
    end
    for _, value in ipairs { -1, "5", 1e7 } do
      assert_refused("(option 'keepalive' must be a number", { keepalive = value })
    end
    for _, name in ipairs { "max_response", "pool_size" } do
      for _, value in ipairs { 0, 1.5, 2 ^ 31, "5" } do
        assert_refused(("(option '%s' must be a whole number"):format(name), { [name] = value })
      end
    end
    for _, name in ipairs { "client_cert", "client_key", "client_key_password" } do
      for _, value in ipairs { "", "a\0b", 5, true } do
        assert_refused(("(option '%s' must be a non-empty string without NUL)"):format(name), { [name] = value })
      end
    end
  end)

  it("says what replaces an option of kms.transport.curl that NGINX does not have", function()
    for _, name in ipairs { "ca_file", "ca_path" } do
      assert_refused(("(option '%s' is not available in NGINX: name the CA certificates in lua_ssl_trusted_certificate)")
        :format(name), { [name] = "x" })
    end
    assert_refused("(option 'no_proxy' is not available in NGINX", { no_proxy = "x" })
  end)

  it("refuses a proxy's URL that it cannot use, without its password in the message", function()
    for _, proxy in ipairs {
      "https://u:s3cret@localhost:1", "socks5://u:s3cret@localhost:1", "u:s3cret@localhost:1", "http://u:s3cret@x",
      "http://u:s3cret@localhost:1/path", "http://u:s3cret@@localhost:1", "http://u:s3cret#@localhost:1",
      "http://u%3av:s3cret@localhost:1", "http://u:s3cret%0d%0aX@localhost:1", "http://u%00:s3cret@localhost:1",
      "http://u:s3cret@", "http://localhost:0", "http://localhost", 5,
    } do
      local message = assert_refused('(option \'proxy\' must be "http://host:port" or "http://user:password@host:port")',
        { proxy = proxy })
      assert.is_nil(message:find("s3cret", 1, true))
    end
  end)
end)

describe("a cosocket transport", function()
  it("raises an argument error at the caller of send and sleep", function()
    local transport = nginx.transport()
    for text, request in pairs {
      ["(table expected, got no value)"] = false,
      ["(request.method must be a string, got number)"] = new_request(UPSTREAM, { method = 5 }),
      ["(request.headers[1] must be {name, value}, two strings)"] = new_request(UPSTREAM, { headers = { { "A" } } }),
    } do
      local ok, message = pcall(transport.send, transport, request or nil)
      assert.is_false(ok)
      assert.is_truthy(message:find "transports.lua:%d+: bad argument #1 to 'send' ", message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    for _, seconds in ipairs { -1, math.huge, 0 / 0, "x" } do
      local ok, message = pcall(transport.sleep, transport, seconds)
      assert.is_false(ok)
      assert.is_truthy(message:find("seconds must be a number, 0 to 1000000000", 1, true))
    end
  end)

  it("counts its requests and connections", function()
    local transport = nginx.transport { keepalive = unique_keepalive() }
    for _ = 1, 3 do assert(transport:send(new_request(UPSTREAM))) end
    assert.same({ requests = 3, connections = 1 }, transport:stats())
    transport:send(new_request(servers.host "https", { target = "/fault/closed" }))
    transport:send(new_request(servers.host "nobody"))
    assert.same({ requests = 5, connections = 2 }, transport:stats())
  end)

  it("sends requests after close", function()
    local transport = nginx.transport()
    transport:close()
    assert.equal(200, transport:send(new_request(UPSTREAM)).status)
  end)

  it("shares kept connections only with transports that keep them in the same way", function()
    local function get_connection(options)
      return nginx.transport(options):send(new_request(UPSTREAM)).headers["x-connection"]
    end
    local keepalive = unique_keepalive()
    local first = get_connection { keepalive = keepalive }
    assert.equal(first, get_connection { keepalive = keepalive })
    assert.is_true(first ~= get_connection { keepalive = keepalive, pool_size = 5 })
    assert.is_true(first ~= get_connection { keepalive = unique_keepalive() })
  end)

  it("says in a timeout's message how long it has waited and for what", function()
    local function assert_timeout(text, is_uncertain, options, request)
      local err = assert_error("timeout", is_uncertain, nginx.transport(options):send(request))
      assert.equal(("request to %s timed out: %s"):format(request.host, text), err.message)
      assert.is_nil(err.cause)
    end
    local silent = new_request(servers.host "https", { target = "/fault/silent" })
    assert_timeout("no response within 0.3 s", true, { timeout = 0.3 }, silent)
    silent.timeout = 0.2
    assert_timeout("no response within 0.2 s", true, { timeout = 0.3 }, silent)
    silent.timeout = 0
    assert_timeout("the deadline has passed", false, {}, silent)
    local unresolved = new_request "silent.test"
    assert_timeout("no connection within 0.1 s", false, { connect_timeout = 0.1, timeout = 5 }, unresolved)
    assert_timeout("no connection within 0.2 s", false, { timeout = 0.2 }, unresolved)
  end)

  it("measures a timeout from the call, even if the worker was busy before", function()
    local transport, host = nginx.transport(), servers.host "http"
    assert(transport:send(new_request(host, { scheme = "http" }))) -- keeps a connection, so that no event updates the time
    local late = new_request(host, { scheme = "http", target = "/late", timeout = 1 }) -- responds after 0.6 s
    assert.equal("late", assert(transport:send(late, { busy_seconds = 0.5 })).body)
  end)

  for _, moment in ipairs { "before", "during" } do
    it(("limits a TLS response that arrives byte by byte if the worker exits %s the call #timing"):format(moment), function()
      with_raw_server("drip_response", function()
        local worker, started_at = nginx.get_worker(), monotonic()
        local request = new_request(PROXY, { method = "PUT", body = ("x"):rep(8192), timeout = 0.5 })
        assert_error("timeout", true, nginx.transport():send(request, { exit = moment }))
        local seconds = monotonic() - started_at
        assert.is_true(seconds > 0.45 and seconds < 1.5, seconds)
        nginx.await_successor(worker)
      end)
    end)
  end

  it("reads a monotonic clock and the time of day", function()
    local transport = nginx.transport()
    local clock, now = transport:clock(), transport:now()
    assert.is_true(math.abs(now - os.time()) < 5)
    transport:sleep(0.02)
    assert.is_true(transport:clock() - clock >= 0.019)
  end)

  describe("on a kept connection that the server closes after one response", function()
    local transport

    local function send(method, target, how)
      local host = ("localhost:%d"):format(nginx.port)
      return transport:send(new_request(host, { scheme = "http", target = target or "/one_response", method = method }),
        how)
    end

    before_each(function()
      transport = nginx.transport { keepalive = unique_keepalive(), pool_size = 3 }
      for _, name in ipairs { "first_requests", "second_requests" } do nginx.set_record(name) end
    end)

    it("resends an idempotent request on a new connection", function()
      for _ = 1, 3 do assert.equal("once", send("PUT").body) end
      assert.same({ requests = 3, connections = 3 }, transport:stats())
    end)

    it("resends only once, even if the pool holds several closed connections", function()
      assert.equal("once", send("PUT", "/one_response", { thread_count = 3 }).body)
      assert.equal("once", send("PUT").body)
      assert.same({ requests = 4, connections = 4 }, transport:stats())
    end)

    it("does not resend a POST request, and reports closed and uncertain", function()
      assert.equal("once", send("POST").body)
      assert_error("closed", true, send "POST")
      assert.equal("1", nginx.get_record "first_requests")
    end)

    it("follows the field idempotent, whatever the method is", function()
      local host = ("localhost:%d"):format(nginx.port)
      local function send_with(method, is_idempotent)
        return transport:send(new_request(host, { scheme = "http", target = "/one_response", method = method,
          idempotent = is_idempotent }))
      end
      assert.equal("once", send_with("PUT", false).body)
      assert_error("closed", true, send_with("PUT", false))
      for _ = 1, 2 do assert.equal("once", send_with("POST", true).body) end
    end)

    it("does not keep a connection on which bytes follow the response", function()
      for _ = 1, 3 do assert.equal("once", send("PUT", "/one_response?surplus=HTTP/1.1").body) end
      assert.same({ requests = 3, connections = 3 }, transport:stats())
      assert.equal("", nginx.get_record "second_requests")
    end)
  end)

  it("reports uncertain when the connection for a resent request fails", function()
    local transport = nginx.transport()
    with_raw_server("leave", function()
      local host = servers.host "proxy"
      assert.equal("ok", transport:send(new_request(host, { scheme = "http" })).body)
      assert_error("connect", true, transport:send(new_request(host, { scheme = "http" })))
    end)
  end)
end)

describe("the worker's log", function()
  it("has no problem after these specs and the end of the worker", function()
    local worker = nginx.get_worker()
    nginx.signal(worker, "QUIT")
    nginx.await_successor(worker)
    assert.same({}, nginx.find_problems())
  end)
end)
