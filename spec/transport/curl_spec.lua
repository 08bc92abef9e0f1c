--- kms.transport.curl: the contract of every transport, and what is libcurl's and the binding's own.

local curl = require "kms.transport.curl"
local Error = require "kms.error"
local beside = require "spec.helpers.raw_server"
local child = require "spec.helpers.subprocess"
local servers = require "spec.helpers.test_servers"

require("spec.transport.contract")(curl.new, servers, { describe = describe, it = it, assert = assert })

local function request(place, target, fields)
  local request_table = { method = "GET", scheme = place == "http" and "http" or "https", host = servers.host(place) }
  request_table.target = target or "/"
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

local function trusting(options)
  options = options or {}
  options.ca_file = servers.ca_file
  return curl.new(options)
end

describe("curl.new", function()
  -- No tail call: the message is to have a name and a line.
  local function new(...)
    local transport = curl.new(...)
    return transport
  end

  local function rejects(text, ...)
    local ok, message = pcall(new, ...)
    assert.is_false(ok)
    assert.equal("string", type(message:match("curl_spec.lua:%d+: bad argument #1 to 'new' ")), message)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("accepts nil or a table of options", function()
    assert.equal("kms.transport.curl (open)", tostring(curl.new()))
    assert.equal("kms.transport.curl (open)", tostring(curl.new(nil)))
    assert.equal("kms.transport.curl (open)", tostring(curl.new({
      ca_file = "a", ca_path = "b", proxy = "http://c", no_proxy = "d", connect_timeout = 0.5, timeout = 1e6,
      max_response = 2147483647, keepalive = 0, client_cert = "e", client_key = "f",
      client_key_password = "g",
    })))
    rejects("table expected", 5)
    rejects("table expected", "timeout")
  end)

  it("rejects an unknown option", function()
    rejects("(unknown option 'timeout_ms')", { timeout_ms = 1 })
    rejects("(unknown option 'verify')", { verify = false })
    rejects("(option names must be strings, got a number)", { "timeout" })
  end)

  it("rejects a value that breaks the option's rule", function()
    local texts = { "ca_file", "ca_path", "proxy", "no_proxy", "client_cert", "client_key", "client_key_password" }
    for _, name in ipairs(texts) do
      for _, value in ipairs({ "", "a\0b", 5, true }) do
        rejects(("(option '%s' must be a non-empty string without NUL)"):format(name), { [name] = value })
      end
    end
    local nan = 0 / 0
    for _, name in ipairs({ "timeout", "connect_timeout" }) do
      for _, value in ipairs({ 0, -1, 1e7, math.huge, nan, "5" }) do
        rejects(("(option '%s' must be a number of seconds above 0"):format(name), { [name] = value })
      end
    end
    for _, value in ipairs({ -1, nan, "5" }) do
      rejects("(option 'keepalive' must be a number of seconds, 0", { keepalive = value })
    end
    for _, value in ipairs({ 0, -1, 1.5, 2 ^ 31, nan, "5" }) do
      rejects("(option 'max_response' must be a whole number of bytes", { max_response = value })
    end
    rejects("(unknown option 'http_version')", { http_version = "1.1" })
  end)

  it("reads raw fields only", function()
    local options = setmetatable({}, { __index = function() error("seen") end, __pairs = function() error("seen") end })
    assert.equal("kms.transport.curl (open)", tostring(curl.new(options)))
  end)
end)

describe("transport:send", function()
  local transport = trusting()

  local function send(...)
    local response, err = transport:send(...)
    return response, err
  end

  local function raises(text, ...)
    local ok, message = pcall(send, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("curl_spec.lua:", 1, true), message)
  end

  it("raises an argument error for a malformed request table", function()
    raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs({ "method", "scheme", "host" }) do
      local missing = request("http")
      missing[field] = nil
      raises(("(request.%s must be a string, got nil)"):format(field), missing)
      raises(("(request.%s must be a string, got number)"):format(field), request("http", "/", { [field] = 5 }))
    end
    raises("(request.target must be a string, got boolean)", request("http", true))
    local without_target = request("http")
    without_target.target = nil
    raises("(request.target must be a string, got nil)", without_target)
    raises("(request.body must be a string, got table)", request("http", "/", { body = {} }))
    raises("(request.timeout must be a finite number of seconds, got string)", request("http", "/", { timeout = "5" }))
    raises("(request.headers must be a list of {name, value}, got string)", request("http", "/", { headers = "" }))
    raises("(request.headers must be a list of {name, value})", request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs({ "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } }) do
      raises("(request.headers[2] must be {name, value}, two strings)",
        request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("reads raw fields only", function()
    local options = setmetatable({}, { __index = function() error("seen") end, __pairs = function() error("seen") end })
    assert.equal("kms.transport.curl (open)", tostring(curl.new(options)))
  end)
end)

describe("transport:send", function()
  local transport = trusting()

  local function send(...)
    local response, err = transport:send(...)
    return response, err
  end

  local function raises(text, ...)
    local ok, message = pcall(send, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("curl_spec.lua:", 1, true), message)
  end

  it("raises an argument error for a malformed request table", function()
    raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs({ "method", "scheme", "host" }) do
      local missing = request("http")
      missing[field] = nil
      raises(("(request.%s must be a string, got nil)"):format(field), missing)
      raises(("(request.%s must be a string, got number)"):format(field), request("http", "/", { [field] = 5 }))
    end
    raises("(request.target must be a string, got boolean)", request("http", true))
    local without_target = request("http")
    without_target.target = nil
    raises("(request.target must be a string, got nil)", without_target)
    raises("(request.body must be a string, got table)", request("http", "/", { body = {} }))
    raises("(request.timeout must be a finite number of seconds, got string)", request("http", "/", { timeout = "5" }))
    raises("(request.headers must be a list of {name, value}, got string)", request("http", "/", { headers = "" }))
    raises("(request.headers must be a list of {name, value})", request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs({ "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } }) do
      raises("(request.headers[2] must be {name, value}, two strings)",
        request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("reads raw fields only", function()
    local options = setmetatable({}, { __index = function() error("seen") end, __pairs = function() error("seen") end })
    assert.equal("kms.transport.curl (open)", tostring(curl.new(options)))
  end)
end)

describe("transport:send", function()
  local transport = trusting()

  local function send(...)
    local response, err = transport:send(...)
    return response, err
  end

  local function raises(text, ...)
    local ok, message = pcall(send, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("curl_spec.lua:", 1, true), message)
  end

  it("raises an argument error for a malformed request table", function()
    raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs({ "method", "scheme", "host" }) do
      local missing = request("http")
      missing[field] = nil
      raises(("(request.%s must be a string, got nil)"):format(field), missing)
      raises(("(request.%s must be a string, got number)"):format(field), request("http", "/", { [field] = 5 }))
    end
    raises("(request.target must be a string, got boolean)", request("http", true))
    local without_target = request("http")
    without_target.target = nil
    raises("(request.target must be a string, got nil)", without_target)
    raises("(request.body must be a string, got table)", request("http", "/", { body = {} }))
    raises("(request.timeout must be a finite number of seconds, got string)", request("http", "/", { timeout = "5" }))
    raises("(request.headers must be a list of {name, value}, got string)", request("http", "/", { headers = "" }))
    raises("(request.headers must be a list of {name, value})", request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs({ "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } }) do
      raises("(request.headers[2] must be {name, value}, two strings)",
        request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("reads raw fields only", function()
    local options = setmetatable({}, { __index = function() error("seen") end, __pairs = function() error("seen") end })
    assert.equal("kms.transport.curl (open)", tostring(curl.new(options)))
  end)
end)

describe("transport:send", function()
  local transport = trusting()

  local function send(...)
    local response, err = transport:send(...)
    return response, err
  end

  local function raises(text, ...)
    local ok, message = pcall(send, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
    assert.is_truthy(message:find("curl_spec.lua:", 1, true), message)
  end

  it("raises an argument error for a malformed request table", function()
    raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs({ "method", "scheme", "host" }) do
      local missing = request("http")
      missing[field] = nil
      raises(("(request.%s must be a string, got nil)"):format(field), missing)
      raises(("(request.%s must be a string, got number)"):format(field), request("http", "/", { [field] = 5 }))
    end
    raises("(request.target must be a string, got boolean)", request("http", true))
    local without_target = request("http")
    without_target.target = nil
    raises("(request.target must be a string, got nil)", without_target)
    raises("(request.body must be a string, got table)", request("http", "/", { body = {} }))
    raises("(request.timeout must be a finite number of seconds, got string)", request("http", "/", { timeout = "5" }))
    raises("(request.headers must be a list of {name, value}, got string)", request("http", "/", { headers = "" }))
    raises("(request.headers must be a list of {name, value})", request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs({ "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } }) do
      raises("(request.headers[2] must be {name, value}, two strings)",
        request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("reads raw fields only", function()
    raises("(request.method must be a string, got nil)", setmetatable({}, { __index = request("http") }))
  end)

  it("returns values of kms.error, with libcurl's own code and text in cause", function()
    local response, err = transport:send(request("nobody"))
    assert.is_nil(response)
    assert.is_true(Error.is(err))
    assert.equal("connect", err.code)
    assert.equal(("cannot connect to %s: Connection refused"):format(servers.host("nobody")), err.message)
    assert.equal(7, err.cause.code)
    assert.equal("string", type(err.cause.message))
  end)

  it("writes its message on one line, even with control characters in a certificate's name", function()
    local _, err = trusting():send(request("https", "/", { host = servers.host("wrong_host", "odd.localhost") }))
    assert.equal("tls", err.code)
    assert.is_truthy(err.message:find("name 'odd??name' does not match", 1, true), err.message)
  end)

  it("shows request headers neither in errors nor in tostring", function()
    local secret = { { "Authorization", "s3cret" }, { "X-Security-Token", "s3cret" } }
    for _, fault in ipairs({ "closed", "garbage", "large", "no_colon" }) do
      local small = trusting({ max_response = 10 })
      local _, err = small:send(request("http", "/fault/" .. fault, { headers = secret }))
      assert.is_nil((tostring(err) .. tostring(small) .. (err.cause and err.cause.message or "")):find("s3cret", 1, true))
    end
  end)

  it("is uncertain after the second try of a request whose connection was lost", function()
    local lonely = curl.new()
    beside("leave", function()
      assert.equal("ok", lonely:send(request("http", "/", { host = servers.host("proxy") })).body)
      local _, err = lonely:send(request("http", "/", { host = servers.host("proxy") }))
      assert.equal("connect", err.code)
      assert.is_true(err.uncertain)
    end)
  end)
end)

describe("a transport of kms.transport.curl", function()
  it("counts its requests and connections", function()
    local transport = trusting()
    assert.same({ requests = 0, connections = 0 }, transport:stats())
    for _ = 1, 3 do transport:send(request("https")) end
    assert.same({ requests = 3, connections = 1 }, transport:stats())
    transport:send(request("http", "/fault/closed"))
    transport:send(request("https"))
    assert.same({ requests = 5, connections = 2 }, transport:stats()) -- what failed elsewhere leaves the good one
  end)

  it("reads the system's certificates once for all its connections #inspect", function()
    local trace = os.tmpname()
    local script = [[
      local transport = require("kms.transport.curl").new()
      for _ = 1, 3 do
        local _, err = transport:send { method = "GET", scheme = "https", host = "localhost:%d", target = "/" }
        assert(err.code == "tls", tostring(err))
      end
      assert(transport:stats().connections == 3)]]
    local output, ok = child.run(script:format(servers.port("https")), {},
      "strace -f -qq -e trace=openat,open -o " .. trace)
    assert.is_true(ok, output)
    local reads = 0
    for line in io.lines(trace) do
      if line:find '%.crt"' or line:find '%.pem"' then reads = reads + 1 end
    end
    os.remove(trace)
    assert.equal(1, reads)
  end)

  it("can be closed twice, and then raises", function()
    local transport = trusting()
    transport:send(request("https"))
    transport:close()
    transport:close()
    assert.equal("kms.transport.curl (closed)", tostring(transport))
    assert.has_error(function() transport:send(request("https")) end, "transport is closed")
    assert.has_error(function() transport:sleep(0) end, "transport is closed")
    assert.equal(1, transport:stats().requests)
  end)

  it("is closed at the end of its block in Lua 5.4", function()
    if rawget(_G, "jit") then return end
    local transport = trusting()
    assert(load("local transport <close> = ..."))(transport)
    assert.equal("kms.transport.curl (closed)", tostring(transport))
  end)

  it("has no public fields but its methods", function()
    assert.is_nil(curl.new().__gc)
    assert.is_nil(curl.new().new)
    assert.has_error(function() curl.new().send({}, {}) end)
  end)

  it("returns the time, and rejects an invalid number of seconds", function()
    local transport = curl.new()
    assert.is_true(math.abs(transport:now() - os.time()) < 5)
    for _, seconds in ipairs({ -1, math.huge, 0 / 0, "x", {} }) do
      assert.has_error(function() transport:sleep(seconds) end)
    end
  end)
end)

describe("the trust of kms.transport.curl", function()
  it("is that of the system by default, which does not know the test CA", function()
    local _, err = curl.new():send(request("https"))
    assert.equal("tls", err.code)
    assert.equal(60, err.cause.code)
  end)

  it("can come from a folder", function()
    assert.equal(200, curl.new({ ca_path = servers.dir .. "/ca.d" }):send(request("https")).status)
  end)

  it("fails if its file does not exist", function()
    local _, err = curl.new({ ca_file = servers.dir .. "/no.pem" }):send(request("https"))
    assert.equal("tls", err.code)
    assert.is_false(err.uncertain)
  end)

  it("is mutual with a client certificate", function()
    local certificate, key = servers.dir .. "/client.pem", servers.dir .. "/client.key"
    local with = trusting({ client_cert = certificate, client_key = key, client_key_password = "open sesame" })
    assert.equal("CN=client", with:send(request("client_certificate")).body)
    assert.equal(400, trusting():send(request("client_certificate")).status)
    local wrong = trusting({ client_cert = certificate, client_key = key, client_key_password = "0pen" })
    local _, err = wrong:send(request("client_certificate"))
    assert.equal("tls", err.code)
    assert.is_nil((tostring(err) .. err.cause.message):find("0pen", 1, true))
  end)
end)

describe("the proxy of kms.transport.curl", function()
  local function proxy(host)
    return ("http://user:s3cret@%s"):format(host or servers.host("proxy", "127.0.0.1"))
  end

  it("tunnels the connection and sees nothing of the request", function()
    local transport = trusting({ proxy = proxy() })
    local seen = beside("tunnel", function()
      local response = transport:send(request("https", "/private", { headers = { { "X-Token", "hidden" } } }))
      assert.equal("GET /private HTTP/1.1", response.body:match("^[^\r]+"))
      assert.is_nil(response.headers["proxy-agent"])
      transport:close()
    end)
    assert.equal(("CONNECT %s HTTP/1.1"):format(servers.host("https")), seen:match("^[^\n]+"))
    assert.is_truthy(seen:find("Proxy-Authorization: Basic", 1, true))
    assert.is_nil(seen:find("private", 1, true))
    assert.is_nil(seen:find("X-Token", 1, true))
  end)

  it("that rejects CONNECT causes a connect error", function()
    local transport, _, err = trusting({ proxy = proxy() }), nil, nil
    beside("refuse", function() _, err = transport:send(request("https")) end)
    assert.equal("connect", err.code)
    assert.is_false(err.uncertain)
    assert.is_truthy(err.message:find("403", 1, true))
  end)

  it("that is unreachable or malformed causes an error without its password", function()
    for _, host in ipairs({ servers.host("nobody", "127.0.0.1"), "x.invalid:1", "[", "a b:1" }) do
      local _, err = trusting({ proxy = proxy(host) }):send(request("https"))
      assert.equal("transport", err.kind)
      assert.is_false(err.uncertain)
      assert.is_nil((tostring(err) .. err.cause.message):find("s3cret", 1, true))
    end
  end)

  it("is not used for hosts of no_proxy and for plain HTTP", function()
    local nobody = proxy(servers.host("nobody", "127.0.0.1"))
    assert.equal(200, trusting({ proxy = nobody, no_proxy = "localhost" }):send(request("https")).status)
    assert.equal(200, trusting({ proxy = nobody }):send(request("http")).status)
  end)

  it("is not taken from the environment", function()
    local variables = { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port("http")) }
    for _, name in ipairs({ "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" }) do
      variables[name] = "http://" .. servers.host("nobody", "127.0.0.1")
    end
    local output, ok = child.run([[
      local curl, servers = require("kms.transport.curl"), require("spec.helpers.test_servers")
      for place, scheme in pairs({ https = "https", http = "http" }) do
        local response, err = curl.new({ ca_file = servers.ca_file }):send({
          method = "GET", scheme = scheme, host = servers.host(place), target = "/" })
        print(response and response.status or err)
      end]], variables)
    assert.equal("200\n200\n", output)
    assert.is_true(ok)
  end)
end)

describe("garbage collection", function()
  local function finalized(call)
    local newproxy = rawget(_G, "newproxy")
    if newproxy then
      getmetatable(newproxy(true)).__gc = call
    else
      setmetatable({}, { __gc = call })
    end
  end

  it("closes the connections of a transport", function()
    for i = 1, 200 do
      local transport = trusting()
      if i % 20 == 0 then transport:send(request("https")) end
      if i % 50 == 0 then pcall(transport.send, transport, request("http", "/", { headers = { { "A", "b" }, 5 } })) end
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, trusting():send(request("https")).status)
  end)

  it("can run finalizers that send over the same transport #gc", function()
    local transport = trusting({ max_response = 2097152 })
    local body = ("x"):rep(1000000)
    local sent = 0
    local function call()
      local _, response = pcall(transport.send, transport, request("http"))
      if type(response) == "table" and response.status == 200 then sent = sent + 1 end
    end
    local put = request("http", "/", { method = "PUT", body = body })
    -- A whole cycle at each step; Lua 5.4 takes no more than 1000.
    local pause = collectgarbage("setpause", 0)
    local multiplier = collectgarbage("setstepmul", rawget(_G, "jit") and 100000000 or 1000)
    for _ = 1, 30 do
      collectgarbage("stop")
      for _ = 1, 3 do finalized(call) end
      collectgarbage("restart")
      local response = transport:send(put) -- the first to allocate, and so to collect
      assert.is_true(response.body:sub(-#body) == body)
    end
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", multiplier)
    collectgarbage()
    collectgarbage()
    assert.equal(90, sent)
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("of a rejected request leaves nothing for the next one", function()
    local transport = trusting()
    for _ = 1, 50 do
      pcall(transport.send, transport, request("http", "/", { headers = { { "X-Left", "over" }, {} } }))
    end
    assert.is_nil(transport:send(request("http")).body:find("X-Left", 1, true))
  end)
end)
