--- kms.emulator.transport: the emulator as a transport on virtual time.

local emulator = require "kms.emulator"
local Error = require "kms.error"
local requests = require "spec.helpers.emulator_requests"

local NCLOUD = emulator.fixtures.accounts[3]
local TAG = requests.TAG

local cloud

local function rename(timeout)
  local request = requests.rename(cloud)
  request.timeout = timeout
  return request
end

local function is_renamed() return cloud:key(TAG).key_name == "newKeyName" end

local function assert_error(code, is_uncertain, request)
  local response, err = cloud:send(request)
  assert.is_nil(response)
  assert.is_true(Error.is(err))
  assert.equal("transport", err.kind)
  assert.equal(code, err.code)
  assert.equal(is_uncertain, err.uncertain)
end

before_each(function() cloud = emulator.new() end)

describe("the emulator as a transport", function()
  it("the setting latency moves time on, and a response after the deadline is a timeout", function()
    local start = cloud:now()
    cloud:settings { latency = { distribution = "fixed", seconds = 2 } }
    local response = cloud:send(rename(2))
    assert.is_nil(response.latency)
    assert.equal(start + 2, cloud:now())
    assert_error("timeout", true, rename(1.5))
    assert.equal(start + 3.5, cloud:now())
    cloud:fault { kind = "delay", seconds = 1 }
    assert.equal(200, cloud:send(rename(3)).status)
    assert.equal(start + 6.5, cloud:now())
  end)

  it("send returns the response of the cloud", function()
    local response, err = cloud:send(rename(10))
    assert.is_nil(err)
    assert.equal(200, response.status)
    assert.is_true(is_renamed())
  end)

  it("send adds the Host header, as a transport does", function()
    local request = rename()
    table.remove(request.headers, 1)
    assert.equal(200, cloud:send(request).status)
  end)

  it("send reports dns for a host of no emulated service", function()
    local request = rename()
    request.host = "ocapi.example.com"
    assert_error("dns", false, request)
    assert.equal(0, cloud:requests())
  end)

  it("send does not pass on a request whose timeout is 0", function()
    assert_error("timeout", false, rename(0))
    assert.equal(0, cloud:requests())
  end)

  it("send advances the time by a delay within the timeout", function()
    cloud:fault { kind = "delay", seconds = 3 }
    local start = cloud:now()
    local response = cloud:send(rename(3))
    assert.equal(200, response.status)
    assert.is_nil(response.fault)
    assert.equal(start + 3, cloud:now())
  end)

  it("send reports an uncertain timeout for a longer delay, whether the change is made or not", function()
    for _, applied in ipairs { true, false } do
      cloud:reset()
      cloud:fault { kind = "delay", seconds = 3, applied = applied }
      local start = cloud:now()
      assert_error("timeout", true, rename(2))
      assert.equal(start + 2, cloud:now())
      assert.equal(applied, is_renamed())
    end
  end)

  it("send advances the time while a body drips, up to the timeout", function()
    local start = cloud:now()
    local size = #cloud:handle(rename()).body
    cloud:fault { kind = "drip", bytes = 10, interval = 2, times = 2 }
    local duration = (math.ceil(size / 10) - 1) * 2
    assert.equal(200, cloud:send(rename(duration)).status)
    assert.equal(start + duration, cloud:now())
    assert_error("timeout", true, rename(duration - 1))
  end)

  for kind, code in pairs { close_before = "closed", close_within = "closed", endless = "too_large" } do
    it("send reports the fault " .. kind .. " as an uncertain " .. code, function()
      cloud:fault { kind = kind }
      assert_error(code, true, rename())
    end)
  end

  for _, case in ipairs {
    { "no request", nil, "no value" },
    { "a request without a method", {}, "'method' is missing" },
    { "a request without a target", { method = "GET", host = "h" }, "'target'" },
  } do
    it("send raises an argument error for " .. case[1], function()
      local ok, message = pcall(function() cloud:send(case[2]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*transport_spec.lua:%d+: bad argument #1 to 'send'"), message)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("both clients work with the emulator", function()
    local kms = require "kms"
    local account = emulator.fixtures.accounts[1]
    local huawei = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    local moved, err = huawei:update_primary_region { key_id = requests.KEY, primary_region = "cn-east-3" }
    assert.is_nil(err)
    assert.equal("cn-east-3", moved.primary_region)
    local ncloud = kms.ncloud { transport = cloud,
      credentials = { access_key = NCLOUD.access_key, secret_key = NCLOUD.secret_key } }
    local renamed
    renamed, err = ncloud:rename_key { key_tag = TAG, key_name = "newKeyName" }
    assert.is_nil(err)
    assert.equal("newKeyName", renamed.key_name)
  end)
end)
