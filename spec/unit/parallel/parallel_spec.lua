--- kms.parallel: many calls of a client at once, their results and their errors, outside NGINX.

local cloud = require "spec.helpers.parallel_cloud"
local coroutines = require "kms.util.coroutines"
local curl_requests = require "spec.helpers.curl_requests"
local emulated = require "spec.helpers.emulator_client"
local kms = require "kms"
local lua_features = require "spec.helpers.lua_features"

local collect_results = cloud.collect_results

local function is_sequence(numbers)
  for i = 2, #numbers do
    if numbers[i] ~= numbers[i - 1] + 1 then return false end
  end
  return true
end

describe("kms.parallel", function()
  before_each(cloud.reset)

  it("kms.parallel makes 1,000 calls, 64 at a time, over 64 connections", function()
    local client = cloud.new_client()
    local parallel = kms.parallel { concurrency = 64 }
    local keys = cloud.make_key_ids(1000, { crowd = 64 })
    local numbers, results = collect_results(parallel:map(keys, cloud.make_mover(client)))
    assert.equal(1000, #numbers)
    assert.is_true(is_sequence(numbers))
    for i, key in ipairs(keys) do assert.equal(key, results[i].key_id) end
    local counters = cloud.read_counters()
    assert.equal(1000, counters.calls)
    assert.equal(64, counters.max_in_flight)
    assert.equal(64, counters.connections)
    assert.same({ requests = 1000, connections = 64 }, parallel:stats())
    parallel:close()
  end)

  it("kms.parallel raises at the caller's line if a coroutine cannot yield across pcall, as in Lua 5.1", function()
    local can_suspend = coroutines.can_suspend
    coroutines.can_suspend = false
    local ok, message = pcall(function()
      local parallel = kms.parallel()
      return parallel
    end)
    coroutines.can_suspend = can_suspend
    assert.is_false(ok)
    assert.matches("^spec/unit/parallel/parallel_spec.lua:%d+: kms.parallel needs the module coxpcall in Lua 5.1, "
      .. "where a coroutine cannot yield across pcall$", message)
  end)

  it("kms.parallel reuses the connections of a run in the next run", function()
    local client, parallel = cloud.new_client(), kms.parallel { concurrency = 8 }
    for _ = 1, 3 do assert.equal(40, #collect_results(parallel:map(cloud.make_key_ids(40), cloud.make_mover(client)))) end
    assert.is_true(parallel:stats().connections <= 8)
    assert.equal(120, cloud.read_counters().calls)
  end)

  it('the order "finished" returns each result as soon as its call ends', function()
    local parallel = kms.parallel { concurrency = 4, order = "finished" }
    local keys = cloud.make_key_ids(12)
    keys[1] = cloud.make_key_id(1, { after = 11 })
    local numbers, results = collect_results(parallel:map(keys, cloud.make_mover(cloud.new_client())))
    assert.equal(12, #numbers)
    assert.equal(1, numbers[12])
    for i, key in ipairs(keys) do assert.equal(key, results[i].key_id) end
  end)

  it("kms.parallel takes at most a window of items ahead of the results", function()
    local parallel = kms.parallel { concurrency = 4 }
    local taken_count, count_at_first_result = 0, nil
    local function next_key()
      if taken_count == 40 then return nil end
      taken_count = taken_count + 1
      return cloud.make_key_id(taken_count, { after = taken_count == 1 and 15 or 0 }) -- the rest of the window
    end
    local numbers = {}
    for number, result in parallel:map(next_key, cloud.make_mover(cloud.new_client())) do
      count_at_first_result = count_at_first_result or taken_count
      assert(result)
      numbers[#numbers + 1] = number
    end
    assert.equal(16, count_at_first_result)
    assert.equal(40, #numbers)
    assert.is_true(is_sequence(numbers))
  end)

  it("a call that fails does not affect other calls", function()
    local acts = { "good", "refused", "good", "closed", "good" }
    local keys = {}
    for i = 1, 200 do keys[i] = cloud.make_key_id(i, { act = acts[i % 5 + 1] }) end
    local client = cloud.new_client()
    local numbers, results, errs = collect_results(kms.parallel { concurrency = 16 }:map(keys, cloud.make_mover(client)))
    assert.equal(200, #numbers)
    local mismatches = {}
    for i, key in ipairs(keys) do
      local act = acts[i % 5 + 1]
      local actual = results[i] and results[i].key_id or errs[i].code
      local expected = act == "good" and key or act == "refused" and "KMS.0207" or "closed"
      if actual ~= expected then mismatches[#mismatches + 1] = i .. ": " .. actual end
    end
    assert.same({}, mismatches)
  end)

  it("the calls of all tasks share one token request", function()
    emulated.reset()
    local user = emulated.accounts.huawei.user
    local transport = curl_requests.new_transport { ca_file = emulated.ca_file }
    local client = kms.huawei { endpoint = emulated.huawei["cn-north-4"], region = "cn-north-4", transport = transport, retry = false,
      project_id = emulated.accounts.huawei.projects["cn-north-4"],
      credentials = kms.credentials.iam_token { user = user.name, password = user.password, domain = user.domain,
        endpoint = emulated.iam } }
    local keys = {}
    for i = 1, 40 do keys[i] = ("%08x-0000-0000-0000-000000000000"):format(i) end
    local numbers, _, errs = collect_results(kms.parallel { concurrency = 20 }:map(keys, cloud.make_mover(client)))
    assert.equal(40, #numbers)
    for i = 1, 40 do assert.equal("KMS.0207", errs[i].code) end -- the gateway accepted the token
    assert.same({ 1, 40 }, { emulated.state().requests.iam, emulated.state().requests.huawei })
  end)

  it("three calls at a time try a key that is not known to be good, and the others fail without a request", function()
    emulated.reset()
    local client = kms.huawei { endpoint = emulated.huawei["cn-north-4"], transport = curl_requests.new_transport { ca_file = emulated.ca_file },
      project_id = emulated.accounts.huawei.projects["cn-north-4"], retry = false,
      credentials = { access_key = emulated.accounts.huawei.access_key, secret_key = "hush" } }
    local _, _, errs = collect_results(kms.parallel { concurrency = 30 }:map(cloud.make_key_ids(30), cloud.make_mover(client)))
    local codes = {}
    for i = 1, 30 do codes[errs[i].code] = (codes[errs[i].code] or 0) + 1 end
    assert.same({ ["APIGW.0301"] = 3, guarded = 27 }, codes)
    assert.equal(3, emulated.state().requests.huawei)
  end)

  it("the error of a task is the value that the task raised or returned", function()
    local error_value = {}
    local client = cloud.new_client()
    local numbers, results, errs = collect_results(kms.parallel { concurrency = 2 }:map({ 1, 2, 3, 4, 5 }, function(item)
      local result = cloud.make_mover(client)(cloud.make_key_id(item))
      if item == 2 then error(error_value) end
      if item == 3 then error("three", 0) end
      if item == 4 then error(nil) end
      if item == 5 then return nil, "five" end
      return result
    end))
    assert.equal(5, #numbers)
    assert.equal(cloud.make_key_id(1), results[1].key_id)
    assert.equal(error_value, errs[2])
    local no_value = select(2, pcall(error, nil)) or "nil" -- Lua 5.5 replaces nil by a text
    assert.same({ nil, "three", no_value, "five" }, { nil, errs[3], errs[4], errs[5] })
    for i = 2, 5 do assert.is_nil(results[i]) end
  end)

  it("a task gets its item and the item's number, and can return two values of any type", function()
    local numbers, results, errs = collect_results(kms.parallel {}:map({ "a", "b", false }, function(item, number)
      return item, number
    end))
    assert.same({ 1, 2, 3 }, numbers)
    assert.same({ "a", "b", false }, results)
    assert.same({ 1, 2, 3 }, errs)
  end)

  describe("a loop that the caller leaves early", function()
    --- Starts a run of 100 calls, and calls `leave` after ten results.
    local function take_ten(parallel, client, leave)
      local run = parallel:map(cloud.make_key_ids(100, { delay = 20 }), cloud.make_mover(client))
      local count = 0
      for _, result in run, nil, nil, run do
        assert(result)
        count = count + 1
        if count == 10 then leave(run) break end
      end
      return run, count
    end

    it("a run that is closed starts no calls, completes the started ones, and still returns their results", function()
      local run, count = take_ten(kms.parallel { concurrency = 8 }, cloud.new_client(), function(run) run:close() end)
      local counters = cloud.read_counters()
      assert.is_true(counters.calls < 100)
      assert.equal(counters.calls, counters.completed)
      for number, result in run do
        count = count + 1
        assert.equal(count, number)
        assert(result)
      end
      assert.equal(counters.calls, count)
      assert.equal(counters.calls, cloud.read_counters().calls)
    end)

    it("the end of a loop closes its run, also after an error in the body, in Lua with to-be-closed variables", function()
      if not lua_features.has_close then
        pending "this Lua has no to-be-closed variables"
        return
      end
      for _, leave in ipairs { function() end, function() error("stop", 0) end } do
        cloud.reset()
        pcall(take_ten, kms.parallel { concurrency = 8 }, cloud.new_client(), leave)
        local counters = cloud.read_counters()
        assert.is_true(counters.calls >= 10 and counters.calls < 100)
        assert.equal(counters.calls, counters.completed)
      end
    end)

    it("another run and parallel:close complete the calls of a run whose loop has ended", function()
      local parallel, client = kms.parallel { concurrency = 8 }, cloud.new_client()
      local run = parallel:map(cloud.make_key_ids(100), cloud.make_mover(client))
      assert(run())
      local numbers = collect_results(parallel:map(cloud.make_key_ids(20), cloud.make_mover(client)))
      assert.equal(20, #numbers)
      parallel:close()
      parallel:close()
      local counters = cloud.read_counters()
      assert.equal(counters.calls, counters.completed)
      assert.is_true(counters.calls < 120)
      assert.equal(parallel:stats().requests, counters.calls)
      assert.has_error(function() parallel:map({}, print) end, "kms.parallel is closed")
      for _, result in run do assert(result) end -- the results of started calls
      assert.equal("kms.parallel (closed)", tostring(parallel))
    end)
  end)

  it("a run continues after its item iterator raised an error", function()
    local parallel, client = kms.parallel { concurrency = 2 }, cloud.new_client()
    local taken_count = 0
    local run = parallel:map(function()
      taken_count = taken_count + 1
      if taken_count == 3 then error("no item", 0) end
      return taken_count <= 5 and cloud.make_key_id(taken_count) or nil
    end, cloud.make_mover(client))
    local numbers, error_count = {}, 0
    while true do
      local ok, number = pcall(run)
      if not ok then
        assert.equal("no item", number)
        error_count = error_count + 1
      elseif number then
        numbers[#numbers + 1] = number
      else
        break
      end
    end
    assert.same({ { 1, 2, 3, 4 }, 1 }, { numbers, error_count })
  end)

  it("a task cannot close its own kms.parallel", function()
    local parallel = kms.parallel { concurrency = 1 }
    local _, results = collect_results(parallel:map({ 1, 2 }, function(item)
      return item == 1 and { pcall(parallel.close, parallel) } or item
    end))
    assert.is_false(results[1][1])
    assert.matches("close of kms.parallel is called from one of its own tasks", results[1][2])
    assert.equal(2, results[2])
    parallel:close()
    assert.matches("closed", tostring(parallel))
  end)

  it("a task can use another kms.parallel, but not its own", function()
    local outer, client = kms.parallel { concurrency = 3 }, cloud.new_client()
    local numbers, results, errs = collect_results(outer:map({ 1, 2, 3 }, function(item)
      if item == 3 then
        for _ in outer:map({ 1 }, print) do error "the loop ran" end
      end
      local inner = kms.parallel { concurrency = 4 }
      local sum = 0
      for _, result in inner:map(cloud.make_key_ids(10), cloud.make_mover(client)) do sum = sum + (result and 1 or 0) end
      inner:close()
      assert(cloud.make_mover(client)(cloud.make_key_id(99)))
      return sum
    end))
    assert.equal(3, #numbers)
    assert.same({ 10, 10 }, { results[1], results[2] })
    assert.matches("parallel_spec.lua:%d+: map of kms.parallel is called from one of its own tasks", errs[3])
    assert.equal(22, cloud.read_counters().calls)
  end)

  it("the memory of a run does not grow with the number of its items #gc", function()
    for order, items in pairs { given = 30000, finished = 10000 } do
      local client, taken_count, max_growth = cloud.new_instant_client(), 0, 0
      local parallel = kms.parallel { concurrency = 64, order = order }
      local key, base = cloud.make_key_id(1), nil
      local count = 0
      for _, result in parallel:map(function()
        taken_count = taken_count + 1
        return taken_count <= items and key or nil
      end, cloud.make_mover(client)) do
        count = count + (result and 1 or 0)
        if count % 2500 == 0 then
          collectgarbage()
          collectgarbage()
          base = base or collectgarbage "count"
          max_growth = math.max(max_growth, collectgarbage "count" - base)
        end
      end
      assert.equal(items, count)
      assert.is_true(max_growth < 64, ("memory grew by %.0f KiB"):format(max_growth))
    end
  end)

  it("kms.parallel and parallel:map raise argument errors at the caller's line", function()
    local function assert_raises(text, call)
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("parallel_spec.lua:%d+: ", message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    assert_raises("bad argument #1 to 'parallel' (table expected, got number)", function() local p = kms.parallel(5) return p end)
    assert_raises("unknown option", function() local p = kms.parallel { concurency = 5 } return p end)
    for _, bad in ipairs { 0, -1, 1.5, "5" } do
      assert_raises("option 'concurrency'", function() local p = kms.parallel { concurrency = bad } return p end)
    end
    assert_raises("option 'order': \"given\" or \"finished\" expected, got \"any\"", function() local p = kms.parallel { order = "any" } return p end)
    local parallel = kms.parallel()
    assert_raises("bad argument #1 to 'map' (table or function expected, got string)", function() local r = parallel:map("x", print) return r end)
    assert_raises("bad argument #2 to 'map' (function expected, got nil)", function() local r = parallel:map({}) return r end)
    assert_raises("calling 'map' on bad self", function() local r = parallel.map({}, {}, print) return r end)
    assert.equal("kms.parallel (open)", tostring(parallel))
  end)
end)
