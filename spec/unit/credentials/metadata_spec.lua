local provider_call = require "spec.helpers.provider_call"
local subprocess = require "spec.helpers.subprocess"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local Error = require "kms.error"

local HOUR = 3600

local function get(provider, transport, cloud)
  return provider:get(provider_call.new_context(cloud or "huawei", transport))
end

local function new_transport_error(code, message)
  return Error.new { kind = "transport", code = code, message = message, uncertain = false }
end

describe("kms.credentials.metadata", function()
  it("the metadata service has a link-local address without TLS, and its first request creates a session token", function()
    local transport = fake_transport.new({ "session" }, { status = 404 })
    get(credentials.metadata(), transport)
    local put, read = transport.requests[1], transport.requests[2]
    assert.same({ "PUT", "http", "169.254.169.254", "/meta-data/latest/api/token", true },
      { put.method, put.scheme, put.host, put.target, put.link_local })
    assert.equal("21600", fake_transport.headers(put)["x-metadata-token-ttl-seconds"])
    assert.same({ "GET", "/openstack/latest/securitykey" }, { read.method, read.target })
    assert.equal("session", fake_transport.headers(read)["x-metadata-token"])
  end)

  it("a service without session tokens is asked for one once per day", function()
    local cloud = emulator.new()
    for _, status in ipairs { 404, 405, 503 } do
      local metadata = credentials.metadata()
      cloud:reset()
      cloud:settings { metadata_v2 = "unavailable", metadata_v2_status = status }
      for _ = 1, 4 do
        assert(get(metadata, cloud))
        cloud:advance(5.9 * HOUR)
      end
      assert.same({ 1, 4 }, { cloud:requests("metadata", "huawei_token"), cloud:requests("metadata", "huawei_key") })
      cloud:advance(HOUR)
      assert(get(metadata, cloud))
      assert.equal(2, cloud:requests("metadata", "huawei_token"))
    end
  end)

  it("a service that requires session tokens and is busy is asked for one again", function()
    local cloud = emulator.new()
    cloud:settings { metadata_v2 = "required" }
    for count = 1, 3 do
      local metadata = credentials.metadata()
      cloud:fault { kind = "status", status = 503, body = "", times = count,
        match = { provider = "metadata", operation = "huawei_token" } }
      assert(get(metadata, cloud))
    end
    local metadata = credentials.metadata()
    cloud:fault { kind = "status", status = 503, body = "", times = 9,
      match = { provider = "metadata", operation = "huawei_token" } }
    provider_call.assert_failure("refused", {}, get(metadata, cloud))
  end)

  it("a machine without a metadata service is recognized by one request", function()
    local transport = fake_transport.new(new_transport_error("timeout", "timed out"))
    provider_call.assert_failure("missing", {}, get(credentials.metadata(), transport))
    assert.equal(1, #transport.requests)
  end)

  it("a session token is replaced when it has ended, and when the service refuses it", function()
    local cloud = emulator.new()
    cloud:settings { metadata_v2 = "unavailable" }
    local metadata = credentials.metadata()
    assert(get(metadata, cloud))
    cloud:settings { metadata_v2 = "required" }
    cloud:advance(5.9 * HOUR)
    assert(get(metadata, cloud)) -- a 401 overrides the memory of a service without tokens
    assert.equal(2, cloud:requests("metadata", "huawei_token"))
    cloud:settings { metadata_token_lifetime = 60 }
    for _ = 1, 3 do
      cloud:advance(5.9 * HOUR)
      assert(get(metadata, cloud))
    end
    assert.is_true(cloud:requests("metadata", "huawei_token") >= 4)
  end)

  it("a request that the service refuses is repeated once, and not with a session token that is new", function()
    local transport = fake_transport.new({ "session" }, { status = 401, body = "expired" })
    provider_call.assert_failure("refused", { "session" }, get(credentials.metadata(), transport))
    assert.equal(2, #transport.requests)
    transport = fake_transport.new({ status = 404 }, { status = 401 })
    provider_call.assert_failure("refused", {}, get(credentials.metadata(), transport))
    assert.equal(2, #transport.requests)
  end)

  it("a malformed session token is refused", function()
    for _, token in ipairs { "", "two words", "<html>" .. ("x "):rep(100) } do
      provider_call.assert_failure("invalid", {}, get(credentials.metadata(), fake_transport.new { token }))
    end
  end)

  it("the provider is missing where no metadata service responds", function()
    for _, code in ipairs { "connect", "dns", "timeout" } do
      local cause = new_transport_error(code, "no route")
      local err = provider_call.assert_failure("missing", {}, get(credentials.metadata(), fake_transport.new(cause)))
      assert.equal("no metadata service at http://169.254.169.254: no route", err.message)
      assert.same(cause, err.cause)
    end
  end)

  it("a service that has responded before is unavailable and not missing when it stops responding", function()
    local cloud, metadata = emulator.new(), credentials.metadata()
    local first = assert(get(metadata, cloud))
    local lost = fake_transport.new(new_transport_error("connect", "no route"))
    lost.time = cloud:now() + 5.9 * HOUR
    assert.equal(first, get(metadata, lost))
    lost.time = cloud:now() + 6 * HOUR
    provider_call.assert_failure("unavailable", { first.secret_key }, get(metadata, lost))
  end)

  it("the option endpoint replaces the address; without TLS only with a loopback or link-local host", function()
    local transport = fake_transport.new { status = 404 }
    for endpoint, expected in pairs { ["http://127.0.0.1:8080/"] = "http 127.0.0.1:8080",
      ["https://imds.example:443"] = "https imds.example", ["http://169.254.1.2:80"] = "http 169.254.1.2" } do
      get(credentials.metadata { endpoint = endpoint }, transport)
      local request = transport.requests[#transport.requests]
      assert.equal(expected, request.scheme .. " " .. request.host)
    end
    for _, endpoint in ipairs { "http://10.0.0.1", "169.254.169.254", "http://169.254.169.254/x",
      "http://u:hush@127.0.0.1", "ftp://x", "http://169.254.1.2.example" } do
      provider_call.assert_failure("invalid", { "hush" }, get(credentials.metadata { endpoint = endpoint }, transport))
    end
  end)

  it("one provider serves both clouds", function()
    local cloud, metadata = emulator.new(), credentials.metadata()
    assert.is_string(get(metadata, cloud).security_token)
    assert.is_nil(get(metadata, cloud, "ncloud").security_token)
  end)

  it("the metadata provider names the variable with a malformed endpoint", function()
    local program = [[
      local context = require("spec.helpers.provider_call").new_context("ncloud", {})
      print(select(2, require("kms.credentials").metadata():get(context)).message)]]
    assert.matches("^NCLOUD_METADATA_ENDPOINT must be https://", (subprocess.run(program,
      { NCLOUD_METADATA_ENDPOINT = "169.254.169.254" })))
  end)
end)
