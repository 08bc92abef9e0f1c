local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cache = require "kms.credentials.cache"
local credentials = require "kms.credentials"
local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local interruption = require "spec.helpers.interruption"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local HOUR = 3600

--- Creates a cached provider whose service is a function of the spec, on the time of a fake transport.
---@param fetch fun(context, count: integer, state: table): kms.Credentials?, kms.Error?
local function new(fetch, plan)
  local test = { transport = fake_transport.new {}, fetch_count = 0, fetch = fetch }
  local get, forget = cache.new {
    plan = function() return plan or { key = "one" } end,
    fetch = function(context, _, state)
      test.fetch_count = test.fetch_count + 1
      return test.fetch(context, test.fetch_count, state)
    end,
  }
  test.provider = provider.new("spec", get, { forget = forget })
  function test.get(timeout)
    return test.provider:get(provider_call.new_context("huawei", test.transport, { timeout = timeout }))
  end
  function test.advance(seconds) test.transport.time = test.transport.time + seconds end
  return test
end

--- Creates a `fetch` of keys with the number of the fetch.
local function numbered_keys(lifetime)
  return function(context, count)
    return { access_key = "AK" .. count, secret_key = "SK" .. count, expires = context:now() + lifetime }
  end
end

local function fail() return Credentials.error("unavailable", "down", "why") end

describe("kms.credentials.cache", function()
  it("the cache returns the same credentials until the renewal margin before they expire", function()
    local test = new(numbered_keys(10 * HOUR), { key = "one", renewal_margin = 40 * 60 })
    local first = test.get()
    test.advance(10 * HOUR - 40 * 60 - 1)
    assert.equal(first, test.get())
    test.advance(1)
    local second = test.get()
    assert.same({ "AK2", "SK2" }, { second.access_key, second.secret_key })
    assert.same({ "AK1", "SK1" }, { first.access_key, first.secret_key })
    assert.equal(2, test.fetch_count)
  end)

  it("the default renewal margin is a fifth of the lifetime, and no margin exceeds half of it", function()
    local test = new(numbered_keys(HOUR))
    test.get()
    test.advance(HOUR * 0.8 - 1)
    test.get()
    assert.equal(1, test.fetch_count)
    test.advance(1)
    test.get()
    assert.equal(2, test.fetch_count)
    test = new(numbered_keys(HOUR), { key = "one", renewal_margin = 10 * HOUR })
    test.get()
    test.advance(HOUR / 2 - 1)
    test.get()
    assert.equal(1, test.fetch_count)
  end)

  it("old credentials serve while a service is down, and the service is not asked at every call", function()
    local test = new(numbered_keys(HOUR))
    local first = test.get()
    test.fetch = fail
    test.advance(HOUR * 0.8)
    for _ = 1, 100 do assert.equal(first, test.get()) end
    assert.equal(2, test.fetch_count)
    test.advance(2)
    for _ = 1, 100 do assert.equal(first, test.get()) end
    assert.equal(3, test.fetch_count)
    test.advance(3)
    assert.equal(first, test.get())
    assert.equal(3, test.fetch_count)
    -- Credentials are not used in their last minute, because they could expire on the way.
    test.advance(HOUR * 0.2 - 60 - 5)
    local err = provider_call.assert_failure("unavailable", {}, test.get())
    assert.equal("down", err.message)
    assert.equal("why", err.cause)
    test.fetch = numbered_keys(HOUR)
    test.advance(100)
    assert.is_truthy(test.get())
  end)

  it("a failure is remembered for a pause that doubles, and each caller gets an error of its own", function()
    local test = new(fail)
    local first = provider_call.assert_failure("unavailable", {}, test.get())
    first.message = "changed"
    local second = provider_call.assert_failure("unavailable", {}, test.get())
    assert.equal("down; next request in 2 s", second.message)
    assert.equal("why", second.cause)
    assert.same({ { name = "spec", code = "unavailable", reason = second.message } }, second.tried)
    assert.equal(1, test.fetch_count)
    for fetch_count, pause in ipairs { 2, 4, 8, 16, 32, 60, 60 } do
      test.advance(pause - 0.5)
      test.get()
      assert.equal(fetch_count, test.fetch_count)
      test.advance(0.5)
      test.get()
      assert.equal(fetch_count + 1, test.fetch_count)
    end
  end)

  it("the pause after a failure is measured on the monotonic clock, whatever happens to the wall clock", function()
    local test = new(fail)
    local wall_offset = 0
    function test.transport:now() return self.time + wall_offset end
    test.get()
    wall_offset = HOUR
    test.get()
    assert.equal(1, test.fetch_count)
    wall_offset = -HOUR
    test.advance(2)
    test.get()
    assert.equal(2, test.fetch_count)
  end)

  it("the expiry time is compared with the time of the cloud, once the client has learnt the clock offset", function()
    local test, client = new(numbered_keys(HOUR)), { clock_offset = 0 }
    local function get()
      local context = provider_call.new_context("huawei", test.transport)
      context.client = client
      return test.provider:get(context)
    end
    local first = get()
    test.advance(0.7 * HOUR)
    assert.equal(first, get())
    client.clock_offset = 0.2 * HOUR
    assert.equal("AK2", get().access_key)
  end)

  it("a client whose clock is behind renews credentials before they expire at the cloud", function()
    local cloud = emulator.new()
    local transport = emulated_huawei.shift_clock(cloud, -2 * HOUR)
    local client = emulated_huawei.new_client(transport, { credentials = credentials.metadata() })
    assert(client:update_primary_region(emulated_huawei.PARAMS))
    assert.equal(1, cloud:requests("metadata", "huawei_key"))
    cloud:advance(6 * HOUR) -- the lifetime of the keys
    client:update_primary_region(emulated_huawei.PARAMS)
    assert.equal(2, cloud:requests("metadata", "huawei_key"))
  end)

  it("a refusal is remembered for the refusal pause, until forget", function()
    local test = new(function() return Credentials.error("refused", "no") end, { key = "one", refusal_pause = 300 })
    test.get()
    test.advance(299)
    provider_call.assert_failure("refused", {}, test.get())
    assert.equal(1, test.fetch_count)
    test.provider:forget()
    test.get()
    assert.equal(2, test.fetch_count)
  end)

  it("a fetch that the caller's deadline ended is not remembered as a failure", function()
    local test = new(function(context)
      context:sleep(3)
      return fail()
    end)
    provider_call.assert_failure("unavailable", {}, test.get(3))
    test.fetch = numbered_keys(HOUR)
    assert.is_truthy(test.get(3))
  end)

  it("a fetch takes at most half of the remaining time while old credentials serve", function()
    local test = new(numbered_keys(HOUR))
    test.get()
    test.advance(HOUR * 0.8)
    local remaining
    test.fetch = function(context)
      remaining = context.deadline - context:clock()
      return fail()
    end
    assert.equal("AK1", test.get(8).access_key)
    assert.equal(4, remaining)
  end)

  it("the call has its whole deadline again after a fetch, after one that raises, too", function()
    for _, fetch in ipairs { fail, function() error "broken" end } do
      local test = new(numbered_keys(HOUR))
      test.get()
      test.advance(HOUR * 0.8)
      test.fetch = fetch
      local context = provider_call.new_context("huawei", test.transport, { timeout = 8 })
      local deadline = context.deadline
      pcall(test.provider.get, test.provider, context)
      assert.equal(2, test.fetch_count)
      assert.equal(deadline, context.deadline)
    end
  end)

  it("credentials that have expired on arrival are an error that mentions the clock", function()
    local err = provider_call.assert_failure("expired", { "SK1" }, new(numbered_keys(0)).get())
    assert.matches("clock", err.message)
  end)

  it("an error that a debug hook raises anywhere leaves a cache that works, and nothing waits", function()
    for _, fetch in ipairs { numbered_keys(HOUR), fail } do
      local test, count = nil, 0
      interruption.interrupt_everywhere(function()
        test = new(fetch)
        test.get()
      end, function()
        local start = test and test.transport.time
        if test then
          test.fetch = numbered_keys(HOUR)
          if not test.get() then test.advance(2) end -- the pause after a failure
          assert.matches("^AK", test.get().access_key)
          assert.is_true(test.transport.time - start <= 2)
        end
        count = count + 1
      end)
      assert.is_true(count > 30)
    end
  end)

  it("forget drops the credentials that the cloud refused, and no others", function()
    local rejected
    local test = new(function(context, count, state)
      rejected = state.rejected
      return numbered_keys(HOUR)(context, count)
    end)
    local first = test.get()
    test.provider:forget { access_key = "AK1" }
    assert.equal(first, test.get())
    test.provider:forget(first)
    local second = test.get()
    assert.equal("AK2", second.access_key)
    assert.equal(first, rejected)
    test.provider:forget(first) -- by a call that started with the old credentials
    assert.equal(second, test.get())
  end)

  it("an error that fetch raises is passed on and does not lock the cache", function()
    local test = new(function() error("broken", 0) end)
    assert.has_error(function() test.get() end, "broken")
    test.fetch = numbered_keys(HOUR)
    assert.is_truthy(test.get())
  end)

  describe("concurrent calls", function()
    --- Makes the service take some seconds. Sleeping yields to the other calls, and each turn takes a millisecond.
    local function schedule(test, seconds)
      local function pause(transport, duration)
        local wake_time = transport.time + duration
        repeat
          transport.time = transport.time + 0.001
          coroutine.yield()
        until transport.time >= wake_time
      end
      test.transport.sleep = pause
      local fetch = test.fetch
      test.fetch = function(...)
        pause(test.transport, seconds)
        return fetch(...)
      end
    end

    local function call_50_times(get)
      local functions, results = {}, {}
      for i = 1, 50 do
        functions[i] = function() results[i] = { get() } end
      end
      provider_call.run_concurrently(functions)
      assert.equal(50, #results)
      return results
    end

    it("50 concurrent calls cause one fetch and get the same credentials", function()
      local test = new(numbered_keys(HOUR))
      schedule(test, 1)
      local results = call_50_times(test.get)
      assert.equal(1, test.fetch_count)
      for i = 1, 50 do assert.equal(results[1][1], results[i][1]) end
    end)

    it("50 concurrent calls cause one failing fetch, and each gets the reason", function()
      local test = new(fail)
      schedule(test, 1)
      for _, result in ipairs(call_50_times(test.get)) do
        provider_call.assert_failure("unavailable", {}, result[1], result[2])
      end
      assert.equal(1, test.fetch_count)
    end)

    it("concurrent calls get the old credentials while one call renews them", function()
      local test = new(numbered_keys(HOUR))
      test.get()
      test.advance(HOUR * 0.8)
      schedule(test, 1)
      local renewed_count = 0
      for _, result in ipairs(call_50_times(test.get)) do
        local access_key = result[1].access_key
        if access_key == "AK2" then renewed_count = renewed_count + 1 else assert.equal("AK1", access_key) end
      end
      assert.equal(2, test.fetch_count)
      assert.is_true(renewed_count >= 1)
      assert.equal("AK2", test.get().access_key)
    end)

    it("a call waits for the fetch of another one no longer than its own deadline", function()
      local test = new(numbered_keys(HOUR))
      schedule(test, 10)
      local quick, slow
      provider_call.run_concurrently {
        function() quick = { test.get(1) } end,
        function() slow = test.get(30) end,
      }
      local err = provider_call.assert_failure("unavailable", {}, quick[1], quick[2])
      assert.matches("timed out waiting", err.message)
      assert.is_truthy(slow)
      assert.equal(1, test.fetch_count)
    end)

    it("a call that waited without success has the failure of the latest attempt as its cause", function()
      local test = new(function(context)
        context.lease:extend(context, 10)
        context.lease:report(select(2, Credentials.error("unavailable", "IAM is down", "the cause")))
        coroutine.yield()
      end)
      assert(coroutine.resume(coroutine.create(test.get)))
      local err = provider_call.assert_failure("unavailable", {}, test.get(5))
      assert.same({ "timed out waiting for a concurrent request for credentials; its latest attempt: IAM is down",
        "the cause" }, { err.message, err.cause })
      test.fetch = numbered_keys(HOUR)
      assert.equal("AK2", test.get(10).access_key)
    end)

    it("requests are repeated only while there are no credentials that serve", function()
      local is_single_attempt = {}
      local test = new(function(context, count)
        is_single_attempt[count] = context.is_single_attempt
        return numbered_keys(HOUR)(context, count)
      end)
      test.get()
      test.advance(HOUR * 0.8)
      test.get()
      assert.same({ false, true }, is_single_attempt)
    end)

    it("a fetch that never returns blocks the other calls for a bounded time", function()
      local test = new(numbered_keys(HOUR))
      test.fetch = function() coroutine.yield() end
      local lost = coroutine.create(test.get)
      assert(coroutine.resume(lost))
      test.fetch = numbered_keys(HOUR)
      provider_call.assert_failure("unavailable", {}, test.get(1))
      assert.is_truthy(test.get(120))
    end)
  end)
end)
