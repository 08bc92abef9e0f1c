--- kms.emulator.quotas: requests per second.

local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"
local requests = require "spec.helpers.emulator_requests"

describe("quotas of the emulator", function()
  it("Huawei Cloud refuses calls above the quota with APIGW.0308 until the next second", function()
    local cloud = emulator.new { settings = { huawei_quota = 20 } }
    local function move() return requests.move(cloud, { target = "cn-north-4" }) end
    for _ = 1, 20 do requests.assert_accepted(cloud, move()) end
    requests.assert_refused(cloud, { 429, "APIGW.0308", "policy user over ratelimit,limit:20,time:1 second" }, move())
    cloud:advance(0.999)
    requests.assert_refused(cloud, { 429, "APIGW.0308" }, move())
    cloud:advance(0.001)
    requests.assert_accepted(cloud, move())
  end)

  it("each user has a quota, and requests that are not admitted do not count", function()
    local cloud = emulator.new { settings = { huawei_quota = 1 } }
    requests.assert_refused(cloud, { 401, "APIGW.0301" }, requests.move(cloud, { secret_key = "wrong" }))
    requests.assert_accepted(cloud, requests.move(cloud, { target = "cn-north-4" }))
    local other = emulator.fixtures.accounts[2]
    requests.assert_accepted(cloud, requests.move(cloud, { target = "cn-north-4", access_key = other.access_key,
      secret_key = other.secret_key, security_token = other.security_token }))
  end)

  it("a throttled request changes nothing", function()
    local cloud = emulator.new { settings = { huawei_quota = 1 } }
    requests.assert_accepted(cloud, requests.move(cloud, { target = "cn-north-4" }))
    requests.assert_refused(cloud, { 429, "APIGW.0308", "limit:1,time" }, requests.move(cloud))
    assert.equal("cn-north-4", cloud:key(requests.KEY).primary)
  end)

  it("NAVER Cloud has a quota of cryptographic operations per key", function()
    local cloud = emulator.new { settings = { ncloud_quota = 2 } }
    local ncloud = emulated_ncloud.new(cloud)
    local path = "/" .. emulated_ncloud.TAG
    for _ = 1, 2 do ncloud:call("POST", path .. "/encrypt", { plaintext = "" }) end
    ncloud:assert_refused("410", "POST", path .. "/encrypt", { plaintext = "" })
    ncloud:call("POST", path .. "/rotate")
    ncloud:call("POST", "/" .. emulated_ncloud.ROTATED_TAG .. "/encrypt", { plaintext = "" })
    cloud:advance(1)
    ncloud:call("POST", path .. "/encrypt", { plaintext = "" })
  end)

  it("without the settings there is no quota", function()
    local cloud = emulator.new()
    for _ = 1, 400 do requests.assert_accepted(cloud, requests.move(cloud, { target = "cn-north-4" })) end
  end)
end)
