--- kms.bulk.runner: which steps are taken, in which order, and when the run ends.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local kms = require "kms"
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

  it("takes one step of a chain first, and asks the caller before the next", function()
    local steps = new_steps(3, { [1] = { after = 2 } })
    local order = run(steps, { on_progress = function(event)
      if event.counts.done == 1 then error("no", 0) end
    end })
    assert.same({ 2 }, order)
  end)

  it("does not take a key that needs no request for the first one", function()
    local seen = {}
    local steps = new_steps(3, { { outcome = "already", is_planned = true } })
    run(steps, { on_progress = function(event) seen[#seen + 1] = { event.outcome, event.is_first } end })
    assert.same({ { "already" }, { "done", true }, { "done" } }, seen)
  end)
end)

describe("a runner that waits for responses", function()
  local LATENCY = 1 -- seconds
  local MAIN = coroutine.running()

  before_each(function()
    emulated.reset()
    local keys = {}
    for i = 1, 4 do
      keys[i] = { provider = "huawei", key_id = bulk_cloud.key_id(i), primary = "cn-north-4", replicas = { "cn-east-3" } }
    end
    emulated.control("PUT", "saved", emulator.new({ keys = keys }):save())
    emulated.settings { latency = { distribution = "fixed", seconds = LATENCY } }
  end)

  after_each(emulated.reset)

  --- Moves four keys.
  local function execute(on_progress)
    local client = kms.huawei { region = "cn-north-4", endpoint = emulated.huawei["cn-north-4"], project_id =
      emulated.accounts.huawei.projects["cn-north-4"], credentials = emulated.keys "huawei",
      transport = { ca_file = emulated.ca_file } }
    local items = {}
    for i = 1, 4 do items[i] = bulk_cloud.key_id(i) end
    local self
    self = assert(kms.bulk { client = client, operation = "update_primary_region", params = { primary_region = "cn-east-3" },
      items = items, on_progress = function(event) on_progress(event, self) end })
    return assert(self:execute())
  end

  it("reports progress often, and outside of tasks", function()
    local ticks, under_way = 0, 0
    local summary = execute(function(event)
      if event.key then return end
      assert.equal(MAIN, coroutine.running())
      ticks, under_way = ticks + 1, math.max(under_way, event.under_way)
    end)
    assert.equal(4, summary.done)
    assert.equal(3, under_way)
    assert.is_true(ticks >= 8, ticks)
  end)

  it("waits for the requests under way after a stop", function()
    local summary = execute(function(event, self)
      if event.under_way == 3 then self:stop "enough" end
    end)
    assert.same({ "requested", 4, 0 }, { summary.stop.code, summary.done, summary.uncertain })
  end)

  it("leaves the requests under way after an urgent stop, and the first one too", function()
    local summary = execute(function(event, self)
      if event.under_way == 3 then self:stop("now", true) end
    end)
    assert.same({ 1, 3, 0 }, { summary.done, summary.uncertain, summary.not_tried })
    assert.is_true(summary.seconds < 2 * LATENCY, summary.seconds)
    summary = execute(function(_, self) self:stop("now", true) end)
    assert.same({ 0, 1, 3 }, { summary.done, summary.uncertain, summary.not_tried })
    assert.is_true(summary.seconds < LATENCY, summary.seconds)
  end)
end)
