local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local Error = require "kms.error"

local HOUR = 3600

describe("kms.credentials.metadata", function()
  local function ask(source, transport, provider, timeout)
    return source:get(caller.context(provider or "huawei", transport, { timeout = timeout }))
  end

  it("asks the address of the service, which only it may reach without TLS", function()
    local transport = canned.new({ "session" }, { status = 404 })
    ask(credentials.metadata(), transport)
    local put, get = transport.requests[1], transport.requests[2]
    assert.same({ "PUT", "http", "169.254.169.254", "/meta-data/latest/api/token", true },
      { put.method, put.scheme, put.host, put.target, put.link_local })
    assert.equal("21600", canned.headers(put)["x-metadata-token-ttl-seconds"])
    assert.same({ "GET", "/openstack/latest/securitykey" }, { get.method, get.target })
    assert.equal("session", canned.headers(get)["x-metadata-token"])
  end)

  it("remembers for a day that there are no session tokens", function()
    local cloud = emulator.new()
    for _, status in ipairs { 404, 405, 503 } do
      local source = credentials.metadata()
      cloud:reset()
      cloud:settings { metadata_v2 = "unavailable", metadata_v2_status = status }
      for _ = 1, 4 do
        assert(ask(source, cloud))
        cloud:advance(5.9 * HOUR)
      end
      assert.same({ 1, 4 }, { cloud:requests("metadata", "huawei_token"), cloud:requests("metadata", "huawei_key") })
      cloud:advance(HOUR)
      assert(ask(source, cloud))
      assert.equal(2, cloud:requests("metadata", "huawei_token"))
    end
  end)

  it("gets a session token where one is needed, and another one when it has ended or is refused", function()
    local cloud = emulator.new()
    cloud:settings { metadata_v2 = "unavailable" }
    local source = credentials.metadata()
    assert(ask(source, cloud))
    cloud:settings { metadata_v2 = "required" }
    cloud:advance(5.9 * HOUR)
    assert(ask(source, cloud)) -- 401 tells more than a memory
    assert.equal(2, cloud:requests("metadata", "huawei_token"))
    cloud:settings { metadata_token_lifetime = 60 }
    for _ = 1, 3 do
      cloud:advance(5.9 * HOUR)
      assert(ask(source, cloud))
    end
    assert.is_true(cloud:requests("metadata", "huawei_token") >= 4)
  end)

  it("repeats a 401 once only", function()
    local transport = canned.new({ "session" }, { status = 401, body = "expired" })
    caller.failed("refused", { "session" }, ask(credentials.metadata(), transport))
    assert.equal(2, #transport.requests)
    transport = canned.new({ status = 404 }, { status = 401 })
    caller.failed("refused", {}, ask(credentials.metadata(), transport))
    assert.equal(2, #transport.requests)
  end)

  it("is invalid with a session token that is none", function()
    for _, token in ipairs { "", "two words", "<html>" .. ("x "):rep(100) } do
      caller.failed("invalid", {}, ask(credentials.metadata(), canned.new { token }))
    end
  end)

  it("gives NAVER's service a session token only when it insists", function()
    local cloud = emulator.new()
    assert(ask(credentials.metadata(), cloud, "ncloud"))
    assert.equal(0, cloud:requests("metadata", "ncloud_token"))
    cloud:settings { metadata_v2 = "required" }
    assert(ask(credentials.metadata(), cloud, "ncloud"))
    assert.equal(1, cloud:requests("metadata", "ncloud_token"))
  end)

  it("is missing on a server without an agency or a role, and where there is no such service", function()
    local cloud = emulator.new()
    cloud:settings { agency = false, server_role = false }
    assert.equal("this server has no agency", caller.failed("missing", {}, ask(credentials.metadata(), cloud)).message)
    assert.equal("this server has no role", caller.failed("missing", {}, ask(credentials.metadata(), cloud, "ncloud")).message)
    caller.failed("missing", {}, ask(credentials.metadata(), canned.new { "" }, "ncloud"))
    for _, code in ipairs { "connect", "dns", "timeout" } do
      local lost = Error.new { kind = "transport", code = code, message = "nobody there", uncertain = false }
      local err = caller.failed("missing", {}, ask(credentials.metadata(), canned.new(lost)))
      assert.equal("no metadata service at http://169.254.169.254: nobody there", err.message)
      assert.same(lost, err.cause)
    end
  end)

  it("is unavailable where there was a service before", function()
    local cloud, source = emulator.new(), credentials.metadata()
    local found = assert(ask(source, cloud))
    local gone = canned.new(Error.new { kind = "transport", code = "connect", message = "gone", uncertain = false })
    gone.time = cloud:now() + 5.9 * HOUR
    assert.equal(found, ask(source, gone))
    gone.time = cloud:now() + 6 * HOUR
    caller.failed("unavailable", { found.secret_key }, ask(source, gone))
  end)

  it("is refused with a role whose answer says so", function()
    local transport = canned.new({ "role" }, { '{"Code":"AssumeRoleFailed","Message":"not allowed"}' })
    local err = caller.failed("refused", {}, ask(credentials.metadata(), transport, "ncloud"))
    assert.same({ "AssumeRoleFailed", "not allowed" }, { err.cause.code, err.cause.message })
    assert.equal("/latest/meta-data/iam/security-credentials/role", transport.requests[2].target)
    for _, role in ipairs { "a/../b", "a b", "a?x" } do
      caller.failed("invalid", {}, ask(credentials.metadata(), canned.new { role }, "ncloud"))
    end
  end)

  it("asks elsewhere when told so, but without TLS nowhere beyond the own network", function()
    local transport = canned.new { status = 404 }
    for endpoint, expected in pairs { ["http://127.0.0.1:8080/"] = "http 127.0.0.1:8080", ["https://imds.example:443"] = "https imds.example",
      ["http://169.254.1.2:80"] = "http 169.254.1.2" } do
      ask(credentials.metadata { endpoint = endpoint }, transport)
      local request = transport.requests[#transport.requests]
      assert.equal(expected, request.scheme .. " " .. request.host)
    end
    for _, endpoint in ipairs { "http://10.0.0.1", "169.254.169.254", "http://169.254.169.254/x",
      "http://u:hush@127.0.0.1", "ftp://x", "http://169.254.1.2.example" } do
      caller.failed("invalid", { "hush" }, ask(credentials.metadata { endpoint = endpoint }, transport))
    end
  end)

  it("serves both clouds from one source", function()
    local cloud, source = emulator.new(), credentials.metadata()
    assert.is_string(ask(source, cloud).security_token)
    assert.is_nil(ask(source, cloud, "ncloud").security_token)
  end)

  it("is not asked again at once by a chain on a machine without it", function()
    local lost = Error.new { kind = "transport", code = "connect", message = "nobody there", uncertain = false }
    local transport = canned.new(lost)
    local source = credentials.chain { credentials.metadata(), { access_key = "AK", secret_key = "SK" } }
    for _ = 1, 10 do assert.equal("AK", ask(source, transport).access_key) end
    assert.equal(1, #transport.requests)
  end)
end)
