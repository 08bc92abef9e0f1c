--- The connections of kms.transport.curl: when one is kept, closed or replaced.

local beside = require "spec.helpers.raw_server"
local curl = require "kms.transport.curl"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"

--- Makes a request to spec/servers/raw_server.lua.
local function request(method, target, fields)
  local request_table = { method = method, scheme = "http", host = servers.host "proxy", target = target }
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

--- Returns the request lines of heads.
local function lines_of(heads)
  local lines = {}
  for line in heads:gmatch "%u+ %S+ HTTP/1.1" do lines[#lines + 1] = line end
  return lines
end

describe("a kept connection that is lost under a request", function()
  it("is replaced for an idempotent method, which the server may get twice", function()
    for _, method in ipairs { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" } do
      local transport = curl.new()
      local seen = beside("lose", function()
        assert.equal("first", transport:send(request("GET", "/1")).body)
        assert.equal(method == "HEAD" and "" or "again", transport:send(request(method, "/2")).body)
      end)
      assert.same({ "GET /1 HTTP/1.1", method .. " /2 HTTP/1.1", method .. " /2 HTTP/1.1" }, lines_of(seen))
      assert.same({ requests = 2, connections = 2 }, transport:stats())
    end
  end)

  it("is replaced with the same body, long or short", function()
    for _, size in ipairs { 1, 4096, 4097, 50000 } do
      local transport = curl.new()
      local put = request("PUT", "/2", { body = ("x"):rep(size) })
      local seen = beside("lose", function()
        assert.equal("first", transport:send(request("GET", "/1")).body)
        assert.equal("again", transport:send(put).body)
      end)
      local _, lengths = seen:gsub(("Content%%-Length: %d\n"):format(size), "")
      assert.equal(2, lengths)
    end
  end)

  it("is an error for other methods, which the server gets once", function()
    for _, method in ipairs { "POST", "PATCH", "put" } do
      local transport = curl.new()
      local seen = beside("lose", function()
        assert.equal("first", transport:send(request("GET", "/1")).body)
        local response, err = transport:send(request(method, "/2"))
        assert.is_nil(response)
        assert.same({ "closed", true }, { err.code, err.uncertain })
        assert.equal("again", transport:send(request("GET", "/3")).body)
      end)
      assert.same({ "GET /1 HTTP/1.1", "GET /3 HTTP/1.1" }, { lines_of(seen)[1], lines_of(seen)[#lines_of(seen)] })
      assert.equal(1, select(2, seen:gsub(" /2 HTTP", "")))
    end
  end)
end)

describe("a response that arrives before the request is sent", function()
  it("is returned, and the connection is closed", function()
    local transport = curl.new { timeout = 20 }
    beside("early", function()
      local response = transport:send(request("PUT", "/1", { body = ("x"):rep(2 ^ 24) }))
      assert.same({ 413, "no" }, { response.status, response.body })
      assert.equal("next", transport:send(request("GET", "/2")).body)
    end)
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)
end)

describe("a kept connection on which the server sent bytes without a request", function()
  it("is closed, and those bytes are not the next response", function()
    local transport, other = curl.new(), curl.new()
    beside("unasked", function()
      assert.equal("first", transport:send(request("GET", "/1")).body)
      assert.equal("other", other:send(request("GET", "/2")).body)
      local response = transport:send(request("POST", "/3"))
      assert.same({ 200, "third" }, { response.status, response.body })
    end)
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)
end)

describe("time", function()
  it("is up for a server that never pauses", function()
    beside("flood", function()
      local _, err = curl.new({ timeout = 0.02, max_response = 2 ^ 30 }):send(request("GET", "/"))
      assert.same({ "timeout", true }, { err.code, err.uncertain })
    end)
  end)

  it("is up before a handshake, however little there was", function()
    local listener = assert(socket.bind("127.0.0.1", 0)) -- accepts nobody
    local _, port = listener:getsockname()
    for _, timeout in ipairs { 1e-9, 1e-7, 1e-5, 1e-3 } do
      local _, err = curl.new({ timeout = timeout }):send(request("GET", "/", { scheme = "https", host = "127.0.0.1:" .. port }))
      assert.same({ "timeout", false }, { err.code, err.uncertain })
    end
    listener:close()
  end)
end)

describe("kept connections", function()
  --- The n-th spelling of localhost, which to the transport is a host of its own.
  local function host(n)
    return servers.host("http", ("localhost"):sub(1, n):upper() .. ("localhost"):sub(n + 1))
  end

  it("are eight, of the hosts that were asked last", function()
    local transport = curl.new()
    local function count(n)
      assert.equal(200, transport:send(request("GET", "/", { host = host(n) })).status)
      return transport:stats().connections
    end
    for n = 1, 8 do assert.equal(n, count(n)) end
    for n = 1, 8 do assert.equal(8, count(n)) end
    count(2)
    assert.equal(9, count(9)) -- in the place of the first
    for n = 2, 9 do assert.equal(9, count(n)) end
    assert.equal(10, count(1))
    assert.equal(11, count(2))
    assert.equal(11, count(4))
  end)
end)
