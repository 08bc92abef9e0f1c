--- kms.bulk: failures, lost responses, stops and progress, on virtual time.

local bulk_cloud = require "spec.helpers.bulk_cloud"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

describe("a run of kms.bulk with failures", function()
  it("repeats what may succeed later, as often as `attempts` says", function()
    local cloud = bulk_cloud.new(2)
    cloud.filter = function(_, number)
      return number <= 3 and { status = 502, headers = {}, body = "<html>" } or nil
    end
    local summary = execute(cloud:move_options(2, { attempts = 4 }))
    assert.same({ done = 2 }, outcomes(summary))
    assert.equal(3, summary.retries)
  end)

  it("stops after failures in a row", function()
    local cloud = bulk_cloud.new(9)
    local summary = execute(cloud:move_options(100, { stop_after = 5 }))
    assert.equal("failures", summary.stop.code)
    assert.matches("^5 items in a row failed; the last one: The key does not exist", summary.stop.message)
    assert.same({ done = 9, failed = 5, not_tried = 86 }, outcomes(summary))
  end)

  it("stops when requests get no response, long before items fail", function()
    local cloud = bulk_cloud.new(100)
    cloud.filter = function(_, number)
      if number <= 10 then return nil end
      return nil, require("kms.error").new { kind = "transport", code = "connect", message = "connection refused" }
    end
    local summary = execute(cloud:move_options(100, { attempts = 1000 }))
    assert.equal("unreachable", summary.stop.code)
    assert.equal(40, #cloud.requests)
  end)

  it("settles a lost response of Huawei Cloud by inference at the target region", function()
    local cloud = bulk_cloud.new(5)
    cloud.drop = function(_, number) return number == 2 end
    local summary = execute(cloud:move_options(5))
    assert.same({ done = 4, already = 1, inferred = 1 }, outcomes(summary))
    assert.equal(5, cloud:count_moved(5))
    assert.equal(1, cloud:count_requests("update-primary-region", "cn-east-3"))
  end)

  it("reports keys that were moved before as already there, by inference", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(3))
    assert.same({ done = 2, already = 3, inferred = 3 }, outcomes(execute(cloud:move_options(5))))
  end)

  it("leaves a lost response uncertain without verification", function()
    local cloud = bulk_cloud.new(3)
    cloud.drop = function(_, number) return number == 2 end
    local summary = execute(cloud:move_options(3, { verify = false }))
    assert.same({ done = 2, uncertain = 1 }, outcomes(summary))
    assert.same({ bulk_cloud.key_id(2) }, summary.uncertain_keys)
  end)

  it("verifies with the client that the caller gives", function()
    local cloud = bulk_cloud.new(3)
    cloud.drop = function(_, number) return number == 2 end
    local other = cloud:huawei { region = "cn-east-3", project_id = "c6e2a0f4b8d14c7e9a3f5b1d7e0c2a68" }
    local summary = execute(cloud:move_options(3, { verify = other }))
    assert.equal(1, cloud:count_requests("c6e2a0f4b8d14c7e9a3f5b1d7e0c2a68", "cn-east-3"))
    assert.same({ done = 2, uncertain = 1 }, outcomes(summary)) -- the project is not that of the account
  end)

  it("reports progress: each outcome, and at least once per second", function()
    local cloud, events = bulk_cloud.new(3), {}
    cloud.filter = function(_, number)
      return number == 2 and { status = 429, headers = { ["retry-after"] = "5" }, body = "" } or nil
    end
    execute(cloud:move_options(3, { on_progress = function(event) events[#events + 1] = event end }))
    assert.same({ line = 1, key = bulk_cloud.key_id(1), outcome = "done", seconds = 0.01, requests = 1, retries = 0, throttled = 0,
      counts = events[1].counts }, { line = events[1].line, key = events[1].key, outcome = events[1].outcome,
      seconds = math.floor(events[1].seconds * 100 + 0.5) / 100, requests = events[1].requests, retries = events[1].retries,
      throttled = events[1].throttled, counts = events[1].counts })
    local ticks = 0
    for _, event in ipairs(events) do
      if not event.outcome then ticks = ticks + 1 end
    end
    assert.is_true(ticks >= 4)
  end)
end)
