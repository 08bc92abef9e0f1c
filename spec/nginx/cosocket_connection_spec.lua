--- How kms.transport.cosocket makes connections in NGINX: names with several addresses, proxies.

local cosocket_requests = require "spec.helpers.cosocket_requests"
local monotonic = require("kms.http1").monotonic
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"
local with_raw_server = require "spec.helpers.raw_server"

if nginx.no_cosockets then
  it("a cosocket transport connects", function() pending(nginx.no_cosockets) end)
  return
end

local stop_name_server
setup(function() stop_name_server = nginx.start_name_server() end)
teardown(function() stop_name_server() end)

local PROXY = servers.host "proxy"

local new_request, unique_keepalive = cosocket_requests.new, cosocket_requests.unique_keepalive
local assert_error = cosocket_requests.assert_error

describe("a cosocket transport", function()
  it("reports dns for a name that does not exist, and timeout when the name server does not respond in time", function()
    assert_error("timeout", false, nginx.transport({ connect_timeout = 0.2 }):send(new_request "silent.test"))
    assert_error("dns", false, nginx.transport():send(new_request "silent.test"))
    local err = assert_error("dns", false, nginx.transport():send(new_request "nobody.test"))
    assert.is_truthy(err.message:find("nobody.test could not be resolved (3: Host not found)", 1, true), err.message)
  end)

  describe("for a name with two addresses of which one works", function()
    --- Sends requests, each over a new connection, until `seconds` have passed or there are enough of them.
    local function send_to(name, seconds)
      local transport, deadline = nginx.transport { keepalive = 0, connect_timeout = 3 }, monotonic() + (seconds or math.huge)
      for _ = 1, 12 do
        if monotonic() > deadline then return end
        assert.equal(200, assert(transport:send(new_request(("%s.kms.test:%d"):format(name, nginx.port + 1)))).status)
      end
    end

    it("connects if the other one refuses connections", function() send_to "refusing" end)

    it("connects if the other one has no route", function() send_to "unreachable" end)

    it("connects within connect_timeout if the other one does not respond", function()
      local listener = assert(socket.bind("127.0.0.98", nginx.port + 1, 1))
      local clients = {}
      for i = 1, 8 do -- fill the backlog
        clients[i] = socket.tcp()
        clients[i]:settimeout(0)
        clients[i]:connect("127.0.0.98", nginx.port + 1)
      end
      send_to("silent", 0.9) -- less than a request waits for the first address
      for _, client in ipairs(clients) do client:close() end
      listener:close()
    end)

    it("reports connect if none of the addresses works", function()
      local err = assert_error("connect", false, nginx.transport():send(new_request "nowhere.kms.test:1"))
      assert.is_truthy(err.message:find("nowhere.kms.test:1", 1, true), err.message)
    end)
  end)
end)

describe("a proxy of a cosocket transport", function()
  local HTTPS = servers.host "https"
  local USER = "http://u%40ser:p%3a%25%2F@"

  it("sees the host and the port, and nothing of the request", function()
    local transport = nginx.transport { proxy = "http://" .. PROXY, keepalive = 0 }
    local heads = with_raw_server("tunnel", function()
      local response = assert(transport:send(new_request(HTTPS, { target = "/private", headers = { { "X-Token", "hidden" } } })))
      assert.equal("GET /private HTTP/1.1", response.body:match "^[^\r]+")
    end)
    assert.equal(("CONNECT %s HTTP/1.1\nHost: %s\n"):format(HTTPS, HTTPS), (heads:gsub("\n+$", "\n")))
  end)

  it("gets the decoded user and password", function()
    local transport = nginx.transport { proxy = USER .. PROXY, keepalive = 0 }
    with_raw_server("authenticate", function()
      assert.equal(200, assert(transport:send(new_request(HTTPS))).status)
    end)
  end)

  it("gets an empty password if the URL has only a user", function()
    local heads = with_raw_server("refuse", function()
      nginx.transport({ proxy = "http://user@" .. PROXY }):send(new_request(HTTPS))
    end)
    assert.is_truthy(heads:find("Proxy-Authorization: Basic dXNlcjo=\n", 1, true), heads)
  end)

  it("that refuses is a connect error with its status and without the password", function()
    for proxy, status in pairs { ["http://u%40ser:s3cret@"] = 407, ["http://"] = 407 } do
      local transport = nginx.transport { proxy = proxy .. PROXY }
      with_raw_server("authenticate", function()
        local err = assert_error("connect", false, transport:send(new_request(HTTPS)))
        assert.is_truthy(err.message:find(("the proxy responded with status %d"):format(status), 1, true), err.message)
        assert.is_nil((tostring(err) .. err.cause.message):find "[sS]3cret")
        assert.is_nil((tostring(err) .. err.cause.message):find("Basic", 1, true))
      end)
    end
  end)

  it("that refuses with a body without end does not outlast the timeout", function()
    local transport = nginx.transport { proxy = "http://" .. PROXY }
    with_raw_server("ramble", function()
      local err = assert_error("connect", false, transport:send(new_request(HTTPS, { timeout = 5 })))
      assert.is_truthy(err.message:find("the proxy responded with status 407", 1, true), err.message)
    end)
  end)

  it("that cannot be reached is a connect error", function()
    local transport = nginx.transport { proxy = "http://" .. servers.host("nobody", "127.0.0.1") }
    assert_error("connect", false, transport:send(new_request(HTTPS)))
    transport = nginx.transport { proxy = "http://" .. servers.host "closing" }
    assert_error("connect", false, transport:send(new_request(HTTPS)))
  end)

  it("is not used for plain http", function()
    local transport = nginx.transport { proxy = "http://" .. servers.host("nobody", "127.0.0.1") }
    assert.equal(200, transport:send(new_request(servers.host "http", { scheme = "http" })).status)
  end)

  it("keeps connections per user: another user, password or no user gets a new one", function()
    local keepalive = unique_keepalive()
    local function send(userinfo, fields)
      local transport = nginx.transport { proxy = "http://" .. userinfo .. PROXY, keepalive = keepalive, connect_timeout = 0.3 }
      return transport:send(new_request(HTTPS, fields))
    end
    -- The proxy accepts one connection and no other.
    with_raw_server("tunnel", function()
      local first = assert(send "user:password@").headers["x-connection"]
      assert.equal(first, assert(send "user:password@").headers["x-connection"])
      for _, userinfo in ipairs { "user:passwore@", "uses:password@", "user:@", "" } do
        assert_error("timeout", false, send(userinfo))
      end
      assert.equal(first, assert(send "user:password@").headers["x-connection"])
      -- Ends the tunnel, and is not resent.
      assert_error("closed", true, send("user:password@", { method = "POST", target = "/fault/closed" }))
    end)
  end)

  it("has its password in nothing that a program can print", function()
    assert.equal("", nginx.call("/transport", { method = "find_text", text = "s3cret",
      argument = { proxy = "http://user:s3cret@" .. PROXY } }))
    assert.equal("", nginx.call("/transport", { method = "find_text", text = "dXNlcjpzM2NyZXQ=",
      argument = { proxy = "http://user:s3cret@" .. PROXY } }))
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
