--- kms.transport.curl: the contract of every transport, argument errors, and the life of a transport.

local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local finalizers = require "spec.helpers.finalizers"
local lua_features = require "spec.helpers.lua_features"
local servers = require "spec.helpers.test_servers"

local new_request, new_transport = curl_requests.new_request, curl_requests.new_transport

require("spec.transport.contract")(curl.new, servers, { describe = describe, it = it, assert = assert })

describe("the options of a transport", function()
  -- No tail call, because the message names the function and the line of its caller.
  local function new(...)
    local transport = curl.new(...)
    return transport
  end

  local function assert_raises(text, ...)
    local ok, message = pcall(new, ...)
    assert.is_false(ok)
    assert.equal("string", type(message:match "curl_spec.lua:%d+: bad argument #1 to 'new' "), message)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("curl.new accepts nil and a table of options, and raises for other arguments", function()
    assert.equal("kms.transport.curl (open)", tostring(curl.new()))
    assert.equal("kms.transport.curl (open)", tostring(curl.new(nil)))
    assert.equal("kms.transport.curl (open)", tostring(curl.new {
      ca_file = "a", ca_path = "b", proxy = "http://c", no_proxy = "d", connect_timeout = 0.5, timeout = 1e6,
      max_response = 2147483647, keepalive = 0, client_cert = "e", client_key = "f",
      client_key_password = "g",
    }))
    assert_raises("table expected", 5)
    assert_raises("table expected", "timeout")
  end)

  it("curl.new raises for an unknown option", function()
    assert_raises("(unknown option 'timeout_ms')", { timeout_ms = 1 })
    assert_raises("(unknown option 'verify')", { verify = false })
    assert_raises("(unknown option 'http_version')", { http_version = "1.1" })
    assert_raises("(option names must be strings, got a number)", { "timeout" })
  end)

  it("curl.new raises for a value that breaks the rule of its option", function()
    local text_options = { "ca_file", "ca_path", "proxy", "no_proxy", "client_cert", "client_key", "client_key_password" }
    for _, name in ipairs(text_options) do
      for _, value in ipairs { "", "a\0b", 5, true } do
        assert_raises(("(option '%s' must be a non-empty string without NUL)"):format(name), { [name] = value })
      end
    end
    local nan = 0 / 0
    for _, name in ipairs { "timeout", "connect_timeout" } do
      for _, value in ipairs { 0, -1, 1e7, math.huge, nan, "5" } do
        assert_raises(("(option '%s' must be a number of seconds above 0"):format(name), { [name] = value })
      end
    end
    for _, value in ipairs { -1, nan, "5" } do
      assert_raises("(option 'keepalive' must be a number of seconds, 0", { keepalive = value })
    end
    for _, value in ipairs { 0, -1, 1.5, 2 ^ 31, nan, "5" } do
      assert_raises("(option 'max_response' must be a whole number of bytes", { max_response = value })
    end
  end)

  it("curl.new calls no metamethod of its options", function()
    local options = setmetatable({}, { __index = function() error "called" end, __pairs = function() error "called" end })
    assert.equal("kms.transport.curl (open)", tostring(curl.new(options)))
  end)
end)

describe("the requests of a transport", function()
  local transport = new_transport()

  local function send(...)
    local response, err = transport:send(...)
    return response, err
  end

  local function assert_raises(text, ...)
    local ok, message = pcall(send, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("curl_spec.lua:", 1, true), message)
  end

  it("transport:send raises an argument error for a malformed request table", function()
    assert_raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs { "method", "scheme", "host" } do
      local request = new_request "http"
      request[field] = nil
      assert_raises(("(request.%s must be a string, got nil)"):format(field), request)
      assert_raises(("(request.%s must be a string, got number)"):format(field), new_request("http", "/", { [field] = 5 }))
    end
    assert_raises("(request.target must be a string, got boolean)", new_request("http", true))
    local without_target = new_request "http"
    without_target.target = nil
    assert_raises("(request.target must be a string, got nil)", without_target)
    assert_raises("(request.body must be a string, got table)", new_request("http", "/", { body = {} }))
    assert_raises("(request.timeout must be a finite number of seconds, got string)", new_request("http", "/", { timeout = "5" }))
    assert_raises("(request.headers must be a list of {name, value}, got string)", new_request("http", "/", { headers = "" }))
    assert_raises("(request.headers must be a list of {name, value})", new_request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs { "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } } do
      assert_raises("(request.headers[2] must be {name, value}, two strings)",
        new_request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(new_request "http").status)
  end)

  it("transport:send reads the fields of a request without metamethods", function()
    assert_raises("(request.method must be a string, got nil)", setmetatable({}, { __index = new_request "http" }))
  end)

  it("a brief response has only the headers that a call reads, and so in a multi", function()
    local request, multi = new_request("http"), curl.multi()
    local function describe_headers(response)
      return { type(response.headers.date), type(response.headers["x-connection"]) }
    end
    assert.same({ "string", "string" }, describe_headers(assert(transport:send(request))))
    assert.same({ "string", "nil" }, describe_headers(assert(transport:send(request, true))))
    for _, is_brief in ipairs { true, false } do
      multi:add(transport, request, is_brief)
      local _, response = curl_requests.finish_request(multi)
      assert.same({ "string", is_brief and "nil" or "string" }, describe_headers(response))
    end
  end)

  it("a rejected request leaves no headers for the next request", function()
    for _ = 1, 50 do
      pcall(transport.send, transport, new_request("http", "/", { headers = { { "X-Left", "over" }, {} } }))
    end
    assert.is_nil(transport:send(new_request "http").body:find("X-Left", 1, true))
  end)
end)

describe("the methods of a transport", function()
  it("a new transport has counted no request and no connection", function()
    assert.same({ requests = 0, connections = 0 }, new_transport():stats())
  end)

  it("a transport can be closed twice, and raises if it is used after that", function()
    local transport = new_transport()
    transport:send(new_request "https")
    transport:close()
    transport:close()
    assert.equal("kms.transport.curl (closed)", tostring(transport))
    assert.has_error(function() transport:send(new_request "https") end, "calling 'send' on bad self (transport is closed)")
    assert.has_error(function() transport:sleep(0) end, "calling 'sleep' on bad self (transport is closed)")
    assert.equal(1, transport:stats().requests)
  end)

  it("a transport in a <close> variable is closed at the end of the block", function()
    if not lua_features.has_close then
      pending "this Lua has no to-be-closed variables"
      return
    end
    local transport = new_transport()
    assert(load "local transport <close> = ...")(transport)
    assert.equal("kms.transport.curl (closed)", tostring(transport))
  end)

  it("a transport has its methods as its only fields, and they raise for another object", function()
    assert.is_nil(curl.new().__gc)
    assert.is_nil(curl.new().new)
    assert.has_error(function() curl.new().send({}, {}) end)
  end)

  it("transport:now returns the Unix time", function()
    assert.is_true(math.abs(curl.new():now() - os.time()) < 5)
  end)

  it("transport:sleep raises for an invalid number of seconds", function()
    local transport = curl.new()
    for _, seconds in ipairs { -1, math.huge, 0 / 0, "x", {} } do
      assert.has_error(function() transport:sleep(seconds) end)
    end
  end)
end)

describe("transports and the garbage collector", function()
  it("many transports can be collected, used or not, without a failure of a later one", function()
    for i = 1, 200 do
      local transport = new_transport()
      if i % 20 == 0 then transport:send(new_request "https") end
      if i % 50 == 0 then pcall(transport.send, transport, new_request("http", "/", { headers = { { "A", "b" }, 5 } })) end
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, new_transport():send(new_request "https").status)
  end)

  it("a finalizer that runs while a response is pushed can send over the same transport #gc", function()
    local transport = new_transport { max_response = 2097152 }
    local body = ("x"):rep(1000000)
    local put = new_request("http", "/", { method = "PUT", body = body })
    local response_count = 0
    local function finalizer()
      local _, response = pcall(transport.send, transport, new_request "http")
      if type(response) == "table" and response.status == 200 then response_count = response_count + 1 end
    end
    for _ = 1, 30 do
      local response = finalizers.run_within(3, finalizer, function() return transport:send(put) end)
      assert.is_true(response.body:sub(-#body) == body)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(90, response_count)
    assert.equal(200, transport:send(new_request "http").status)
  end)
end)
