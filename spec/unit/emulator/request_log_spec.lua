--- kms.emulator.request_log: which requests are kept, and what about them.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

describe("the request log of the emulator", function()
  it("is empty by default", function()
    local cloud = emulator.new()
    requests.handle(cloud, requests.rename(cloud))
    assert.same({}, cloud:request_log())
  end)

  it("has operation, key, status and fault of each request, in order", function()
    local cloud = emulator.new { settings = { request_log = 10 } }
    cloud:fault { kind = "close_before" }
    requests.handle(cloud, requests.rename(cloud))
    requests.handle(cloud, requests.move(cloud))
    requests.handle(cloud, requests.rename(cloud, { secret_key = "wrong" }))
    local log = cloud:request_log()
    assert.equal(3, #log)
    assert.same({ "ncloud", "rename_key", requests.TAG, "close_before" },
      { log[1].provider, log[1].operation, log[1].key, log[1].fault })
    assert.same({ 2, "huawei", "cn-north-4", "update_primary_region", 200 },
      { log[2].number, log[2].provider, log[2].region, log[2].operation, log[2].status })
    assert.matches("^%x+$", log[2].request_id)
    assert.equal(401, log[3].status)
  end)

  it("keeps the last requests, as many as the setting says, until a reset", function()
    local cloud = emulator.new()
    cloud:settings { request_log = 2 }
    for _ = 1, 5 do requests.handle(cloud, requests.rename(cloud)) end
    local log = cloud:request_log()
    assert.same({ 4, 5 }, { log[1].number, log[2].number })
    assert.equal(2, #log)
    cloud:reset()
    assert.same({}, cloud:request_log())
  end)
end)
