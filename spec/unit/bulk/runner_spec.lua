--- kms.bulk.runner: which steps are taken, in which order, and when the run ends.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local requester = require "kms.bulk.requester"
local runner = require "kms.bulk.runner"
local stop_rule = require "kms.bulk.stop_rule"

local function new_steps(count, fields)
  local steps = {}
  for i = 1, count do
    local id = bulk_cloud.key_id(i)
    steps[i] = { n = i, line = i, key = id, params = { key_id = id, primary_region = "cn-east-3" } }
    for name, value in pairs(fields and fields[i] or {}) do steps[i][name] = value end
  end
  return steps
end

--- Runs steps, and returns the numbers of the keys in the order of their requests.
local function run(steps, options)
  local cloud = options and options.cloud or bulk_cloud.new(#steps)
  local sender = assert(requester.new(cloud:huawei(), {}))
  local self = runner.new { steps = steps, concurrency = options and options.concurrency or 4, on_progress = options and options.on_progress,
    context = { requester = sender, operation = "update_primary_region", behaviour = options and options.behaviour or {},
      may_verify = true, stop_rule = stop_rule.new(nil, #steps) } }
  local problem = self:run()
  local order = {}
  for i, entry in ipairs(cloud.requests) do order[i] = tonumber(entry.target:match "/(%x+)%-e727", 16) end
  return order, self, problem
end

describe("a runner", function()
  it("takes steps that are not complete, and those that failed before last", function()
    local steps = new_steps(5, { [1] = { outcome = "failed" }, [2] = { outcome = "done" }, [4] = { outcome = "already" } })
    assert.same({ 3, 5, 1 }, (run(steps)))
  end)

  it("takes the steps of a chain one after the other, from the first that is not complete", function()
    local steps = new_steps(4, { [1] = { after = 2 }, [2] = { after = 3 }, [3] = { outcome = "done" } })
    assert.same({ 2, 1, 4 }, (run(steps)))
    assert.same({ 3, 2, 1 }, (run(new_steps(3, { [1] = { after = 2 }, [2] = { after = 3 } }))))
  end)

  it("does not take the rest of a chain after a failure", function()
    local steps = new_steps(3, { [1] = { after = 2 } })
    steps[2].params.key_id = bulk_cloud.key_id(99)
    local order, self = run(steps)
    assert.same({ 99, 3 }, order)
    assert.same({ 1, 1, 1 }, { self.counts.done, self.counts.failed, self.counts.not_tried })
  end)

  it("ends at once if nothing is left", function()
    local order, self = run(new_steps(2, { { outcome = "done" }, { outcome = "already" } }))
    assert.same({}, order)
    assert.same({ 1, 1 }, { self.counts.done, self.counts.already })
  end)

  it("stops when the caller's function raises, and returns what it raised", function()
    local order, self, problem = run(new_steps(9), { on_progress = function(event)
      if event.counts.done == 5 then error("enough", 0) end
    end })
    assert.equal(5, #order)
    assert.same({ "enough", "error" }, { problem, self.requester.stop.code })
    problem = select(3, run(new_steps(9), { on_progress = function() error("at once", 0) end }))
    assert.equal("at once", problem)
  end)

  it("asks for the reason if the first steps fail, and stops if it concerns all", function()
    local steps, asked = new_steps(4), 0
    for i = 1, 4 do steps[i].params.key_id = bulk_cloud.key_id(90 + i) end
    local order, self = run(steps, { behaviour = { explain = function(_, err)
      asked = asked + 1
      return asked == 3 and "all of them: " .. err.code or nil
    end } })
    assert.same({ 91, 92, 93 }, order)
    assert.same({ code = "target", message = "all of them: KMS.0207" }, self.requester.stop)
  end)
end)
