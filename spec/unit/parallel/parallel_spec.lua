--- kms.parallel: many calls of the unchanged client at once.

local emulated = require "spec.helpers.emulator_client"
local emulator = require "kms.emulator"
local kms = require "kms"
local many = require "spec.helpers.parallel_cloud"

--- Everything that a run gives: numbers, results and errors in the order they came.
local function drain(...)
  local numbers, results, errs = {}, {}, {}
  for number, result, err in ... do
    numbers[#numbers + 1] = number
    results[number], errs[number] = result, err
  end
  return numbers, results, errs
end

local function ascending(numbers)
  for i = 2, #numbers do
    if numbers[i] ~= numbers[i - 1] + 1 then return false end
  end
  return true
end

--- A transport that responds at once and never waits.
local function instant()
  local transport = { sent = 0 }
  function transport.send(_, request)
    transport.sent = transport.sent + 1
    local id = request.target:match "/keys/([^/]+)/"
    return { status = 200, headers = {}, body = ('{"key_id":"%s","primary_region":"cn-east-3"}'):format(id) }
  end
  function transport.sleep() error "nobody sleeps here" end
  return transport
end

local function on(transport)
  return kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), credentials = many.CREDENTIALS,
    transport = transport, retry = false }
end

describe("kms.parallel", function()
  before_each(function() many.state "reset" end)

  it("kms.parallel makes 1,000 calls, 64 at a time", function()
    local client = many.client { transport = many.transport() }
    local parallel = kms.parallel { concurrency = 64 }
    local keys = many.keys(1000, { crowd = 64 })
    local numbers, results = drain(parallel:map(keys, many.move(client)))
    assert.equal(1000, #numbers)
    assert.is_true(ascending(numbers))
    for i, key in ipairs(keys) do assert.equal(key, results[i].key_id) end
    local state = many.state()
    assert.equal(1000, state.calls)
    assert.equal(64, state.max_in_flight)
    assert.equal(64, state.connections)
    assert.same({ requests = 1000, connections = 64 }, parallel:stats())
    parallel:close()
  end)

  it("kms.parallel keeps connections from one run to the next", function()
    local client, parallel = many.client(), kms.parallel { concurrency = 8 }
    for _ = 1, 3 do assert.equal(40, #drain(parallel:map(many.keys(40), many.move(client)))) end
    assert.is_true(parallel:stats().connections <= 8)
    assert.equal(120, many.state().calls)
  end)

  it('the order "finished" returns results as calls end', function()
    local parallel = kms.parallel { concurrency = 4, order = "finished" }
    local keys = many.keys(12)
    keys[1] = many.key(1, { after = 11 })
    local numbers, results = drain(parallel:map(keys, many.move(many.client())))
    assert.equal(12, #numbers)
    assert.equal(1, numbers[12])
    for i, key in ipairs(keys) do assert.equal(key, results[i].key_id) end
  end)

  it("kms.parallel takes at most a window of items ahead of the results", function()
    local parallel = kms.parallel { concurrency = 4 }
    local pulled, at_first = 0, nil
    local function next_key()
      if pulled == 40 then return nil end
      pulled = pulled + 1
      return many.key(pulled, { after = pulled == 1 and 15 or 0 }) -- all that the window has room for
    end
    local numbers = {}
    for number, result in parallel:map(next_key, many.move(many.client())) do
      at_first = at_first or pulled
      assert(result)
      numbers[#numbers + 1] = number
    end
    assert.equal(16, at_first)
    assert.equal(40, #numbers)
    assert.is_true(ascending(numbers))
  end)

  it("a call that fails does not affect the others", function()
    local acts = { "good", "refused", "good", "closed", "good" }
    local keys = {}
    for i = 1, 200 do keys[i] = many.key(i, { act = acts[i % 5 + 1] }) end
    local client = many.client { transport = many.transport() }
    local numbers, results, errs = drain(kms.parallel { concurrency = 16 }:map(keys, many.move(client)))
    assert.equal(200, #numbers)
    local wrong = {}
    for i, key in ipairs(keys) do
      local act = acts[i % 5 + 1]
      local got = results[i] and results[i].key_id or errs[i].code
      local expected = act == "good" and key or act == "refused" and "KMS.0207" or "closed"
      if got ~= expected then wrong[#wrong + 1] = i .. ": " .. got end
    end
    assert.same({}, wrong)
  end)

  it("the other calls continue when one never gets a response", function()
    local keys = many.keys(50)
    keys[7] = many.key(7, { act = "silent" })
    local client = many.client { timeout = 2 }
    local numbers, results, errs = drain(kms.parallel { concurrency = 4 }:map(keys, many.move(client)))
    many.state "release"
    assert.equal(50, #numbers)
    for i = 1, 50 do assert.equal(i ~= 7, results[i] ~= nil) end
    assert.same({ "timeout", true }, { errs[7].code, errs[7].uncertain })
  end)

  it("a task that waits to retry does not delay the others", function()
    local keys = {}
    for i = 1, 60 do keys[i] = many.key(i, { act = i % 2 == 0 and "passing" or "good" }) end
    local retried = {}
    local client = many.client { retry = { attempts = 3, base = 0.02 }, on_attempt = function(event) retried[#retried + 1] = event.wait end }
    local numbers, results = drain(kms.parallel { concurrency = 8 }:map(keys, many.move(client)))
    assert.equal(60, #numbers)
    for i = 1, 60 do assert.equal(keys[i], results[i].key_id) end
    assert.equal(30, #retried)
    assert.equal(90, many.state().calls)

    local finished = 0
    local waiting = many.client { timeout = 20, credentials = function(context)
      while finished < 3 do context:sleep(0.01) end
      return many.CREDENTIALS
    end }
    local at_once = many.client()
    local parallel = kms.parallel { concurrency = 2 }
    local order = {}
    for number, result in parallel:map({ waiting, at_once, at_once, at_once }, function(one)
      local result, err = many.move(one)(many.key(1))
      finished = finished + 1
      order[#order + 1] = one == waiting and "waited" or "at once"
      return result, err
    end) do
      assert(result, number)
    end
    assert.same({ "at once", "at once", "at once", "waited" }, order)
  end)

  it("all tasks share one token request", function()
    emulated.reset()
    local user = emulated.accounts.huawei.user
    local transport = many.transport { ca_file = emulated.ca_file }
    local client = kms.huawei { endpoint = emulated.huawei["cn-north-4"], region = "cn-north-4", transport = transport, retry = false,
      project_id = emulated.accounts.huawei.projects["cn-north-4"],
      credentials = kms.credentials.iam_token { user = user.name, password = user.password, domain = user.domain,
        endpoint = emulated.iam } }
    local keys = {}
    for i = 1, 40 do keys[i] = ("%08x-0000-0000-0000-000000000000"):format(i) end
    local numbers, _, errs = drain(kms.parallel { concurrency = 20 }:map(keys, many.move(client)))
    assert.equal(40, #numbers)
    for i = 1, 40 do assert.equal("KMS.0207", errs[i].code) end -- the gateway let all of them in
    assert.same({ 1, 40 }, { emulated.state().requests.iam, emulated.state().requests.huawei })
  end)

  it("lets three calls at a time try a key that is not known to be good", function()
    emulated.reset()
    local client = kms.huawei { endpoint = emulated.huawei["cn-north-4"], transport = many.transport { ca_file = emulated.ca_file },
      project_id = emulated.accounts.huawei.projects["cn-north-4"], retry = false,
      credentials = { access_key = emulated.accounts.huawei.access_key, secret_key = "hush" } }
    local _, _, errs = drain(kms.parallel { concurrency = 30 }:map(many.keys(30), many.move(client)))
    local codes = {}
    for i = 1, 30 do codes[errs[i].code] = (codes[errs[i].code] or 0) + 1 end
    assert.same({ ["APIGW.0301"] = 3, guarded = 27 }, codes)
    assert.equal(3, emulated.state().requests.huawei)
  end)

  it("the error of a task is whatever it raised", function()
    local raised = {}
    local client = many.client()
    local numbers, results, errs = drain(kms.parallel { concurrency = 2 }:map({ 1, 2, 3, 4, 5 }, function(item)
      local result = many.move(client)(many.key(item))
      if item == 2 then error(raised) end
      if item == 3 then error("three", 0) end
      if item == 4 then error(nil) end
      if item == 5 then return nil, "five" end
      return result
    end))
    assert.equal(5, #numbers)
    assert.equal(many.key(1), results[1].key_id)
    assert.equal(raised, errs[2])
    assert.same({ nil, "three", "nil", "five" }, { nil, errs[3], errs[4], errs[5] })
    assert.same({ nil, nil, nil, nil, nil }, { unpack = nil, results[2], results[3], results[4], results[5] })
  end)

  it("a task gets the number of its item, and can return two values of any type", function()
    local numbers, results, errs = drain(kms.parallel {}:map({ "a", "b", false }, function(item, number)
      return item, number
    end))
    assert.same({ 1, 2, 3 }, numbers)
    assert.same({ "a", "b", false }, results)
    assert.same({ 1, 2, 3 }, errs)
  end)

  describe("when the loop is left early", function()
    local function leave(parallel, client, how)
      local run = parallel:map(many.keys(100, { delay = 20 }), many.move(client))
      local count = 0
      for _, result in run, nil, nil, run do
        assert(result)
        count = count + 1
        if count == 10 then how(run) break end
      end
      return run, count
    end

    it("a run that is closed starts no calls, completes those that run, and keeps their results", function()
      local run, count = leave(kms.parallel { concurrency = 8 }, many.client(), function(run) run:close() end)
      local state = many.state()
      assert.is_true(state.calls < 100)
      assert.equal(state.calls, state.completed)
      for number, result in run do
        count = count + 1
        assert.equal(count, number)
        assert(result)
      end
      assert.equal(state.calls, count)
      assert.equal(state.calls, many.state().calls)
    end)

    it("a loop closes its run in Lua 5.4, also after an error in its body", function()
      if rawget(_G, "jit") then return end
      for _, how in ipairs { function() end, function() error("left", 0) end } do
        many.state "reset"
        pcall(leave, kms.parallel { concurrency = 8 }, many.client(), how)
        local state = many.state()
        assert.is_true(state.calls >= 10 and state.calls < 100)
        assert.equal(state.calls, state.completed)
      end
    end)

    it("another run, and close, continue the calls of a loop that was left", function()
      local parallel, client = kms.parallel { concurrency = 8 }, many.client()
      local run = parallel:map(many.keys(100), many.move(client))
      assert(run())
      local numbers = drain(parallel:map(many.keys(20), many.move(client)))
      assert.equal(20, #numbers)
      parallel:close()
      parallel:close()
      local state = many.state()
      assert.equal(state.calls, state.completed)
      assert.is_true(state.calls < 120)
      assert.equal(parallel:stats().requests, state.calls)
      assert.has_error(function() parallel:map({}, print) end, "kms.parallel is closed")
      for _, result in run do assert(result) end -- what was begun can still be taken
      assert.equal("kms.parallel (closed)", tostring(parallel))
    end)

    it("calls are aborted when everything is collected", function()
      local client = many.client()
      for i = 1, 20 do
        local run = kms.parallel { concurrency = 8 }:map(many.keys(8, { delay = 20 }), many.move(client))
        if i % 2 == 0 then assert(run()) else run.runner:start(run, many.key(1, { delay = 20 })) end
      end
      collectgarbage()
      collectgarbage()
      assert(many.move(client)(many.key(1)))
    end)
  end)

  it("a run continues after its item iterator raised an error", function()
    local parallel, client = kms.parallel { concurrency = 2 }, many.client()
    local pulled = 0
    local run = parallel:map(function()
      pulled = pulled + 1
      if pulled == 3 then error("no item", 0) end
      return pulled <= 5 and many.key(pulled) or nil
    end, many.move(client))
    local numbers, raised = {}, 0
    while true do
      local ok, number = pcall(run)
      if not ok then
        assert.equal("no item", number)
        raised = raised + 1
      elseif number then
        numbers[#numbers + 1] = number
      else
        break
      end
    end
    assert.same({ { 1, 2, 3, 4 }, 1 }, { numbers, raised })
  end)

  it("a call in a coroutine of a task blocks, and never suspends that coroutine", function()
    local client = many.client()
    local move = many.move(client)
    local yields = 0
    local _, results = drain(kms.parallel { concurrency = 4 }:map(many.keys(8), function(key)
      local inner = coroutine.wrap(function()
        coroutine.yield "mine"
        return move(key)
      end)
      if inner() == "mine" then yields = yields + 1 end
      return inner()
    end))
    for i = 1, 8 do assert.equal(many.key(i), results[i].key_id) end
    assert.equal(8, yields)
  end)

  it("a call that cannot be suspended blocks, and gets its own response", function()
    local client = many.client()
    local move = many.move(client)
    local keys, responses, finalized = many.keys(12), {}, 0
    local newproxy = rawget(_G, "newproxy")
    local function in_finalizer()
      finalized = finalized + (move(many.key(99)).key_id == many.key(99) and 1 or 0)
    end
    local _, results, errs = drain(kms.parallel { concurrency = 3 }:map(keys, function(key, number)
      if number % 3 == 1 then
        local ok, err = pcall(string.gsub, "x", "x", function() responses[number] = move(many.key(100 + number)) end)
        assert(ok, err)
      elseif number % 3 == 2 then
        if newproxy then getmetatable(newproxy(true)).__gc = in_finalizer else setmetatable({}, { __gc = in_finalizer }) end
        collectgarbage()
      end
      return move(key)
    end))
    for i, key in ipairs(keys) do
      assert.equal(key, results[i] and results[i].key_id or tostring(errs[i]))
      if i % 3 == 1 then assert.equal(many.key(100 + i), responses[i].key_id) end
    end
    assert.equal(4, finalized)
  end)

  it("tasks continue while a call in the loop's body waits for what a task holds", function()
    local client = many.client { lock_guard = true } -- the first call under a key goes alone
    local keys = { many.key(1), "malformed", many.key(2) }
    local own, _, results, errs = nil, drain(function() end)
    local run = kms.parallel { order = "finished" }:map(keys, many.move(client))
    for number, result, err in run do
      results[number], errs[number] = result, err
      own = own or assert(many.move(client)(many.key(9)))
    end
    assert.equal("invalid", errs[2].kind)
    assert.equal(many.key(9), own.key_id)
    for _, i in ipairs { 1, 3 } do assert.equal(keys[i], results[i] and results[i].key_id or tostring(errs[i])) end
  end)

  it("a call that waits and cannot be suspended runs no other tasks on top of it", function()
    local scheduler = require "kms.transport.scheduler"
    local transport, deepest, depth = many.transport(), 0, 0
    local numbers = drain(kms.parallel { concurrency = 20 }:map(many.keys(20), function()
      scheduler.sleep(transport, 0.001)
      coroutine.wrap(function()
        depth = depth + 1
        deepest = math.max(deepest, depth)
        scheduler.sleep(transport, 0.005)
        depth = depth - 1
      end)()
      return true
    end))
    assert.same({ 20, 1 }, { #numbers, deepest })
  end)

  it("a task cannot close its own kms.parallel", function()
    local parallel = kms.parallel { concurrency = 1 }
    local _, results = drain(parallel:map({ 1, 2 }, function(item)
      return item == 1 and { pcall(parallel.close, parallel) } or item
    end))
    assert.is_false(results[1][1])
    assert.matches("close of kms.parallel is called from one of its own tasks", results[1][2])
    assert.equal(2, results[2])
    parallel:close()
    assert.matches("closed", tostring(parallel))
  end)

  it("no item is lost if its task cannot start", function()
    local create, failed = coroutine.create, false
    local items = { "a", "b", "c", "d" }
    local run = kms.parallel { concurrency = 2 }:map(items, function(item) return item end)
    coroutine.create = function(...) -- luacheck: ignore
      if not failed then
        failed = true
        error("not enough memory", 0)
      end
      return create(...)
    end
    local ok, problem = pcall(run)
    coroutine.create = create -- luacheck: ignore
    assert.same({ false, "not enough memory" }, { ok, problem })
    local numbers, results = drain(run)
    assert.same({ 1, 2, 3, 4 }, numbers)
    assert.same(items, results)
  end)

  it("a task that yields gets an error that says so", function()
    local _, results, errs = drain(kms.parallel { concurrency = 2 }:map({ 1, 2, 3 }, function(item)
      if item == 2 then coroutine.yield "to nobody" end
      return item
    end))
    assert.same({ 1, nil, 3 }, { results[1], results[2], results[3] })
    assert.equal("attempt to yield from a task of kms.parallel", errs[2])
  end)

  it("a task can run another kms.parallel, but not its own", function()
    local outer, client = kms.parallel { concurrency = 3 }, many.client()
    local numbers, results, errs = drain(outer:map({ 1, 2, 3 }, function(item)
      if item == 3 then
        for _ in outer:map({ 1 }, print) do error "not to be reached" end
      end
      local inner = kms.parallel { concurrency = 4 }
      local sum = 0
      for _, result in inner:map(many.keys(10), many.move(client)) do sum = sum + (result and 1 or 0) end
      inner:close()
      assert(many.move(client)(many.key(99)))
      return sum
    end))
    assert.equal(3, #numbers)
    assert.same({ 10, 10 }, { results[1], results[2] })
    assert.matches("parallel_spec.lua:%d+: map of kms.parallel is called from one of its own tasks", errs[3])
    assert.equal(22, many.state().calls)
  end)

  it("a call over another transport blocks", function()
    local transport = instant()
    local numbers = drain(kms.parallel { concurrency = 8 }:map(many.keys(100), many.move(on(transport))))
    assert.equal(100, #numbers)
    assert.equal(100, transport.sent)
    local cloud, account = emulator.new(), emulator.fixtures.accounts[1]
    local client = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    cloud:fault { kind = "throttled", retry_after = 3, times = 2 }
    local _, results = drain(kms.parallel {}:map({ "0d0466b0-e727-4d9c-b35d-f84bb474a37f" }, many.move(client)))
    assert.equal("cn-east-3", results[1].primary_region)
  end)

  it("memory does not grow with the number of items #gc", function()
    for order, items in pairs { given = 100000, finished = 20000 } do
      local client, pulled, most = on(instant()), 0, 0
      local parallel = kms.parallel { concurrency = 64, order = order }
      local key, base = many.key(1), nil
      local count = 0
      for _, result in parallel:map(function()
        pulled = pulled + 1
        return pulled <= items and key or nil
      end, many.move(client)) do
        count = count + (result and 1 or 0)
        if count % 5000 == 0 then
          collectgarbage()
          collectgarbage()
          base = base or collectgarbage "count"
          most = math.max(most, collectgarbage "count" - base)
        end
      end
      assert.equal(items, count)
      assert.is_true(most < 64, most .. " KiB more")
    end
  end)

  it("kms.parallel raises argument errors at the caller's line", function()
    local function raises(text, call)
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("parallel_spec.lua:%d+: ", message)
      assert.is_truthy(message:find(text, 1, true), message)
    end
    raises("bad argument #1 to 'parallel' (table expected, got number)", function() local p = kms.parallel(5) return p end)
    raises("unknown option", function() local p = kms.parallel { concurency = 5 } return p end)
    for _, bad in ipairs { 0, -1, 1.5, "5" } do
      raises("option 'concurrency'", function() local p = kms.parallel { concurrency = bad } return p end)
    end
    raises("option 'order': \"given\" or \"finished\" expected, got \"any\"", function() local p = kms.parallel { order = "any" } return p end)
    local parallel = kms.parallel()
    raises("bad argument #1 to 'map' (table or function expected, got string)", function() local r = parallel:map("x", print) return r end)
    raises("bad argument #2 to 'map' (function expected, got nil)", function() local r = parallel:map({}) return r end)
    raises("calling 'map' on bad self", function() local r = parallel.map({}, {}, print) return r end)
    assert.equal("kms.parallel (open)", tostring(parallel))
  end)
end)
