--- The emulated metadata services and container endpoint, in-process: what they hand out, to whom, and until when the
--- emulated clouds take it.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local hand_signer = require "spec.helpers.reference_signer"

local HUAWEI, NCLOUD = emulator.fixtures.accounts[1], emulator.fixtures.accounts[3]
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local AGENCY = "Please configure Cloud Service Agency first"
local ROLE = "/latest/meta-data/iam/security-credentials/"

-- Both services: where session tokens and keys are, and the headers.
local SERVICES = {
  huawei = { token = "/meta-data/latest/api/token", keys = "/openstack/latest/securitykey",
    ttl = "X-Metadata-Token-Ttl-Seconds", header = "X-Metadata-Token" },
  ncloud = { token = "/latest/api/token", keys = ROLE .. NCLOUD.role,
    ttl = "X-NCP-METADATA-TOKEN-TTL-SECONDS", header = "X-NCP-METADATA-TOKEN" },
}

local cloud

local function ask(method, target, headers, body)
  local response = assert(cloud:send { method = method, scheme = "http", host = "169.254.169.254", target = target,
    headers = headers, body = body, link_local = true })
  return response.status, response.body, response.headers
end

local function session(service, seconds)
  return ask("PUT", service.token, { { service.ttl, tostring(seconds or 21600) } })
end

local function keys_of(service, token)
  local status, body = ask("GET", service.keys, token and { { service.header, token } })
  return status, status == 200 and cjson.decode(body) or body
end

local function pod(token, body)
  return ask("POST", "/v1/credentials", token and { { "Authorization", token } }, body or "{}")
end

local function move(access_key, secret_key, security_token)
  local project = HUAWEI.projects["cn-north-4"]
  return cloud:send(hand_signer.huawei {
    access_key = access_key, secret_key = secret_key, security_token = security_token, project_id = project, time = cloud:now(),
    host = "kms.cn-north-4.myhuaweicloud.com", path = ("/v2/%s/kms/keys/%s/update-primary-region"):format(project, KEY),
    body = ('{"key_id":"%s","primary_region":"cn-north-4"}'):format(KEY),
  })
end

local function look(keys)
  return cloud:send(hand_signer.ncloud { access_key = keys.AccessKeyId, secret_key = keys.SecretAccessKey, host = "ocapi.ncloud.com",
    method = "GET", path = "/kms/v1/keys/" .. TAG, time = cloud:now() })
end

before_each(function() cloud = emulator.new { clock = function() return 1767323045.6789 end } end)

for name, service in pairs(SERVICES) do
  describe("the emulated metadata service of " .. name .. ": a session token", function()
    it("is plain text, another one each time", function()
      local status, first, headers = session(service)
      assert.equal(200, status)
      assert.equal("text/plain", headers["content-type"])
      assert.truthy(first:find "^%w+$")
      assert.not_equal(first, select(2, session(service)))
      assert.equal(200, (keys_of(service, first)))
    end)

    it("needs a lifetime of 1 second to 6 hours", function()
      for _, seconds in ipairs { "0", "21601", "-1", "1.5", "soon", "" } do
        assert.equal(400, (session(service, seconds)))
      end
      assert.equal(400, (ask("PUT", service.token)))
      assert.equal(200, (session(service, 1)))
    end)

    it("lasts as long as asked for", function()
      local _, token = session(service, 60)
      cloud:advance(59.9)
      assert.equal(200, (keys_of(service, token)))
      cloud:advance(0.1)
      assert.equal(401, (keys_of(service, token)))
    end)

    it("may be set to last shorter, or not at all", function()
      cloud:settings { metadata_token_lifetime = 10 }
      local _, token = session(service)
      assert.equal(200, (keys_of(service, token)))
      cloud:advance(10)
      assert.equal(401, (keys_of(service, token)))
      cloud:settings { metadata_token_lifetime = 0 }
      _, token = session(service)
      assert.equal(401, (keys_of(service, token)))
    end)

    it("is not needed, but must be good when it is shown", function()
      assert.equal(200, (keys_of(service)))
      local status, body = keys_of(service, "wrong")
      assert.equal(401, status)
      assert.is_nil(body:find(AGENCY, 1, true))
    end)

    it("may be needed", function()
      cloud:settings { metadata_v2 = "required" }
      local status, body = keys_of(service)
      assert.equal(401, status)
      assert.is_nil(body:find(AGENCY, 1, true))
      assert.equal(200, (keys_of(service, select(2, session(service)))))
    end)

    it("may be out of reach, the keys being there without", function()
      cloud:settings { metadata_v2 = "unavailable" }
      assert.equal(404, (session(service)))
      for _, status in ipairs { 404, 405, 503 } do
        cloud:settings { metadata_v2_status = status }
        assert.equal(status, (session(service)))
      end
      assert.equal(200, (keys_of(service)))
      assert.equal(200, (keys_of(service, "whatever")))
    end)

    it("is not the other service's", function()
      local other = SERVICES[name == "huawei" and "ncloud" or "huawei"]
      local _, token = session(other)
      assert.equal(401, (keys_of(service, token)))
    end)

    it("is forgotten on reset", function()
      local _, token = session(service)
      cloud:reset()
      assert.equal(401, (keys_of(service, token)))
    end)
  end)
end

describe("the emulated metadata service of Huawei Cloud: the agency's keys", function()
  local function keys()
    local status, object = keys_of(SERVICES.huawei)
    assert.equal(200, status)
    return object.credential
  end

  it("are temporary ones, others each time, all good", function()
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

  it("are refused by the KMS when they have expired", function()
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

  it("are not to be had without an agency", function()
    for _, make in ipairs {
      function() cloud:settings { agency = false } end,
      function() cloud = emulator.new { accounts = { { provider = "huawei", access_key = "A", secret_key = "S" } } } end,
    } do
      cloud = emulator.new()
      make()
      local status, body = keys_of(SERVICES.huawei)
      assert.equal(401, status)
      assert.truthy(body:find(AGENCY, 1, true))
    end
  end)
end)

describe("the emulated metadata service of NAVER Cloud: the server role", function()
  it("has an id, with and without a slash in the end, and keys under it", function()
    for _, target in ipairs { ROLE, (ROLE:gsub("/$", "")) } do
      local status, body = ask("GET", target)
      assert.equal(200, status)
      assert.equal(NCLOUD.role, body)
    end
    local status, keys = keys_of(SERVICES.ncloud)
    assert.equal(200, status)
    assert.equal("Success", keys.Code)
    assert.equal("NCP-HMAC", keys.Type)
    assert.equal("", keys.Token)
    assert.equal("2026-01-02T03:04:05Z", keys.LastUpdated)
    assert.equal("2026-01-02T09:04:05Z", keys.Expiration)
    assert.truthy(keys.AccessKeyId:find "^ncp_iam_%w+$")
    assert.equal(200, look(keys).status)
  end)

  it("needs a session token for its id where one is needed", function()
    cloud:settings { metadata_v2 = "required" }
    assert.equal(401, (ask("GET", ROLE)))
    assert.equal(200, (ask("GET", ROLE, { { "X-NCP-METADATA-TOKEN", (select(2, session(SERVICES.ncloud))) } })))
  end)

  it("has keys that expire", function()
    cloud:settings { key_lifetime = 100 }
    local _, keys = keys_of(SERVICES.ncloud)
    cloud:advance(99.9)
    assert.equal(200, look(keys).status)
    cloud:advance(0.1)
    assert.equal(401, look(keys).status)
  end)

  it("may be missing, or another one", function()
    assert.equal(404, (ask("GET", ROLE .. "other")))
    cloud:settings { server_role = false }
    assert.equal(404, (ask("GET", ROLE)))
    assert.equal(404, (keys_of(SERVICES.ncloud)))
    cloud = emulator.new { accounts = { { provider = "ncloud", access_key = "A", secret_key = "S" } } }
    assert.equal(404, (ask("GET", ROLE)))
  end)
end)

describe("the emulated container endpoint", function()
  it("gives temporary keys for its token", function()
    local status, body = pod(HUAWEI.pod_token)
    assert.equal(200, status)
    local keys = cjson.decode(body).credentials
    assert.equal("2026-01-02T09:04:05.678900Z", keys.expiration)
    assert.equal(200, move(keys.accessKeyId, keys.secretAccessKey, keys.securityToken).status)
    cloud:advance(6 * 3600)
    assert.equal(401, move(keys.accessKeyId, keys.secretAccessKey, keys.securityToken).status)
  end)

  it("refuses other tokens, none, and what is no JSON object", function()
    assert.equal(401, (pod "wrong"))
    assert.equal(401, (pod(HUAWEI.pod_token .. "\n" .. "x")))
    assert.equal(401, (pod()))
    assert.equal(400, (pod(HUAWEI.pod_token, "")))
  end)

  it("asks for no session token", function()
    cloud:settings { metadata_v2 = "required" }
    assert.equal(200, (pod(HUAWEI.pod_token)))
  end)
end)

describe("the emulated metadata services", function()
  it("have no other paths and methods", function()
    assert.equal(404, (ask("GET", "/latest/meta-data/")))
    assert.equal(405, (ask("GET", "/latest/api/token")))
    assert.equal(405, (ask("POST", "/openstack/latest/securitykey")))
  end)

  it("are counted by operation", function()
    session(SERVICES.huawei)
    keys_of(SERVICES.huawei)
    keys_of(SERVICES.huawei)
    ask("GET", ROLE)
    ask("GET", "/x")
    assert.equal(5, cloud:requests "metadata")
    assert.same({ huawei_token = 1, huawei_key = 2, ncloud_role = 1 }, cloud:state().operations.metadata)
    assert.equal(2, cloud:requests("metadata", "huawei_key"))
  end)

  it("meet faults", function()
    cloud:fault { kind = "status", status = 500, match = { provider = "metadata", operation = "huawei_key" } }
    assert.equal(200, (session(SERVICES.huawei)))
    assert.equal(500, (keys_of(SERVICES.huawei)))
    cloud:fault { kind = "throttled", match = { provider = "metadata" } }
    local status, _, headers = ask("GET", ROLE)
    assert.equal(429, status)
    assert.equal("1", headers["retry-after"])
    assert.equal(200, (ask("GET", ROLE)))
    cloud:fault { kind = "delay", seconds = 60, applied = false, match = { operation = "pod_key" } }
    local response, err = cloud:send { method = "POST", scheme = "http", host = "169.254.169.254:80", target = "/v1/credentials",
      body = "{}", timeout = 5 }
    assert.is_nil(response)
    assert.equal("timeout", err.code)
  end)
end)

describe("the emulator's settings", function()
  it("are shown, changed one by one, and put back by reset", function()
    local before = cloud:settings()
    assert.equal("optional", before.metadata_v2)
    local after = cloud:settings { metadata_v2 = "required", clock_offset = -5 }
    assert.equal("required", after.metadata_v2)
    assert.is_true(after.agency)
    assert.same(after, cloud:state().settings)
    assert.equal(cloud:now() - 5, cloud:state().now)
    after.agency = false
    assert.is_true(cloud:settings().agency)
    cloud:reset()
    assert.same(before, cloud:settings())
  end)

  it("raise on misuse, at the caller's line, and change nothing", function()
    local before = cloud:settings()
    for _, case in ipairs {
      { "required", "table expected" },
      { { agency = false, imds = "v2" }, 'unknown setting "imds"' },
      { { metadata_v2 = "on" }, "metadata_v2 must be one of" },
      { { metadata_v2_status = 500 }, "metadata_v2_status must be 404, 405 or 503; got 500" },
      { { key_lifetime = -1 }, "key_lifetime must be 0 or more" },
      { { token_lifetime = "1" }, "number expected" },
      { { clock_offset = 0 / 0, agency = 1 }, "boolean expected" },
    } do
      local ok, message = pcall(function() cloud:settings(case[1]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*metadata_spec.lua:%d+: bad argument #1 to 'settings' %("), message)
      assert.truthy(message:find(case[2], 1, true), message)
    end
    assert.same(before, cloud:settings())
  end)
end)
