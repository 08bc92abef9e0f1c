--- Connections of kms.transport.curl: proxies, errors, and a connection that the server closes or fills.

local Error = require "kms.error"
local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"
local subprocess = require "spec.helpers.subprocess"
local with_raw_server = require "spec.helpers.raw_server"

local new_request, new_transport = curl_requests.new_request, curl_requests.new_transport

--- The request lines in the heads that a raw server received.
local function list_request_lines(heads)
  local lines = {}
  for line in heads:gmatch "%u+ %S+ HTTP/1.1" do lines[#lines + 1] = line end
  return lines
end

--- Sends a request in a process that may have few open files, and returns what it printed.
local function send_with_descriptors(count, redirection)
  local program = ([[
    local curl = require "kms.transport.curl"
    local response, err = curl.new({ ca_file = %q }):send {
      method = "GET", scheme = "https", host = %q, target = "/", headers = {} }
    print(response and "done" or err.code, err and err.retryable, err and err.message)]]):format(
    servers.ca_file, servers.host "https")
  return (subprocess.run(program, nil, ("bash -c 'ulimit -n %d; exec \"$@\" %s' bash"):format(count, redirection)))
end

describe("a process with too many open files", function()
  for name, redirection in pairs { ["with"] = "", ["without"] = "<&-" } do
    it(("%s a standard input gets an error that says so, and is neither tls nor permanent #inspect"):format(name), function()
      local outputs, output = {}, nil
      for count = 4, 64 do
        output = send_with_descriptors(count, redirection)
        if output:find "^done" then break end
        if output:find "^%l+\t" then outputs[#outputs + 1] = output end -- otherwise Lua could not load a module
      end
      assert.matches("^done", output)
      assert.is_true(#outputs > 0)
      for _, failure in ipairs(outputs) do
        assert.matches("^other\tnil\t.*descriptors", (failure:gsub("too many open files", "descriptors")))
      end
    end)
  end
end)

describe("connections that the server closes", function()
  it("an idempotent request is sent again on a new connection if the server closes the kept one", function()
    for _, method in ipairs { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" } do
      local transport = curl.new()
      local heads = with_raw_server("lose", function()
        assert.equal("first", transport:send(new_request("proxy", "/1")).body)
        local response = transport:send(new_request("proxy", "/2", { method = method }))
        assert.equal(method == "HEAD" and "" or "again", response.body)
      end)
      assert.same({ "GET /1 HTTP/1.1", method .. " /2 HTTP/1.1", method .. " /2 HTTP/1.1" }, list_request_lines(heads))
      assert.same({ requests = 2, connections = 2 }, transport:stats())
    end
  end)

  it("a request that is sent again has the same body, short or long", function()
    for _, size in ipairs { 1, 4096, 4097, 50000 } do
      local transport = curl.new()
      local heads = with_raw_server("lose", function()
        assert.equal("first", transport:send(new_request("proxy", "/1")).body)
        assert.equal("again", transport:send(new_request("proxy", "/2", { method = "PUT", body = ("x"):rep(size) })).body)
      end)
      local _, length_count = heads:gsub(("Content%%-Length: %d\n"):format(size), "")
      assert.equal(2, length_count)
    end
  end)

  it("a request that is not idempotent is sent once and fails if the server closes the kept connection", function()
    for _, method in ipairs { "POST", "PATCH", "put" } do
      local transport = curl.new()
      local heads = with_raw_server("lose", function()
        assert.equal("first", transport:send(new_request("proxy", "/1")).body)
        local response, err = transport:send(new_request("proxy", "/2", { method = method }))
        assert.is_nil(response)
        assert.same({ "closed", true }, { err.code, err.uncertain })
        assert.equal("again", transport:send(new_request("proxy", "/3")).body)
      end)
      local lines = list_request_lines(heads)
      assert.same({ "GET /1 HTTP/1.1", "GET /3 HTTP/1.1" }, { lines[1], lines[#lines] })
      assert.equal(1, select(2, heads:gsub(" /2 HTTP", "")))
    end
  end)

  it("the field idempotent decides, whatever the method is", function()
    for _, row in ipairs { { "POST", true, 2 }, { "PUT", false, 1 } } do
      local transport = curl.new()
      local heads = with_raw_server("lose", function()
        assert.equal("first", transport:send(new_request("proxy", "/1")).body)
        local response, err = transport:send(new_request("proxy", "/2", { method = row[1], idempotent = row[2] }))
        assert.equal(row[2] and "again" or "closed", row[2] and response.body or err.code)
        if not row[2] then assert.equal("again", transport:send(new_request("proxy", "/3")).body) end
      end)
      assert.equal(row[3], select(2, heads:gsub(" /2 HTTP", "")))
    end
  end)

  it("an error is uncertain if the server got the first try and the second one cannot connect", function()
    local transport = curl.new()
    with_raw_server("leave", function()
      assert.equal("ok", transport:send(new_request "proxy").body)
      local _, err = transport:send(new_request "proxy")
      assert.same({ "connect", true }, { err.code, err.uncertain })
    end)
  end)

  it("a response that arrives before the whole request is sent is returned, and its connection is closed", function()
    local transport = curl.new { timeout = 20 }
    with_raw_server("early", function()
      local response = transport:send(new_request("proxy", "/1", { method = "PUT", body = ("x"):rep(2 ^ 24) }))
      assert.same({ 413, "no" }, { response.status, response.body })
      assert.equal("next", transport:send(new_request("proxy", "/2")).body)
    end)
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)

  it("a kept connection is closed if the server sends a response without a request", function()
    local transport, other = curl.new(), curl.new()
    with_raw_server("unasked", function()
      assert.equal("first", transport:send(new_request("proxy", "/1")).body)
      assert.equal("other", other:send(new_request("proxy", "/2")).body)
      local response = transport:send(new_request("proxy", "/3", { method = "POST" }))
      assert.same({ 200, "third" }, { response.status, response.body })
    end)
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)
end)

describe("deadlines of connections", function()
  it("a request times out while the server sends without pause", function()
    with_raw_server("flood", function()
      local _, err = curl.new({ timeout = 0.02, max_response = 2 ^ 30 }):send(new_request "proxy")
      assert.same({ "timeout", true }, { err.code, err.uncertain })
    end)
  end)

  it("a request times out before the TLS handshake, however short its timeout is", function()
    local listener = assert(socket.bind("127.0.0.1", 0)) -- does not accept
    local _, port = listener:getsockname()
    for _, timeout in ipairs { 1e-9, 1e-7, 1e-5, 1e-3 } do
      local _, err = curl.new({ timeout = timeout }):send(new_request("https", "/", { host = "127.0.0.1:" .. port }))
      assert.same({ "timeout", false }, { err.code, err.uncertain })
    end
    listener:close()
  end)
end)

describe("errors of connections", function()
  it("a failure to connect is a kms.error with libcurl's code and text as its cause", function()
    local response, err = new_transport():send(new_request "nobody")
    assert.is_nil(response)
    assert.is_true(Error.is(err))
    assert.equal("connect", err.code)
    assert.equal(("cannot connect to %s: Connection refused"):format(servers.host "nobody"), err.message)
    assert.equal(7, err.cause.code)
    assert.equal("string", type(err.cause.message))
  end)

  it("an error message is one line, even if the server's certificate has control characters in its name", function()
    local _, err = new_transport():send(new_request("https", "/", { host = servers.host("wrong_host", "odd.localhost") }))
    assert.equal("tls", err.code)
    assert.is_truthy(err.message:find("odd??name", 1, true), err.message)
    assert.is_nil(err.message:find "%c")
  end)

  it("neither an error nor the text of a transport contains request headers", function()
    local headers = { { "Authorization", "s3cret" }, { "X-Security-Token", "s3cret" } }
    for _, fault in ipairs { "closed", "garbage", "large", "no_colon" } do
      local transport = new_transport { max_response = 10 }
      local _, err = transport:send(new_request("http", "/fault/" .. fault, { headers = headers }))
      local cause = err.cause and err.cause.message or ""
      assert.is_nil((tostring(err) .. tostring(transport) .. cause):find("s3cret", 1, true))
    end
  end)

  it("a certificate that is not trusted causes an error that is not retried", function()
    for _, server in ipairs { "unknown_ca", "self_signed", "expired", "wrong_host" } do
      local _, err = new_transport():send(new_request(server))
      assert.same({ "tls", false, false }, { err.code, err.retryable, err.uncertain }, server)
    end
  end)
end)

describe("proxies of kms.transport.curl", function()
  local function proxy_url(host)
    return ("http://user:s3cret@%s"):format(host or servers.host("proxy", "127.0.0.1"))
  end

  it("a proxy gets CONNECT with its credentials, and nothing of the request", function()
    local transport = new_transport { proxy = proxy_url() }
    local heads = with_raw_server("tunnel", function()
      local response = transport:send(new_request("https", "/private", { headers = { { "X-Token", "hidden" } } }))
      assert.equal("GET /private HTTP/1.1", response.body:match "^[^\r]+")
      assert.is_nil(response.headers["proxy-agent"])
      transport:close()
    end)
    assert.equal(("CONNECT %s HTTP/1.1"):format(servers.host "https"), heads:match "^[^\n]+")
    assert.is_truthy(heads:find("Proxy-Authorization: Basic", 1, true))
    assert.is_nil(heads:find("private", 1, true))
    assert.is_nil(heads:find("X-Token", 1, true))
  end)

  it("a proxy that rejects CONNECT causes a connect error with its status", function()
    local transport, _, err = new_transport { proxy = proxy_url() }, nil, nil
    with_raw_server("refuse", function() _, err = transport:send(new_request "https") end)
    assert.equal("connect", err.code)
    assert.is_false(err.uncertain)
    assert.is_truthy(err.message:find("the proxy responded with status 403", 1, true))
  end)

  it("a proxy that rejects CONNECT with a body without end does not outlast the timeout", function()
    local transport, start, err = new_transport { proxy = proxy_url() }, nil, nil
    with_raw_server("ramble", function()
      start = transport:clock()
      err = select(2, transport:send(new_request("https", "/", { timeout = 5 })))
      assert.is_true(transport:clock() - start < 5.2)
    end)
    assert.same({ "connect", false }, { err.code, err.uncertain })
    assert.is_truthy(err.message:find("the proxy responded with status 407", 1, true))
  end)

  it("an unreachable proxy and a malformed proxy URL cause errors without the proxy's password", function()
    for _, host in ipairs { servers.host("nobody", "127.0.0.1"), "x.invalid:1", "[", "a b:1" } do
      local _, err = new_transport({ proxy = proxy_url(host) }):send(new_request "https")
      assert.equal("transport", err.kind)
      assert.is_false(err.uncertain)
      assert.is_nil((tostring(err) .. err.cause.message):find("s3cret", 1, true))
    end
  end)

  it("requests to hosts of no_proxy and requests without TLS do not use the proxy", function()
    local proxy = proxy_url(servers.host("nobody", "127.0.0.1"))
    assert.equal(200, new_transport({ proxy = proxy, no_proxy = "localhost" }):send(new_request "https").status)
    assert.equal(200, new_transport({ proxy = proxy }):send(new_request "http").status)
  end)

  it("a proxy in the environment is not used", function()
    local variables = { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") }
    for _, name in ipairs { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
      variables[name] = "http://" .. servers.host("nobody", "127.0.0.1")
    end
    local output, ok = subprocess.run([[
      local curl_requests = require "spec.helpers.curl_requests"
      for _, server in ipairs { "https", "http" } do
        local response, err = curl_requests.new_transport():send(curl_requests.new_request(server))
        print(response and response.status or err)
      end]], variables)
    assert.equal("200\n200\n", output)
    assert.is_true(ok)
  end)
end)
