--- TLS of kms.transport.cosocket: server names, refused certificates and versions, client certificates.

local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"

if nginx.no_cosockets then
  it("TLS of a cosocket transport works", function() pending(nginx.no_cosockets) end)
  return
end

local stop_name_server
setup(function() stop_name_server = nginx.start_name_server() end)
teardown(function() stop_name_server() end)

local function send(host, options)
  return nginx.transport(options):send { method = "GET", scheme = "https", host = host, target = "/" }
end

local function assert_tls_error(host, options)
  local response, err = send(host, options)
  assert.is_nil(response)
  assert.same({ "transport", "tls", false }, { err.kind, err.code, err.uncertain })
  return err
end

describe("TLS of a cosocket transport", function()
  it("names the server in the handshake without port and final dot, and never names an address", function()
    local function get_server_name(name)
      return send(("%s:%d"):format(name, nginx.port + 1)).headers["x-server-name"]
    end
    assert.equal("localhost", get_server_name "LocalHost")
    assert.equal("kms.test", get_server_name "kms.test")
    assert.equal("kms.test", get_server_name "kms.test.")
    assert.equal("none", get_server_name "127.0.0.1")
  end)

  it("refuses a certificate that is not for the address in the request", function()
    local err = assert_tls_error(servers.host("wrong_host", "127.0.0.1"))
    assert.is_truthy(err.message:find("the server's certificate is not for 127.0.0.1", 1, true), err.message)
  end)

  for place, reason in pairs {
    unknown_ca = "21: unable to verify the first certificate; the trusted CAs are those of lua_ssl_trusted_certificate",
    wrong_host = "certificate host mismatch",
    rejecting = "handshake failed",
    tls11 = "the server's TLS version is older than 1.2",
  } do
    it("reports the reason why it does not trust " .. place, function()
      -- Repeated, because lua-resty-core loses the reason when the handshake does not have to wait, which is a race.
      for _ = 1, 20 do
        local err = assert_tls_error(servers.host(place))
        assert.is_truthy(err.message:find(servers.host(place), 1, true), err.message)
        assert.equal(reason, err.message:sub(-#reason))
        assert.equal(reason, err.cause.message)
      end
    end)
  end

  if rawget(_G, "jit") then
    it("refuses a session without a known TLS version", function()
      local cosocket_tls = require "kms.transport.cosocket_tls"
      for _, session in ipairs { true, "x" } do
        assert.matches("TLS version is unknown", cosocket_tls.check_session(session))
      end
      assert.matches("TLS version is unknown", cosocket_tls.check_session(nil))
    end)
  end
end)

describe("a client certificate of a cosocket transport", function()
  local HOST = servers.host "client_certificate"
  local CLIENT = { client_cert = servers.dir .. "/client.pem", client_key = servers.dir .. "/client.key",
    client_key_password = "open sesame" }
  local AGENT = { client_cert = servers.dir .. "/agent.pem", client_key = servers.dir .. "/agent.key" }

  local function change(options, changes)
    local copy = {}
    for name, value in pairs(options) do copy[name] = value end
    for name, value in pairs(changes) do copy[name] = value or nil end
    return copy
  end

  --- Asserts that cosocket.new raises an argument error with these texts.
  local function assert_refused(options, ...)
    local ok, message = pcall(nginx.transport, options)
    assert.is_false(ok)
    assert.is_truthy(message:find("bad argument #1 to 'new' (", 1, true), message)
    for _, text in ipairs { ... } do assert.is_truthy(message:find(text, 1, true), message) end
    return message
  end

  it("is sent to the server", function()
    assert.equal("CN=agent", assert(send(HOST, AGENT)).body)
    assert.equal(400, send(HOST).status)
  end)

  it("may have an encrypted key, and the key may be in the certificate's file", function()
    assert.equal("CN=client", assert(send(HOST, CLIENT)).body)
    assert.equal("CN=agent", assert(send(HOST, { client_cert = servers.dir .. "/agent-both.pem" })).body)
  end)

  it("keeps its connections apart from those of another certificate and of none", function()
    local client = assert(send(HOST, CLIENT)).headers["x-connection"]
    local agent = assert(send(HOST, AGENT))
    assert.equal("CN=agent", agent.body)
    assert.is_true(client ~= agent.headers["x-connection"])
    assert.equal(client, assert(send(HOST, CLIENT)).headers["x-connection"])
    assert.equal(400, send(HOST).status)
  end)

  it("is not sent where the server does not ask for one", function()
    assert.equal(200, assert(send(("localhost:%d"):format(nginx.port + 1), AGENT)).status)
  end)

  it("is refused in cosocket.new if its key has another password or none, without the password in the message", function()
    local message = assert_refused(change(CLIENT, { client_key_password = "s3cret" }), "option 'client_key' must be the path",
      "it has no private key that client_key_password decrypts")
    assert.is_nil(message:find("s3cret", 1, true))
    assert_refused(change(CLIENT, { client_key_password = false }), "client_key_password")
  end)

  it("is refused in cosocket.new if the key belongs to another certificate", function()
    assert_refused(change(AGENT, { client_key = servers.dir .. "/unknown.key" }),
      "its private key does not match the certificate")
  end)

  it("is refused in cosocket.new if a file cannot be read or is not PEM", function()
    local missing, not_pem = servers.dir .. "/no.pem", servers.dir .. "/nginx.conf"
    assert_refused(change(AGENT, { client_cert = missing }), "option 'client_cert' must be the path of a PEM file", missing,
      "No such file or directory")
    assert_refused(change(AGENT, { client_key = missing }), "option 'client_key' must be the path of a PEM file", missing)
    assert_refused(change(AGENT, { client_cert = not_pem }), "option 'client_cert' must be the path of a PEM file", not_pem)
    assert_refused(change(AGENT, { client_key = not_pem }), "option 'client_key' must be the path of a PEM file", not_pem)
    local empty = servers.dir .. "/empty.pem"
    assert(io.open(empty, "w")):close()
    assert_refused(change(AGENT, { client_cert = empty }), "the file is empty")
    assert_refused(change(AGENT, { client_cert = "/dev/null" }), "not a regular file")
    assert_refused({ client_cert = AGENT.client_cert }, "option 'client_cert' must be the path of a PEM file with the certificate's private key")
  end)

  it("is refused in cosocket.new if client_cert is missing", function()
    assert_refused({ client_key = AGENT.client_key }, "option 'client_key' needs option 'client_cert'")
    assert_refused({ client_key_password = "x" }, "option 'client_key_password' needs option 'client_cert'")
  end)

  it("has its key and password in nothing that a program can print", function()
    for _, text in ipairs { "open sesame", "PRIVATE KEY" } do
      assert.equal("", nginx.call("/transport", { method = "find_text", text = text, argument = CLIENT }))
    end
  end)

  it("leaves no problem in the worker's log", function()
    assert.same({}, nginx.find_problems())
  end)
end)
