--- kms.emulator.saved_state: saving and loading the state of an emulator.

local cjson = require "cjson".new()
cjson.encode_number_precision(14)
local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"
local requests = require "spec.helpers.emulator_requests"

local TAG, DAY = requests.TAG, 24 * 3600
local PATH = "/" .. emulated_ncloud.ROTATED_TAG

-- An emulator with a state of its own.
local function new_used_emulator()
  local cloud = emulator.new { settings = { random_faults = { rate = 0.5, seed = 3, kinds = { "bad_gateway" },
    match = { operation = "get_key" } } } }
  local ncloud = emulated_ncloud.new(cloud)
  requests.assert_accepted(cloud, requests.move(cloud))
  for _ = 1, 3 do requests.handle(cloud, requests.move(cloud, { secret_key = "wrong" })) end
  ncloud:call("POST", "/" .. TAG .. "/request-deletion")
  cloud:advance(DAY)
  return cloud, ncloud
end

-- What JSON makes of a value.
local function pass_through_json(value) return cjson.decode(cjson.encode(value)) end

describe("a saved state of the emulator", function()
  it("a new emulator with a saved state continues where the first one was, also after JSON", function()
    local cloud, ncloud = new_used_emulator()
    local ciphertext = ncloud:call("POST", PATH .. "/encrypt", { plaintext = "aGVsbG8=" }).ciphertext
    local token = ncloud:call("POST", PATH .. "/token-set").accessToken
    local copy = emulator.new { state = pass_through_json(cloud:save()) }
    assert.same(cloud:state(), copy:state())
    assert.equal(cloud:now(), copy:now())
    assert.same(cloud:save(), copy:save())
    local other = emulated_ncloud.new(copy)
    assert.equal("aGVsbG8=", other:call("POST", PATH .. "/decrypt", { ciphertext = ciphertext }).plaintext)
    assert.equal("aGVsbG8=", other:with_token(token):call("POST", PATH .. "/decrypt", { ciphertext = ciphertext }).plaintext)
    assert.equal("cn-east-3", copy:key(requests.KEY).primary)
    assert.equal(3, copy:state().locks[emulator.fixtures.accounts[1].access_key].count)
    assert.is_table(copy:key(TAG))
    copy:advance(2 * DAY)
    other:call("POST", PATH .. "/rotate")
    assert.is_nil(copy:key(TAG))
    assert.is_table(cloud:key(TAG))
  end)

  it("a saved state continues random numbers", function()
    local cloud = new_used_emulator()
    local function list_statuses(instance)
      local statuses = {}
      for i = 1, 30 do
        statuses[i] = requests.handle(instance, requests.rename(instance,
          { method = "GET", path = "/kms/v1/keys" .. PATH, body = "" }))
      end
      return statuses
    end
    list_statuses(cloud)
    local copy = emulator.new { state = cloud:save() }
    assert.same(list_statuses(cloud), list_statuses(copy))
  end)

  it("a saved state has accounts that IAM issued, and tokens", function()
    local cloud = new_used_emulator()
    local account = cloud.issuer:issue_key(cloud.services.iam.accounts[1], 3600)
    local second = cloud.issuer:issue_key(cloud.services.metadata.accounts.ncloud[1], 3600)
    cloud.services.huawei.gateway:accept_keys(account)
    cloud.services.ncloud.gateway:accept_keys(second)
    cloud.services.huawei.gateway:accept_token("issued", { account = account, region = "cn-east-3" })
    local copy = emulator.new { state = pass_through_json(cloud:save()) }
    local gateway = copy.services.huawei.gateway
    assert.same(account, gateway.accounts[account.access_key])
    assert.same(second, copy.services.ncloud.gateway.accounts[second.access_key])
    assert.same(account, gateway:find_token("issued").account)
    assert.equal("cn-north-4", gateway:find_token("emulator-token-of-cn-north-4").region)
  end)

  it("save and load copy the state", function()
    local cloud = emulator.new()
    local saved = cloud:save()
    saved.ncloud.keys[TAG].key_name = "changed"
    assert.equal("oldKeyName", cloud:key(TAG).key_name)
    cloud:load(saved)
    saved.ncloud.keys[TAG].key_name = "again"
    assert.equal("changed", cloud:key(TAG).key_name)
  end)

  it("cloud:load replaces all state and takes over the time", function()
    local cloud, used = emulator.new(), new_used_emulator()
    cloud:fault { kind = "bad_gateway" }
    cloud:advance(-5000)
    cloud:load(used:save())
    assert.equal(used:now(), cloud:now())
    assert.same(used:save(), cloud:save())
  end)

  it("cloud:load leaves the option clock in charge of the time", function()
    local cloud = emulator.new { clock = function() return 1000 end }
    cloud:advance(50)
    cloud:load(emulator.new():save())
    assert.equal(1000, cloud:now())
  end)

  it("cloud:reset returns to the option state", function()
    local used = new_used_emulator()
    local cloud = emulator.new { state = used:save() }
    cloud:advance(100 * DAY)
    requests.handle(cloud, requests.move(cloud, { region = "cn-east-3", target = "cn-north-4" }))
    cloud:reset()
    assert.same(used:save(), cloud:save())
  end)

  local function change(name, value)
    local saved = emulator.new():save()
    saved[name] = value
    return saved
  end

  for _, case in ipairs {
    { "a text", "{}", "table expected, got string" },
    { "an empty table", {}, "field 'format' is missing" },
    { "another format", change("format", 2), "format must be 1, the format of this version; got 2" },
    { "an unknown field", change("color", "red"), 'unknown field "color"' },
    { "keys that are missing", change("ncloud", {}), "field 'ncloud.keys': table expected, got nil" },
    { "a key that is a text", change("huawei", { keys = { k = "x" } }), "field 'huawei.keys', entry \"k\": table expected, got string" },
    { "counts that are missing", change("requests", {}), "field 'requests.huawei.total': number expected, got nil" },
    { "counts of operations that are missing", change("requests", { huawei = { total = 1 } }),
      "field 'requests.huawei.by_operation': table expected, got nil" },
    { "a wrong account", change("accounts", { { provider = "ncloud" } }), "option 'accounts', entry 1: field 'access_key' is missing" },
    { "a wrong setting", change("settings", { agency = 1 }), "setting 'agency': boolean expected" },
  } do
    it("cloud:load and emulator.new refuse " .. case[1], function()
      for _, call in ipairs {
        function() emulator.new():load(case[2]) end,
        function() emulator.new { state = case[2] } end,
      } do
        local ok, message = pcall(call)
        assert.is_false(ok)
        assert.truthy(message:find "^%S*saved_state_spec.lua:%d+: bad argument #1 to ", message)
        if type(case[2]) == "table" then assert.truthy(message:find(case[3], 1, true), message) end
      end
    end)
  end
end)
