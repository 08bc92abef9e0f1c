--- kms.emulator.metadata: session tokens, the keys that the services issue, and until when the clouds accept them.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local HUAWEI, NCLOUD = emulator.fixtures.accounts[1], emulator.fixtures.accounts[3]
local AGENCY = "Please configure Cloud Service Agency first"
local ROLE = "/latest/meta-data/iam/security-credentials/"

-- The paths and headers of both services.
local SERVICES = {
  huawei = { token = "/meta-data/latest/api/token", keys = "/openstack/latest/securitykey",
    ttl = "X-Metadata-Token-Ttl-Seconds", header = "X-Metadata-Token" },
  ncloud = { token = "/latest/api/token", keys = ROLE .. NCLOUD.role,
    ttl = "X-NCP-METADATA-TOKEN-TTL-SECONDS", header = "X-NCP-METADATA-TOKEN" },
}

local cloud

local function send(method, target, headers, body)
  local response = assert(cloud:send { method = method, scheme = "http", host = "169.254.169.254", target = target,
    headers = headers, body = body, link_local = true })
  return response.status, response.body, response.headers
end

local function request_session(service, seconds)
  return send("PUT", service.token, { { service.ttl, tostring(seconds or 21600) } })
end

local function request_keys(service, token)
  local status, body = send("GET", service.keys, token and { { service.header, token } })
  return status, status == 200 and cjson.decode(body) or body
end

local function request_pod_keys(token, body)
  return send("POST", "/v1/credentials", token and { { "Authorization", token } }, body or "{}")
end

local function move(access_key, secret_key, security_token)
  return cloud:send(requests.move(cloud, {
    access_key = access_key, secret_key = secret_key, security_token = security_token, target = "cn-north-4",
  }))
end

local function get_key(keys)
  return cloud:send(requests.rename(cloud, {
    access_key = keys.AccessKeyId, secret_key = keys.SecretAccessKey, method = "GET", path = "/kms/v1/keys/" .. requests.TAG, body = "",
  }))
end

before_each(function() cloud = emulator.new { clock = function() return 1767323045.6789 end } end)

for name, service in pairs(SERVICES) do
  describe("session tokens of the metadata service of " .. name, function()
    local prefix = "the session token of " .. name .. " "

    it(prefix .. "is plain text and differs each time", function()
      local status, first, headers = request_session(service)
      assert.equal(200, status)
      assert.equal("text/plain", headers["content-type"])
      assert.truthy(first:find "^%w+$")
      assert.not_equal(first, select(2, request_session(service)))
      assert.equal(200, (request_keys(service, first)))
    end)

    it(prefix .. "requires a lifetime from 1 second to 6 hours", function()
      for _, seconds in ipairs { "0", "21601", "-1", "1.5", "soon", "" } do
        assert.equal(400, (request_session(service, seconds)))
      end
      assert.equal(400, (send("PUT", service.token)))
      assert.equal(200, (request_session(service, 1)))
    end)

    it(prefix .. "is valid for the requested lifetime", function()
      local _, token = request_session(service, 60)
      cloud:advance(59.9)
      assert.equal(200, (request_keys(service, token)))
      cloud:advance(0.1)
      assert.equal(401, (request_keys(service, token)))
    end)

    it(prefix .. "has a shorter lifetime when metadata_token_lifetime says so", function()
      cloud:settings { metadata_token_lifetime = 10 }
      local _, token = request_session(service)
      assert.equal(200, (request_keys(service, token)))
      cloud:advance(10)
      assert.equal(401, (request_keys(service, token)))
      cloud:settings { metadata_token_lifetime = 0 }
      _, token = request_session(service)
      assert.equal(401, (request_keys(service, token)))
    end)

    it(prefix .. "is optional, but must be valid when it is sent", function()
      assert.equal(200, (request_keys(service)))
      local status, body = request_keys(service, "wrong")
      assert.equal(401, status)
      assert.is_nil(body:find(AGENCY, 1, true))
    end)

    it(prefix .. "is required when metadata_v2 says so", function()
      cloud:settings { metadata_v2 = "required" }
      local status, body = request_keys(service)
      assert.equal(401, status)
      assert.is_nil(body:find(AGENCY, 1, true))
      assert.equal(200, (request_keys(service, select(2, request_session(service)))))
    end)

    it(prefix .. "is unavailable when metadata_v2 says so, and the keys are issued without it", function()
      cloud:settings { metadata_v2 = "unavailable" }
      assert.equal(404, (request_session(service)))
      for _, status in ipairs { 404, 405, 503 } do
        cloud:settings { metadata_v2_status = status }
        assert.equal(status, (request_session(service)))
      end
      assert.equal(200, (request_keys(service)))
      assert.equal(200, (request_keys(service, "whatever")))
    end)

    it(prefix .. "is refused when the other service issued it", function()
      local other = SERVICES[name == "huawei" and "ncloud" or "huawei"]
      local _, token = request_session(other)
      assert.equal(401, (request_keys(service, token)))
    end)

    it(prefix .. "is invalid after cloud:reset", function()
      local _, token = request_session(service)
      cloud:reset()
      assert.equal(401, (request_keys(service, token)))
    end)
  end)
end

describe("keys of the agency", function()
  local function keys()
    local status, object = request_keys(SERVICES.huawei)
    assert.equal(200, status)
    return object.credential
  end

  it("the keys of the agency are temporary, differ each time, and are all valid", function()
    local first, second = keys(), keys()
    assert.equal(20, #first.access)
    assert.equal("2026-01-02T09:04:05.678900Z", first.expires_at)
    assert.not_equal(first.access, second.access)
    assert.not_equal(first.secret, second.secret)
    assert.not_equal(first.securitytoken, second.securitytoken)
    for _, credential in ipairs { first, second } do
      assert.equal(200, move(credential.access, credential.secret, credential.securitytoken).status)
    end
    assert.equal(401, move(first.access, first.secret, second.securitytoken).status)
  end)

  it("the KMS refuses the keys of the agency when they have expired", function()
    cloud:settings { key_lifetime = 100 }
    local credential = keys()
    assert.equal("2026-01-02T03:05:45.678900Z", credential.expires_at)
    cloud:advance(99.9)
    assert.equal(200, move(credential.access, credential.secret, credential.securitytoken).status)
    cloud:advance(0.1)
    local response = move(credential.access, credential.secret, credential.securitytoken)
    assert.equal(401, response.status)
    assert.equal("APIGW.0301", cjson.decode(response.body).error_code)
  end)

  it("without an agency no keys are issued", function()
    for _, make in ipairs {
      function() cloud:settings { agency = false } end,
      function() cloud = emulator.new { accounts = { { provider = "huawei", access_key = "A", secret_key = "S" } } } end,
    } do
      cloud = emulator.new()
      make()
      local status, body = request_keys(SERVICES.huawei)
      assert.equal(401, status)
      assert.truthy(body:find(AGENCY, 1, true))
    end
  end)
end)

describe("the server role", function()
  it("the id of the server role has a path with and without a slash at its end, and the keys are below it", function()
    for _, target in ipairs { ROLE, (ROLE:gsub("/$", "")) } do
      local status, body = send("GET", target)
      assert.equal(200, status)
      assert.equal(NCLOUD.role, body)
    end
    local status, keys = request_keys(SERVICES.ncloud)
    assert.equal(200, status)
    assert.equal("Success", keys.Code)
    assert.equal("NCP-HMAC", keys.Type)
    assert.equal("", keys.Token)
    assert.equal("2026-01-02T03:04:05Z", keys.LastUpdated)
    assert.equal("2026-01-02T09:04:05Z", keys.Expiration)
    assert.truthy(keys.AccessKeyId:find "^ncp_iam_%w+$")
    assert.equal(200, get_key(keys).status)
  end)

  it("the id of the server role requires a session token when metadata_v2 says so", function()
    cloud:settings { metadata_v2 = "required" }
    assert.equal(401, (send("GET", ROLE)))
    assert.equal(200, (send("GET", ROLE, { { "X-NCP-METADATA-TOKEN", (select(2, request_session(SERVICES.ncloud))) } })))
  end)

  it("the KMS refuses the keys of the server role when they have expired", function()
    cloud:settings { key_lifetime = 100 }
    local _, keys = request_keys(SERVICES.ncloud)
    cloud:advance(99.9)
    assert.equal(200, get_key(keys).status)
    cloud:advance(0.1)
    assert.equal(401, get_key(keys).status)
  end)

  it("a missing or another server role gives 404", function()
    assert.equal(404, (send("GET", ROLE .. "other")))
    cloud:settings { server_role = false }
    assert.equal(404, (send("GET", ROLE)))
    assert.equal(404, (request_keys(SERVICES.ncloud)))
    cloud = emulator.new { accounts = { { provider = "ncloud", access_key = "A", secret_key = "S" } } }
    assert.equal(404, (send("GET", ROLE)))
  end)
end)

describe("the container endpoint", function()
  it("the container endpoint issues temporary keys for its token", function()
    local status, body = request_pod_keys(HUAWEI.pod_token)
    assert.equal(200, status)
    local keys = cjson.decode(body).credentials
    assert.equal("2026-01-02T09:04:05.678900Z", keys.expiration)
    assert.equal(200, move(keys.accessKeyId, keys.secretAccessKey, keys.securityToken).status)
    cloud:advance(6 * 3600)
    assert.equal(401, move(keys.accessKeyId, keys.secretAccessKey, keys.securityToken).status)
  end)

  it("the container endpoint refuses a wrong token, a missing token and a body that is not JSON", function()
    assert.equal(401, (request_pod_keys "wrong"))
    assert.equal(401, (request_pod_keys(HUAWEI.pod_token .. "\n" .. "x")))
    assert.equal(401, (request_pod_keys()))
    assert.equal(400, (request_pod_keys(HUAWEI.pod_token, "")))
  end)

  it("the container endpoint requires no session token", function()
    cloud:settings { metadata_v2 = "required" }
    assert.equal(200, (request_pod_keys(HUAWEI.pod_token)))
  end)
end)

describe("the metadata services", function()
  it("the metadata services refuse other paths with 404 and other methods with 405", function()
    assert.equal(404, (send("GET", "/latest/meta-data/")))
    assert.equal(405, (send("GET", "/latest/api/token")))
    assert.equal(405, (send("POST", "/openstack/latest/securitykey")))
  end)

  it("requests to the metadata services are counted by operation", function()
    request_session(SERVICES.huawei)
    request_keys(SERVICES.huawei)
    request_keys(SERVICES.huawei)
    send("GET", ROLE)
    send("GET", "/x")
    assert.equal(5, cloud:requests "metadata")
    assert.same({ huawei_token = 1, huawei_key = 2, ncloud_role = 1 }, cloud:state().operations.metadata)
    assert.equal(2, cloud:requests("metadata", "huawei_key"))
  end)

  it("requests to the metadata services receive faults", function()
    cloud:fault { kind = "status", status = 500, match = { provider = "metadata", operation = "huawei_key" } }
    assert.equal(200, (request_session(SERVICES.huawei)))
    assert.equal(500, (request_keys(SERVICES.huawei)))
    cloud:fault { kind = "throttled", match = { provider = "metadata" } }
    local status, _, headers = send("GET", ROLE)
    assert.equal(429, status)
    assert.equal("1", headers["retry-after"])
    assert.equal(200, (send("GET", ROLE)))
    cloud:fault { kind = "delay", seconds = 60, applied = false, match = { operation = "pod_key" } }
    local response, err = cloud:send { method = "POST", scheme = "http", host = "169.254.169.254:80", target = "/v1/credentials",
      body = "{}", timeout = 5 }
    assert.is_nil(response)
    assert.equal("timeout", err.code)
  end)
end)
