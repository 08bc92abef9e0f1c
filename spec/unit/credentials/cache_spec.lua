local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local emulator = require "kms.emulator"
local kms = require "kms"
local mutex = require "kms.util.mutex"
local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local HOUR = 3600

--- A source whose service is a function of the spec, on the time of a canned transport.
---@param fetch fun(context, count: integer, state: table): kms.Credentials?, kms.Error?
local function new(fetch, plan)
  local made = { transport = canned.new {}, asked = 0, fetch = fetch }
  local get, forget = cache.new {
    plan = function() return plan or { key = "one" } end,
    fetch = function(context, _, state)
      made.asked = made.asked + 1
      return made.fetch(context, made.asked, state)
    end,
  }
  made.source = provider.new("spec", get, { forget = forget })
  function made.get(timeout)
    return made.source:get(caller.context("huawei", made.transport, { timeout = timeout }))
  end
  function made.pass(seconds) made.transport.time = made.transport.time + seconds end
  return made
end

--- Gives keys numbered by the count of requests.
local function keys(lifetime)
  return function(context, count)
    return { access_key = "AK" .. count, secret_key = "SK" .. count, expires = context:now() + lifetime }
  end
end

local function down() return Credentials.error("unavailable", "down", "why") end

describe("refresh", function()
  it("hands out the same snapshot until shortly before its end", function()
    local made = new(keys(10 * HOUR), { key = "one", renewal_margin = 40 * 60 })
    local first = made.get()
    made.pass(10 * HOUR - 40 * 60 - 1)
    assert.equal(first, made.get())
    made.pass(1)
    local second = made.get()
    assert.same({ "AK2", "SK2" }, { second.access_key, second.secret_key })
    assert.same({ "AK1", "SK1" }, { first.access_key, first.secret_key })
    assert.equal(2, made.asked)
  end)

  it("takes a fifth of the lifetime for a margin, and never more than half", function()
    local made = new(keys(HOUR))
    made.get()
    made.pass(HOUR * 0.8 - 1)
    made.get()
    assert.equal(1, made.asked)
    made.pass(1)
    made.get()
    assert.equal(2, made.asked)
    made = new(keys(HOUR), { key = "one", renewal_margin = 10 * HOUR })
    made.get()
    made.pass(HOUR / 2 - 1)
    made.get()
    assert.equal(1, made.asked)
  end)

  it("lets the old ones serve while they last, and does not hammer a service that is down", function()
    local made = new(keys(HOUR))
    local first = made.get()
    made.fetch = down
    made.pass(HOUR * 0.8)
    for _ = 1, 100 do assert.equal(first, made.get()) end
    assert.equal(2, made.asked)
    made.pass(2)
    for _ = 1, 100 do assert.equal(first, made.get()) end
    assert.equal(3, made.asked)
    made.pass(3)
    assert.equal(first, made.get())
    assert.equal(3, made.asked)
    -- In the last minute they might end under way.
    made.pass(HOUR * 0.2 - 60 - 5)
    local err = caller.failed("unavailable", {}, made.get())
    assert.equal("down", err.message)
    assert.equal("why", err.cause)
    made.fetch = keys(HOUR)
    made.pass(100)
    assert.is_truthy(made.get())
  end)

  it("remembers a failure for some seconds, in an error of its own each time", function()
    local made = new(down)
    local first = caller.failed("unavailable", {}, made.get())
    first.message = "changed"
    local second = caller.failed("unavailable", {}, made.get())
    assert.equal("down; next request in 2 s", second.message)
    assert.equal("why", second.cause)
    assert.same({ { name = "spec", code = "unavailable", reason = second.message } }, second.tried)
    assert.equal(1, made.asked)
    for asked, pause in ipairs { 2, 4, 8, 16, 32, 60, 60 } do
      made.pass(pause - 0.5)
      made.get()
      assert.equal(asked, made.asked)
      made.pass(0.5)
      made.get()
      assert.equal(asked + 1, made.asked)
    end
  end)

  it("remembers a refusal for longer where asking again could lock an account", function()
    local made = new(function() return Credentials.error("refused", "no") end, { key = "one", refusal_pause = 300 })
    made.get()
    made.pass(299)
    caller.failed("refused", {}, made.get())
    assert.equal(1, made.asked)
    made.source:forget()
    made.get()
    assert.equal(2, made.asked)
  end)

  it("learns nothing from a try that the caller's own deadline ended", function()
    local made = new(function(context)
      context:sleep(3)
      return down()
    end)
    caller.failed("unavailable", {}, made.get(3))
    made.fetch = keys(HOUR)
    assert.is_truthy(made.get(3))
  end)

  it("spends at most half of a call's time on new ones while the old ones serve", function()
    local made = new(keys(HOUR))
    made.get()
    made.pass(HOUR * 0.8)
    local left
    made.fetch = function(context)
      left = context.deadline - context:now()
      return down()
    end
    assert.equal("AK1", made.get(8).access_key)
    assert.equal(4, left)
  end)

  it("refuses what has expired on its way", function()
    local err = caller.failed("expired", { "SK1" }, new(keys(0)).get())
    assert.matches("clock", err.message)
  end)

  it("drops what the cloud refused, and only that", function()
    local rejected
    local made = new(function(context, count, state)
      rejected = state.rejected
      return keys(HOUR)(context, count)
    end)
    local first = made.get()
    made.source:forget { access_key = "AK1" }
    assert.equal(first, made.get())
    made.source:forget(first)
    local second = made.get()
    assert.equal("AK2", second.access_key)
    assert.equal(first, rejected)
    made.source:forget(first) -- by a call that still had the old ones
    assert.equal(second, made.get())
  end)

  it("is told through a chain, and a source of the caller's own is, what the cloud refused", function()
    local cloud, told = emulator.new(), {}
    local account = emulator.fixtures.accounts[1]
    local own = { name = "vault" }
    function own.get() return { access_key = account.access_key, secret_key = "hush" } end
    function own:forget(refused) told[#told + 1] = { self, refused and refused.secret_key or "everything" } end
    local silent = { name = "silent", get = function() end }
    local client = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      credentials = kms.credentials.chain { kms.credentials.environment(), silent, own } }
    local _, err = client:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
    assert.equal("APIGW.0301", err.code)
    client:reset()
    assert.same({ { own, "hush" }, { own, "everything" } }, told)
  end)

  it("passes on what a transport raises, and is not locked by it", function()
    local made = new(function() error("misuse", 0) end)
    assert.has_error(function() made.get() end, "misuse")
    made.fetch = keys(HOUR)
    assert.is_truthy(made.get())
  end)

  describe("with many at once", function()
    local function scheduled(made, seconds)
      -- What waits for the service or for the lock lets the others go on; time moves with each turn.
      local function pause(transport, wait)
        local stop = transport.time + wait
        repeat
          transport.time = transport.time + 0.001
          coroutine.yield()
        until transport.time >= stop
      end
      made.transport.sleep = pause
      local fetch = made.fetch
      made.fetch = function(...)
        pause(made.transport, seconds)
        return fetch(...)
      end
    end

    local function fifty(get)
      local functions, results = {}, {}
      for i = 1, 50 do
        functions[i] = function() results[i] = { get() } end
      end
      caller.side_by_side(functions)
      assert.equal(50, #results)
      return results
    end

    it("asks once, and all get the same", function()
      local made = new(keys(HOUR))
      scheduled(made, 1)
      local results = fifty(made.get)
      assert.equal(1, made.asked)
      for i = 1, 50 do assert.equal(results[1][1], results[i][1]) end
    end)

    it("fails once, and all learn why", function()
      local made = new(down)
      scheduled(made, 1)
      for _, result in ipairs(fifty(made.get)) do caller.failed("unavailable", {}, result[1], result[2]) end
      assert.equal(1, made.asked)
    end)

    it("lets the others go on with the old ones", function()
      local made = new(keys(HOUR))
      made.get()
      made.pass(HOUR * 0.8)
      scheduled(made, 1)
      local new_ones = 0
      for _, result in ipairs(fifty(made.get)) do
        if result[1].access_key == "AK2" then new_ones = new_ones + 1 else assert.equal("AK1", result[1].access_key) end
      end
      assert.equal(2, made.asked)
      assert.is_true(new_ones >= 1)
      assert.equal("AK2", made.get().access_key)
    end)

    it("waits no longer than each one's own deadline", function()
      local made = new(keys(HOUR))
      scheduled(made, 10)
      local quick, slow
      caller.side_by_side {
        function() quick = { made.get(1) } end,
        function() slow = made.get(30) end,
      }
      local err = caller.failed("unavailable", {}, quick[1], quick[2])
      assert.matches("timed out waiting", err.message)
      assert.is_truthy(slow)
      assert.equal(1, made.asked)
    end)

    it("is not locked for good by one that never comes back", function()
      local made = new(keys(HOUR))
      made.fetch = function() coroutine.yield() end
      local lost = coroutine.create(made.get)
      assert(coroutine.resume(lost))
      made.fetch = keys(HOUR)
      caller.failed("unavailable", {}, made.get(5))
      assert.is_truthy(made.get(120))
    end)
  end)
end)

describe("a lock", function()
  it("goes to one, and to the next when it is given back or its holder is lost", function()
    local transport = canned.new {}
    local context = caller.context("huawei", transport)
    local held = mutex.new()
    local first = assert(held:acquire(context))
    assert.is_nil(held:acquire(context))
    assert.is_nil(held:acquire(context, transport.time + 1))
    held:release(first)
    local second = assert(held:acquire(context))
    held:release(first)
    assert.is_nil(held:acquire(context))
    transport.time = context.deadline -- when its holder has given up, for itself if not to us
    local later = caller.context("huawei", transport)
    assert(held:acquire(later))
    held:release(second)
    assert.is_nil(held:acquire(later))
  end)
end)
