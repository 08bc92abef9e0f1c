--- kms.transport.curl: the contract of every transport, and what is libcurl's and the binding's own.

local curl = require "kms.transport.curl"
local Error = require "kms.error"
local beside = require "spec.helpers.raw_server"
local child = require "spec.helpers.subprocess"
local servers = require "spec.helpers.test_servers"

require("spec.transport.contract")(curl.new, servers, { describe = describe, it = it, assert = assert })

local function request(place, target, fields)
  local made = { method = "GET", scheme = place == "http" and "http" or "https", host = servers.host(place) }
  made.target = target or "/"
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
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

  local function refuses(text, ...)
    local ok, message = pcall(new, ...)
    assert.is_false(ok)
    assert.equal("string", type(message:match("curl_spec.lua:%d+: bad argument #1 to 'new' ")), message)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("takes nil or a table of options", function()
    assert.equal("kms.transport.curl (open)", tostring(curl.new()))
    assert.equal("kms.transport.curl (open)", tostring(curl.new(nil)))
    assert.equal("kms.transport.curl (open)", tostring(curl.new({
      ca_file = "a", ca_path = "b", proxy = "http://c", no_proxy = "d", connect_timeout = 0.5, timeout = 1e6,
      max_response = 2147483647, keepalive = 0, http_version = "1.1", client_cert = "e", client_key = "f",
      client_key_password = "g",
    })))
    refuses("table expected", 5)
    refuses("table expected", "timeout")
  end)

  it("refuses an option that it does not know", function()
    refuses("(unknown option 'timeout_ms')", { timeout_ms = 1 })
    refuses("(unknown option 'verify')", { verify = false })
    refuses("(option of type number)", { "timeout" })
  end)

  it("refuses a value that is against the option's rule", function()
    local texts = { "ca_file", "ca_path", "proxy", "no_proxy", "client_cert", "client_key", "client_key_password" }
    for _, name in ipairs(texts) do
      for _, value in ipairs({ "", "a\0b", 5, true }) do
        refuses(("(option '%s' must be a non-empty string without NUL)"):format(name), { [name] = value })
      end
    end
    local nan = 0 / 0
    for _, name in ipairs({ "timeout", "connect_timeout" }) do
      for _, value in ipairs({ 0, -1, 1e7, math.huge, nan, "5" }) do
        refuses(("(option '%s' must be a number of seconds above 0"):format(name), { [name] = value })
      end
    end
    for _, value in ipairs({ -1, nan, "5" }) do
      refuses("(option 'keepalive' must be a number of seconds, 0", { keepalive = value })
    end
    for _, value in ipairs({ 0, -1, 1.5, 2 ^ 31, nan, "5" }) do
      refuses("(option 'max_response' must be a whole number of bytes", { max_response = value })
    end
    for _, value in ipairs({ "3", "1.0", 2 }) do
      refuses("(option 'http_version' must be \"1.1\" or \"2\")", { http_version = value })
    end
  end)

  it("looks at raw fields only", function()
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

  it("raises on what is no request", function()
    raises("bad argument #1 to 'send' (table expected", nil)
    for _, field in ipairs({ "method", "scheme", "host" }) do
      local missing = request("http")
      missing[field] = nil
      raises(("(request.%s must be a string, got nil)"):format(field), missing)
      raises(("(request.%s must be a string, got number)"):format(field), request("http", "/", { [field] = 5 }))
    end
    raises("(request.target must be a string, got boolean)", request("http", true))
    raises("(request.body must be a string, got table)", request("http", "/", { body = {} }))
    raises("(request.deadline must be a number, got string)", request("http", "/", { deadline = "5" }))
    raises("(request.headers must be a list of {name, value}, got string)", request("http", "/", { headers = "" }))
    raises("(request.headers must be a list of {name, value})", request("http", "/", { headers = { Accept = "x" } }))
    for _, pair in ipairs({ "A: b", {}, { "A" }, { "A", 5 }, { 5, "A" } }) do
      raises("(request.headers[2] must be {name, value}, two strings)",
        request("http", "/", { headers = { { "A", "b" }, pair } }))
    end
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("takes a path for the target only where nothing would need encoding", function()
    local plain = request("http")
    plain.target, plain.path = nil, "/a-b/c.d"
    assert.equal("GET /a-b/c.d HTTP/1.1", transport:send(plain).body:match("^[^\r]+"))
    for _, path in ipairs({ "", "a", "/a b", "/a?b", "/a%b", "/a#b", "/\195\169", { "a" } }) do
      plain.path = path
      raises("(request.target is missing)", plain)
    end
    plain.path, plain.query = "/a", { { "b", "c" } }
    raises("(request.target is missing)", plain)
  end)

  it("looks at raw fields only", function()
    raises("(request.method must be a string, got nil)", setmetatable({}, { __index = request("http") }))
  end)

  it("returns values of kms.error, with libcurl's own code and text in cause", function()
    local response, err = transport:send(request("nobody"))
    assert.is_nil(response)
    assert.is_true(Error.is(err))
    assert.equal("connect", err.code)
    assert.equal(("no connection to %s: Connection refused"):format(servers.host("nobody")), err.message)
    assert.equal(7, err.cause.code)
    assert.equal("string", type(err.cause.message))
  end)

  it("has a message of one line, whatever a certificate's name is", function()
    local _, err = trusting():send(request("https", "/", { host = servers.host("wrong_host", "odd.localhost") }))
    assert.equal("tls", err.code)
    assert.is_truthy(err.message:find("name 'odd??name' does not match", 1, true), err.message)
  end)

  it("gives headers away neither in errors nor in tostring", function()
    local secret = { { "Authorization", "s3cret" }, { "X-Security-Token", "s3cret" } }
    for _, fault in ipairs({ "closed", "garbage", "large", "no_colon" }) do
      local small = trusting({ max_response = 10 })
      local _, err = small:send(request("http", "/fault/" .. fault, { headers = secret }))
      assert.is_nil((tostring(err) .. tostring(small) .. err.cause.message):find("s3cret", 1, true))
    end
  end)

  it("says uncertain where libcurl repeated a request in vain", function()
    local lonely = curl.new()
    beside("leave", function()
      assert.equal("ok", lonely:send(request("http", "/", { host = servers.host("proxy") })).body)
      local _, err = lonely:send(request("http", "/", { host = servers.host("proxy") }))
      assert.equal("connect", err.code)
      assert.is_true(err.uncertain)
    end)
  end)
end)

describe("a transport", function()
  it("counts requests and connections", function()
    local transport = trusting()
    assert.same({ requests = 0, connections = 0 }, transport:stats())
    for _ = 1, 3 do transport:send(request("https")) end
    assert.same({ requests = 3, connections = 1 }, transport:stats())
    transport:send(request("http", "/fault/closed"))
    transport:send(request("https"))
    assert.same({ requests = 5, connections = 2 }, transport:stats()) -- what failed elsewhere leaves the good one
  end)

  it("reads the system's certificates once, however many connections it makes #inspect", function()
    local trace = os.tmpname()
    local script = [[
      local transport = require("kms.transport.curl").new()
      for _ = 1, 3 do
        local _, err = transport:send { method = "GET", scheme = "https", host = "localhost:%d", path = "/" }
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

  it("closes once, and is then of no use", function()
    local transport = trusting()
    transport:send(request("https"))
    transport:close()
    transport:close()
    assert.equal("kms.transport.curl (closed)", tostring(transport))
    assert.has_error(function() transport:send(request("https")) end, "transport is closed")
    assert.has_error(function() transport:sleep(0) end, "transport is closed")
    assert.equal(1, transport:stats().requests)
  end)

  it("closes at the end of its block in Lua 5.4", function()
    if rawget(_G, "jit") then return end
    local transport = trusting()
    assert(load("local transport <close> = ..."))(transport)
    assert.equal("kms.transport.curl (closed)", tostring(transport))
  end)

  it("shows its methods only", function()
    assert.is_nil(curl.new().__gc)
    assert.is_nil(curl.new().new)
    assert.has_error(function() curl.new().send({}, {}) end)
  end)

  it("knows the time, and sleeps for no other number than seconds", function()
    local transport = curl.new()
    assert.is_true(math.abs(transport:now() - os.time()) < 5)
    for _, seconds in ipairs({ -1, math.huge, 0 / 0, "x", {} }) do
      assert.has_error(function() transport:sleep(seconds) end)
    end
  end)
end)

describe("trust", function()
  it("is the system's where nothing is said, which does not know our CA", function()
    local _, err = curl.new():send(request("https"))
    assert.equal("tls", err.code)
    assert.equal(60, err.cause.code)
  end)

  it("may come from a folder", function()
    assert.equal(200, curl.new({ ca_path = servers.dir .. "/ca.d" }):send(request("https")).status)
  end)

  it("is not there without its file", function()
    local _, err = curl.new({ ca_file = servers.dir .. "/no.pem" }):send(request("https"))
    assert.equal("tls", err.code)
    assert.is_false(err.uncertain)
  end)

  it("is won with a client's certificate", function()
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

describe("HTTP/2", function()
  local function serial(transport)
    return transport:send(request("http2")).headers["x-connection"]
  end

  it("is spoken when asked for, over one connection", function()
    local transport = trusting({ http_version = "2" })
    local response = transport:send(request("http2", "/a%2Fb", { method = "PUT", body = "b", headers = { { "x-a", "" } } }))
    assert.equal(200, response.status)
    assert.equal("PUT /a%2Fb HTTP/2", response.body:match("^[^\r]+"))
    local names = {}
    for name in response.body:gmatch("\n([^:\r]+):") do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "content-length", "host", "x-a" }, names)
    assert.equal(response.headers["x-connection"], serial(transport))
    assert.equal(1, transport:stats().connections)
    assert.equal("GET / HTTP/1.1", trusting():send(request("http2")).body:match("^[^\r]+"))
  end)

  it("leaves the connection of a failed exchange behind", function()
    local failing = {
      timeout = request("http2", "/late"),
      closed = request("http2", "/fault/broken_stream"),
      too_large = request("http2", "/", { method = "PUT", body = ("x"):rep(1001) }),
    }
    for code, fails in pairs(failing) do
      local transport = trusting({ http_version = "2", max_response = 1000 })
      local first = serial(transport)
      if code == "timeout" then fails.deadline = transport:now() + 0.2 end
      local _, err = transport:send(fails)
      assert.equal(code, err and err.code)
      assert.is_true(err.uncertain)
      assert.is_true(first ~= serial(transport))
    end
  end)
end)

describe("a proxy", function()
  local function proxy(host)
    return ("http://user:s3cret@%s"):format(host or servers.host("proxy", "127.0.0.1"))
  end

  it("carries the connection and sees nothing of the request", function()
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

  it("that refuses is a connect error", function()
    local transport, _, err = trusting({ proxy = proxy() }), nil, nil
    beside("refuse", function() _, err = transport:send(request("https")) end)
    assert.equal("connect", err.code)
    assert.is_false(err.uncertain)
    assert.is_truthy(err.message:find("403", 1, true))
  end)

  it("that does not exist, or cannot be read, is an error without its password", function()
    for _, host in ipairs({ servers.host("nobody", "127.0.0.1"), "x.invalid:1", "[", "a b:1" }) do
      local _, err = trusting({ proxy = proxy(host) }):send(request("https"))
      assert.equal("transport", err.kind)
      assert.is_false(err.uncertain)
      assert.is_nil((tostring(err) .. err.cause.message):find("s3cret", 1, true))
    end
  end)

  it("is not asked for hosts of no_proxy, nor for plain http", function()
    local nobody = proxy(servers.host("nobody", "127.0.0.1"))
    assert.equal(200, trusting({ proxy = nobody, no_proxy = "localhost" }):send(request("https")).status)
    assert.equal(200, trusting({ proxy = nobody }):send(request("http")).status)
  end)

  it("of the environment is ignored", function()
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

describe("collection", function()
  local function finalized(call)
    local newproxy = rawget(_G, "newproxy")
    if newproxy then
      getmetatable(newproxy(true)).__gc = call
    else
      setmetatable({}, { __gc = call })
    end
  end

  it("of transports, used or not, closes their connections", function()
    for i = 1, 200 do
      local transport = trusting()
      if i % 20 == 0 then transport:send(request("https")) end
      if i % 50 == 0 then pcall(transport.send, transport, request("http", "/", { headers = { { "A", "b" }, 5 } })) end
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, trusting():send(request("https")).status)
  end)

  it("may run in the middle of a call, and its finalizers may call #gc", function()
    local transport = trusting({ max_response = 2097152 })
    local body = ("x"):rep(1000000)
    local busy, sent = 0, 0
    local function call()
      local requests = transport:stats().requests
      local _, response = pcall(transport.send, transport, request("http"))
      if type(response) == "table" and response.status == 200 then sent = sent + 1 end
      if transport:stats().requests > requests then return end
      busy = busy + 1 -- over another one, for this one is at work
      local closed, problem = pcall(transport.close, transport)
      if closed or not problem:find("transport is busy", 1, true) then sent = -1000 end
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
    assert.is_true(busy > 0)
    assert.equal(200, transport:send(request("http")).status)
  end)

  it("of the request in a header's error leaves nothing to the next call", function()
    local transport = trusting()
    for _ = 1, 50 do
      pcall(transport.send, transport, request("http", "/", { headers = { { "X-Left", "over" }, {} } }))
    end
    assert.is_nil(transport:send(request("http")).body:find("X-Left", 1, true))
  end)
end)
