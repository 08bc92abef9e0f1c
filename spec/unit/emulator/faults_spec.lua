--- Faults on order, and the emulator as a transport on virtual time.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local hand_signer = require "spec.helpers.reference_signer"

local NCLOUD = emulator.fixtures.accounts[3]
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local cloud

-- A good request of each cloud, with a deadline in so many seconds.
local function rename(seconds)
  local request = hand_signer.ncloud {
    access_key = NCLOUD.access_key, secret_key = NCLOUD.secret_key, host = "ocapi.ncloud.com", method = "PUT",
    path = "/kms/v1/keys/" .. TAG .. "/name", time = cloud:now(), body = '{"keyName":"newKeyName"}',
  }
  request.timeout = seconds
  return request
end

local function huawei()
  return { method = "PUT", scheme = "https", host = "kms.cn-north-4.myhuaweicloud.com", headers = {}, body = "",
    target = "/v2/p/kms/keys/k/update-primary-region" }
end

local function renamed() return cloud:key(TAG).key_name == "newKeyName" end

before_each(function() cloud = emulator.new() end)

describe("a fault", function()
  for _, case in ipairs {
    { {}, "kind must be one of bad_gateway, close_before, .*; got nil" },
    { { kind = "flood" }, 'kind must be one of bad_gateway, close_before, .*; got "flood"' },
    { { kind = "delay" }, "'seconds' is missing" },
    { { kind = "delay", seconds = "1" }, "number expected, got string" },
    { { kind = "delay", seconds = -1 }, "above 0" },
    { { kind = "delay", seconds = 1, bytes = 1 }, 'unknown field "bytes"' },
    { { kind = "status" }, "'status' is missing" },
    { { kind = "close_within", part = "tail" }, "part must be one of head, body" },
    { { kind = "drip", bytes = 1 }, "'interval' is missing" },
    { { kind = "redirect" }, "'location' is missing" },
    { { kind = "endless", times = 0 }, "above 0" },
    { { kind = "endless", match = { method = "PUT" } }, 'unknown field "method"' },
    { { kind = "endless", match = { provider = "elsewhere" } }, 'match.provider must be one of huawei, iam, metadata, ncloud; got "elsewhere"' },
    { { kind = "endless", match = { operation = "rename" } }, 'match.operation must be an operation of huawei, iam, metadata, ncloud; got "rename"' },
    { { kind = "endless", match = { provider = "huawei", operation = "rename_key" } }, 'match.operation must be an operation of huawei; got "rename_key"' },
    { "delay", "table expected" },
  } do
    it("is refused: " .. case[2], function()
      local ok, message = pcall(function() cloud:fault(case[1]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*faults_spec.lua:%d+: bad argument #1 to 'fault' %("), message)
      assert.truthy(message:find(case[2]), message)
    end)
  end

  it("meets one request, or as many as ordered", function()
    cloud:fault { kind = "bad_gateway" }
    cloud:fault { kind = "throttled", times = 2 }
    local statuses = {}
    for i = 1, 4 do statuses[i] = cloud:handle(rename()).status end
    assert.same({ 502, 429, 429, 200 }, statuses)
  end)

  it("meets only what it matches", function()
    cloud:fault { kind = "bad_gateway", match = { provider = "huawei" } }
    cloud:fault { kind = "throttled", match = { operation = "get_key" } }
    assert.equal(200, cloud:handle(rename()).status)
    assert.equal(502, cloud:handle(huawei()).status)
    local get = rename()
    get.method, get.target = "GET", get.target:gsub("/name$", "")
    assert.equal(429, cloud:handle(get).status)
  end)

  it("leaves the order of the caller alone", function()
    local fault = { kind = "bad_gateway" }
    cloud:fault(fault)
    cloud:handle(rename())
    assert.same({ kind = "bad_gateway" }, fault)
  end)

  it("may be any answer", function()
    cloud:fault { kind = "status", status = 503, headers = { ["X-Odd"] = "1" }, body = "busy" }
    local response = cloud:handle(huawei())
    assert.equal(503, response.status)
    assert.equal("1", response.headers["x-odd"])
    assert.equal("busy", response.body)
    assert.truthy(response.headers["x-request-id"])
    assert.truthy(response.headers.date)
    assert.is_nil(response.fault)
  end)

  it("may be a proxy's page", function()
    cloud:fault { kind = "bad_gateway" }
    local response = cloud:handle(rename())
    assert.equal("text/html", response.headers["content-type"])
    assert.truthy(response.body:find "^<html>")
  end)

  it("throttles in each cloud's own words", function()
    cloud:fault { kind = "throttled", retry_after = 7, times = 2 }
    local response = cloud:handle(huawei())
    assert.equal("7", response.headers["retry-after"])
    assert.equal("APIGW.0308", cjson.decode(response.body).error_code)
    response = cloud:handle(rename())
    assert.equal("410", cjson.decode(response.body).error.errorCode)
  end)

  it("may send elsewhere", function()
    cloud:fault { kind = "redirect", location = "https://example.com/" }
    local response = cloud:handle(rename())
    assert.equal(307, response.status)
    assert.equal("https://example.com/", response.headers.location)
  end)

  -- Which faults let the change happen unless told otherwise.
  for kind, case in pairs {
    delay = { true, { seconds = 1 } },
    drip = { true, { bytes = 1, interval = 1 } },
    close_within = { true, {} },
    endless = { true, {} },
    status = { false, { status = 500 } },
    bad_gateway = { false, {} },
    throttled = { false, {} },
    redirect = { false, { location = "/" } },
    close_before = { false, {} },
  } do
    it(kind .. (case[1] and " comes after" or " comes instead of") .. " the change, unless told otherwise", function()
      for _, applied in ipairs { case[1], not case[1] } do
        cloud:reset()
        local fault = { kind = kind }
        if applied ~= case[1] then fault.applied = applied end
        for name, value in pairs(case[2]) do fault[name] = value end
        cloud:fault(fault)
        cloud:handle(rename())
        assert.equal(applied, renamed())
      end
    end)
  end

  it("without the change is told as the gateway's timeout", function()
    cloud:fault { kind = "delay", seconds = 1, applied = false, times = 2 }
    local response = cloud:handle(rename())
    assert.equal(504, response.status)
    assert.equal("510", cjson.decode(response.body).error.errorCode)
    response = cloud:handle(huawei())
    assert.equal(504, response.status)
    assert.equal("APIGW.0203", cjson.decode(response.body).error_code)
  end)
end)

describe("the emulator as a transport", function()
  local function lost(code, uncertain, request)
    local response, err = cloud:send(request)
    assert.is_nil(response)
    assert.is_true(Error.is(err))
    assert.equal("transport", err.kind)
    assert.equal(code, err.code)
    assert.equal(uncertain, err.uncertain)
  end

  it("starts at the present and stands still until told to move", function()
    local start = cloud:now()
    assert.is_true(math.abs(start - os.time()) < 60)
    cloud:sleep(2.5)
    cloud:advance(1)
    assert.equal(start + 3.5, cloud:now())
  end)

  it("follows a given clock", function()
    local time = 1000
    cloud = emulator.new { clock = function() return time end }
    time = 2000
    cloud:sleep(5)
    assert.equal(2005, cloud:now())
  end)

  it("answers", function()
    local response, err = cloud:send(rename(10))
    assert.is_nil(err)
    assert.equal(200, response.status)
    assert.is_true(renamed())
  end)

  it("adds the Host header that a real one would send", function()
    local request = rename()
    table.remove(request.headers, 1)
    assert.equal(200, cloud:send(request).status)
  end)

  it("does not know other hosts", function()
    local request = rename()
    request.host = "ocapi.example.com"
    lost("dns", false, request)
    assert.equal(0, cloud:requests())
  end)

  it("sends nothing after the deadline", function()
    lost("timeout", false, rename(0))
    assert.equal(0, cloud:requests())
  end)

  it("waits for a late answer", function()
    cloud:fault { kind = "delay", seconds = 3 }
    local start = cloud:now()
    local response = cloud:send(rename(3))
    assert.equal(200, response.status)
    assert.is_nil(response.fault)
    assert.equal(start + 3, cloud:now())
  end)

  it("gives up on a later one at the deadline, the change being made or not", function()
    for _, applied in ipairs { true, false } do
      cloud:reset()
      cloud:fault { kind = "delay", seconds = 3, applied = applied }
      local start = cloud:now()
      lost("timeout", true, rename(2))
      assert.equal(start + 2, cloud:now())
      assert.equal(applied, renamed())
    end
  end)

  it("waits for a body in drips, as long as the deadline allows", function()
    local start = cloud:now()
    local size = #cloud:handle(rename()).body
    cloud:fault { kind = "drip", bytes = 10, interval = 2, times = 2 }
    local needed = (math.ceil(size / 10) - 1) * 2
    assert.equal(200, cloud:send(rename(needed)).status)
    assert.equal(start + needed, cloud:now())
    lost("timeout", true, rename(needed - 1))
  end)

  for kind, code in pairs { close_before = "closed", close_within = "closed", endless = "too_large" } do
    it("reports " .. kind .. " as " .. code, function()
      cloud:fault { kind = kind }
      lost(code, true, rename())
    end)
  end

  it("raises on what is no request", function()
    for _, case in ipairs { { nil, "no value" }, { {}, "'method' is missing" }, { { method = "GET", host = "h" }, "'target'" } } do
      local ok, message = pcall(function() cloud:send(case[1]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*faults_spec.lua:%d+: bad argument #1 to 'send'"), message)
      assert.truthy(message:find(case[2] or "no value", 1, true), message)
    end
  end)

  it("serves the real clients", function()
    local kms = require "kms"
    local account = emulator.fixtures.accounts[1]
    local huawei_client = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    local moved, err = huawei_client:update_primary_region {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
    assert.is_nil(err)
    assert.equal("cn-east-3", moved.primary_region)
    local ncloud_client = kms.ncloud { transport = cloud,
      credentials = { access_key = NCLOUD.access_key, secret_key = NCLOUD.secret_key } }
    local result
    result, err = ncloud_client:rename_key { key_tag = TAG, key_name = "newKeyName" }
    assert.is_nil(err)
    assert.equal("newKeyName", result.key_name)
  end)
end)
