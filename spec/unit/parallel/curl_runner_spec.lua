--- The runner of kms.parallel outside NGINX: when a task waits, when a call blocks, and what runs meanwhile.

local cloud = require "spec.helpers.parallel_cloud"
local coroutines = require "kms.util.coroutines"
local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local curl_runner = require "kms.parallel.curl_runner"
local emulator = require "kms.emulator"
local finalizers = require "spec.helpers.finalizers"
local interruption = require "spec.helpers.interruption"
local kms = require "kms"
local scheduler = require "kms.transport.scheduler"

local collect_results = cloud.collect_results

--- Makes a run of kms.parallel that keeps the ends of its tasks as lists { number, ok, result, err }.
local function new_run(fn)
  local run = { fn = fn, ends = {}, started_count = 0, ended_count = 0 }
  function run:reserve_outcome() self.started_count = self.started_count + 1 end
  function run:set_outcome(...)
    self.ends[#self.ends + 1] = { ... }
    return #self.ends
  end
  return run
end

describe("kms.parallel.curl_runner", function()
  local runner, transport

  before_each(function()
    runner, transport = curl_runner.new(), curl_requests.new_transport()
  end)

  it("the runner drives transports of kms.transport.curl only", function()
    assert.is_true(runner:can_drive(transport))
    for _, other in ipairs { curl.multi(), { send = transport.send }, io.stdout, "transport" } do
      assert.is_false(runner:can_drive(other))
    end
  end)

  it("start runs a task until its first wait, and wait resumes the task", function()
    local steps = {}
    local run = new_run(function(item, number)
      steps[#steps + 1] = item
      local response = scheduler.send(transport, curl_requests.new_request "https")
      steps[#steps + 1] = "response"
      return response.status, number
    end)
    runner:start(run, "item")
    assert.same({ { "item" }, {}, 1 }, { steps, run.ends, runner.active })
    while runner.active > 0 do runner:wait() end
    assert.same({ "item", "response" }, steps)
    assert.same({ { 1, true, 200, 1 } }, run.ends)
    assert.same({ requests = 1, connections = 1 }, runner:stats())
  end)

  it("a task that does not wait has ended when start returns", function()
    local run = new_run(function(item) return item end)
    runner:start(run, "a")
    assert.same({ { 1, true, "a" } }, run.ends)
    assert.equal(0, runner.active)
  end)

  it("tasks that sleep are resumed in the order of their times", function()
    local run = new_run(function(seconds)
      scheduler.sleep(transport, seconds)
      return seconds
    end)
    for _, seconds in ipairs { 0.03, 0.01, 0.02 } do runner:start(run, seconds) end
    while runner.active > 0 do runner:wait() end
    assert.same({ { 2, true, 0.01 }, { 3, true, 0.02 }, { 1, true, 0.03 } }, run.ends)
  end)

  it("the coroutine of a task that has ended runs the next task", function()
    local run = new_run(coroutines.running)
    runner:start(run)
    runner:start(run)
    assert.equal("thread", type(run.ends[1][3]))
    assert.equal(run.ends[1][3], run.ends[2][3])
  end)

  it("a task that raises has ended with its error, and the next task runs", function()
    local run = new_run(function(item) error(item, 0) end)
    runner:start(run, "a")
    runner:start(run, "b")
    assert.same({ { 1, false, "a" }, { 2, false, "b" } }, run.ends)
    assert.equal(0, runner.active)
  end)

  it("run_for returns at once without tasks, and returns the time left after its tasks have ended", function()
    assert.equal(5, runner:run_for(5))
    local run = new_run(function() scheduler.sleep(transport, 0.01) end)
    runner:start(run)
    local remaining = runner:run_for(20)
    assert.is_true(remaining > 0 and remaining < 20)
    assert.equal(1, #run.ends)
  end)

  it("run_for leaves a request that no task waits for, as after an error when memory is short", function()
    assert(runner.multi:add(transport, curl_requests.new_request "https"))
    assert.equal(1, runner:run_for(1))
  end)

  it("run_for returns when its time is over, before a task that sleeps longer ends", function()
    local run = new_run(function() scheduler.sleep(transport, 20) end)
    runner:start(run)
    assert.is_true(runner:run_for(0.01) <= 0)
    assert.same({ {}, 1 }, { run.ends, runner.active })
  end)

  it("is_inside is true in a task of the runner only", function()
    local other = curl_runner.new()
    local run = new_run(function() return runner:is_inside(), other:is_inside() end)
    assert.is_false(runner:is_inside())
    runner:start(run)
    assert.same({ { 1, true, true, false } }, run.ends)
    assert.is_false(runner:is_inside())
  end)

  it("wait returns true if no task waits for a request or a sleep", function()
    assert.is_true(runner:wait())
  end)

  it("a task whose response a debug hook discarded ends with an error, after the requests of the others", function()
    local function send() return scheduler.send(transport, curl_requests.new_request "https") end
    local run = new_run(function(seconds)
      local response, err = send()
      if response then scheduler.sleep(transport, seconds) end
      return response and response.status, err
    end)
    for _ = 1, 3 do runner:start(run, 0.01) end
    interruption.follow_next_response(runner)
    interruption.catch(function() while runner.active > 0 do runner:wait() end end)
    while runner.active > 0 do runner:wait() end
    local statuses, errs = {}, {}
    for _, result in ipairs(run.ends) do
      statuses[#statuses + 1] = result[3] or nil
      errs[#errs + 1] = result[4] or nil
    end
    assert.same({ { 200, 200 }, 1 }, { statuses, #errs })
    assert.equal("transport other: the response was discarded, because a debug hook raised an error or memory ran out",
      ("%s %s: %s"):format(errs[1].kind, errs[1].code, errs[1].message))
    assert.is_true(errs[1].uncertain)
  end)

  it("close aborts the requests of waiting tasks", function()
    runner:start(new_run(function() return scheduler.send(transport, curl_requests.new_request("https", "/late")) end))
    runner:close()
    assert.equal("kms.transport.curl.multi (closed)", tostring(runner.multi))
    assert.equal(200, transport:send(curl_requests.new_request "https").status)
  end)
end)

describe("tasks of kms.parallel", function()
  before_each(cloud.reset)

  it("tasks continue while the call of another task gets no response", function()
    local keys = cloud.make_key_ids(50)
    keys[7] = cloud.make_key_id(7, { act = "silent" })
    local client = cloud.new_client { timeout = 2 }
    local numbers, results, errs = collect_results(kms.parallel { concurrency = 4 }:map(keys, cloud.make_mover(client)))
    cloud.release()
    assert.equal(50, #numbers)
    for i = 1, 50 do assert.equal(i ~= 7, results[i] ~= nil) end
    assert.same({ "timeout", true }, { errs[7].code, errs[7].uncertain })
  end)

  it("tasks continue while another task waits to retry", function()
    local keys = {}
    for i = 1, 60 do keys[i] = cloud.make_key_id(i, { act = i % 2 == 0 and "passing" or "good" }) end
    local waits = {}
    local client = cloud.new_client { retry = { attempts = 3, base = 0.02 },
      on_attempt = function(event) waits[#waits + 1] = event.wait end }
    local numbers, results = collect_results(kms.parallel { concurrency = 8 }:map(keys, cloud.make_mover(client)))
    assert.equal(60, #numbers)
    for i = 1, 60 do assert.equal(keys[i], results[i].key_id) end
    assert.equal(30, #waits)
    assert.equal(90, cloud.read_counters().calls)
  end)

  it("tasks continue while the credential provider of another task sleeps", function()
    local ended_count = 0
    local sleeping_client = cloud.new_client { timeout = 20, credentials = function(context)
      while ended_count < 3 do context:sleep(0.01) end
      return cloud.CREDENTIALS
    end }
    local client = cloud.new_client()
    local parallel = kms.parallel { concurrency = 2 }
    local order = {}
    for number, result in parallel:map({ sleeping_client, client, client, client }, function(item)
      local result, err = cloud.make_mover(item)(cloud.make_key_id(1))
      ended_count = ended_count + 1
      order[#order + 1] = item == sleeping_client and "slept" or "did not sleep"
      return result, err
    end) do
      assert(result, number)
    end
    assert.same({ "did not sleep", "did not sleep", "did not sleep", "slept" }, order)
  end)

  it("a call in a coroutine that a task has started blocks, and does not suspend that coroutine", function()
    local client = cloud.new_client()
    local move = cloud.make_mover(client)
    local yield_count = 0
    local _, results = collect_results(kms.parallel { concurrency = 4 }:map(cloud.make_key_ids(8), function(key)
      local inner = coroutine.wrap(function()
        coroutine.yield "own value"
        return move(key)
      end)
      if inner() == "own value" then yield_count = yield_count + 1 end
      return inner()
    end))
    for i = 1, 8 do assert.equal(cloud.make_key_id(i), results[i].key_id) end
    assert.equal(8, yield_count)
  end)

  if coroutines.is_native then
    it("a call in a finalizer and in a callback of string.gsub is refused before it sends anything, and the next call succeeds",
      function()
        local client = cloud.new_client()
        local move = cloud.make_mover(client)
        local keys, errs = cloud.make_key_ids(12), {}
        local function try_to_move()
          local result, err = move(cloud.make_key_id(99))
          errs[#errs + 1] = result and "moved" or err.kind .. " " .. err.code
        end
        local _, results, problems = collect_results(kms.parallel { concurrency = 3 }:map(keys, function(key, number)
          if number % 3 == 1 then
            assert(pcall(string.gsub, "x", "x", try_to_move))
          elseif number % 3 == 2 then
            finalizers.add(try_to_move)
            collectgarbage()
          end
          return move(key)
        end))
        for i, key in ipairs(keys) do assert.equal(key, results[i] and results[i].key_id or tostring(problems[i])) end
        local refusals = {}
        for i = 1, 8 do refusals[i] = "invalid coroutine" end
        assert.same(refusals, errs)
        assert.equal(12, cloud.read_counters().calls)
      end)
  else
    it("a call in a callback of string.gsub is refused before it sends anything, and the next call of its task succeeds", function()
      local client = cloud.new_client()
      local move = cloud.make_mover(client)
      local problems = {}
      local _, results = collect_results(kms.parallel { concurrency = 3 }:map(cloud.make_key_ids(6), function(key, number)
        local _, problem = pcall(string.gsub, "x", "x", function() move(key) end)
        problems[number] = problem
        return move(key)
      end))
      for i = 1, 6 do
        assert.matches("attempt to yield across metamethod/C-call boundary", problems[i], 1, true)
        assert.equal(cloud.make_key_id(i), results[i].key_id)
      end
      assert.equal(6, cloud.read_counters().calls)
    end)

    it("a call inside the pcall of coxpcall suspends its task", function()
      local move = cloud.make_mover(cloud.new_client())
      local _, results = collect_results(kms.parallel { concurrency = 4 }:map(cloud.make_key_ids(8, { crowd = 4 }), function(key)
        return select(2, require("coxpcall").pcall(move, key))
      end))
      for i = 1, 8 do assert.equal(cloud.make_key_id(i, { crowd = 4 }), results[i].key_id) end
      assert.equal(4, cloud.read_counters().max_in_flight)
    end)
  end

  it("tasks continue while a call in the body of the loop waits for a lock guard that a task holds", function()
    local client = cloud.new_client { lock_guard = true } -- at most three calls try an unknown key at once
    local keys = { "malformed" }
    for i = 2, 4 do keys[i] = cloud.make_key_id(i, { crowd = 3 }) end
    local own_result, results, errs = nil, {}, {}
    local run = kms.parallel { order = "finished" }:map(keys, cloud.make_mover(client))
    for number, result, err in run do
      results[number], errs[number] = result, err
      own_result = own_result or assert(cloud.make_mover(client)(cloud.make_key_id(9)))
    end
    assert.equal("invalid", errs[1].kind)
    assert.equal(cloud.make_key_id(9), own_result.key_id)
    assert.equal(3, cloud.read_counters().max_in_flight)
    for i = 2, 4 do assert.equal(keys[i], results[i] and results[i].key_id or tostring(errs[i])) end
  end)

  it("a sleep that cannot suspend its task runs no other task within it", function()
    local transport, max_depth, depth = curl_requests.new_transport(), 0, 0
    local numbers = collect_results(kms.parallel { concurrency = 20 }:map(cloud.make_key_ids(20), function()
      scheduler.sleep(transport, 0.001)
      coroutine.wrap(function()
        depth = depth + 1
        max_depth = math.max(max_depth, depth)
        scheduler.sleep(transport, 0.005)
        depth = depth - 1
      end)()
      return true
    end))
    assert.same({ 20, 1 }, { #numbers, max_depth })
  end)

  it("no item is lost if its task cannot start", function()
    local create, has_failed = coroutine.create, false
    local items = { "a", "b", "c", "d" }
    local run = kms.parallel { concurrency = 2 }:map(items, function(item) return item end)
    coroutine.create = function(...) -- luacheck: ignore
      if not has_failed then
        has_failed = true
        error("not enough memory", 0)
      end
      return create(...)
    end
    local ok, problem = pcall(run)
    coroutine.create = create -- luacheck: ignore
    assert.same({ false, "not enough memory" }, { ok, problem })
    local numbers, results = collect_results(run)
    assert.same({ 1, 2, 3, 4 }, numbers)
    assert.same(items, results)
  end)

  it("a task that yields ends with an error, and other tasks continue", function()
    local _, results, errs = collect_results(kms.parallel { concurrency = 2 }:map({ 1, 2, 3 }, function(item)
      if item == 2 then coroutine.yield "a value" end
      return item
    end))
    assert.same({ 1, nil, 3 }, { results[1], results[2], results[3] })
    assert.equal("attempt to yield from a task of kms.parallel", errs[2])
  end)

  it("a call over a transport that the runner cannot drive blocks", function()
    local instant_client, transport = cloud.new_instant_client()
    local numbers = collect_results(kms.parallel { concurrency = 8 }:map(cloud.make_key_ids(100), cloud.make_mover(instant_client)))
    assert.equal(100, #numbers)
    assert.equal(100, transport.request_count)
    local emulated_cloud, account = emulator.new(), emulator.fixtures.accounts[1]
    local client = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = emulated_cloud,
      credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    emulated_cloud:fault { kind = "throttled", retry_after = 3, times = 2 }
    local _, results = collect_results(kms.parallel {}:map({ "0d0466b0-e727-4d9c-b35d-f84bb474a37f" }, cloud.make_mover(client)))
    assert.equal("cn-east-3", results[1].primary_region)
  end)

  it("the requests of runs that are collected are aborted, and a later call succeeds", function()
    local client = cloud.new_client()
    for i = 1, 20 do
      local run = kms.parallel { concurrency = 8 }:map(cloud.make_key_ids(8, { delay = 20 }), cloud.make_mover(client))
      if i % 2 == 0 then assert(run()) else run.runner:start(run, cloud.make_key_id(1, { delay = 20 })) end
    end
    collectgarbage()
    collectgarbage()
    assert(cloud.make_mover(client)(cloud.make_key_id(1)))
  end)
end)
