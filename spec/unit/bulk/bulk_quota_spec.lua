--- kms.bulk under a quota, on virtual time.

local bulk_cloud = require "spec.helpers.bulk_cloud"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

describe("a run of kms.bulk under a quota", function()
  for _, row in ipairs { { "without Retry-After", nil }, { "with Retry-After", "1" } } do
    it(("of 20 requests per second %s moves 300 keys within 1.1 times the ideal time"):format(row[1]), function()
      local cloud = bulk_cloud.new(300)
      cloud:set_quota(20, row[2])
      local start = cloud.cloud:clock()
      assert.same({ done = 300 }, outcomes(execute(cloud:move_options(300))))
      assert.is_true(cloud.cloud:clock() - start <= 1.1 * 15, cloud.cloud:clock() - start)
      assert.is_true(#cloud.requests < 330)
    end)
  end

  for _, row in ipairs { { 1 }, { 1, "1" }, { 2, "1" }, { 3 } } do
    it(("loses few seconds when only request %d is throttled, %s Retry-After"):format(row[1], row[2] and "with" or "without"), function()
      local cloud = bulk_cloud.new(300)
      cloud.filter = function(_, number)
        return number == row[1] and { status = 429, headers = { ["retry-after"] = row[2] }, body = "{}" } or nil
      end
      local start = cloud.cloud:clock()
      assert.same({ done = 300 }, outcomes(execute(cloud:move_options(300, { rate = 20 }))))
      assert.is_true(cloud.cloud:clock() - start <= 15 + 7, cloud.cloud:clock() - start)
    end)
  end

  it("sends at most `rate` requests per second", function()
    local cloud = bulk_cloud.new(100)
    cloud.latency = 0.001
    execute(cloud:move_options(100, { rate = 10 }))
    assert.is_true(cloud.requests[100].at - cloud.requests[1].at >= 9.9 - 0.2)
  end)

  it("never uses attempts for throttled requests", function()
    local cloud = bulk_cloud.new(3)
    cloud.filter = function(_, number)
      return number % 10 ~= 0 and { status = 429, headers = {}, body = '{"error_code":"APIGW.0308","error_msg":"wait"}' } or nil
    end
    local summary = execute(cloud:move_options(3, { attempts = 1 }))
    assert.same({ done = 3 }, outcomes(summary))
    assert.equal(27, summary.throttled)
    assert.equal(30, summary.requests)
  end)

  it("waits as long as Retry-After says", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function(_, number)
      return number == 2 and { status = 503, headers = { ["retry-after"] = "30" }, body = "" } or nil
    end
    assert.same({ done = 2 }, outcomes(execute(cloud:move_options(2))))
    assert.is_true(cloud.requests[3].at - cloud.requests[2].at >= 30)
  end)

  it("stops when the cloud accepts nothing for five minutes", function()
    local cloud = bulk_cloud.new(50)
    cloud:set_quota(0)
    local summary = execute(cloud:move_options(50))
    assert.equal("throttled", summary.stop.code)
    assert.same({ not_tried = 50 }, outcomes(summary))
  end)
end)
