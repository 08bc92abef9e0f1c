local fake_transport = require "spec.helpers.fake_transport"
local mutex = require "kms.util.mutex"
local provider_call = require "spec.helpers.provider_call"

local threads -- keeps the coroutines

--- Acquires a mutex in a coroutine of its own, which is then suspended.
local function acquire_elsewhere(one, ...)
  local thread = coroutine.create(function(...) coroutine.yield(one:acquire(...)) end)
  threads[#threads + 1] = thread
  return select(2, assert(coroutine.resume(thread, ...)))
end

describe("kms.util.mutex", function()
  before_each(function() threads = {} end)

  it("an owner that is lost blocks the others no longer than the request that it began", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one, start = mutex.new(), transport.time
    local lost = assert(acquire_elsewhere(one, context))
    lost:extend(context, 3)
    local owner = assert(acquire_elsewhere(one, context, context.deadline))
    assert.is_true(transport.time - start >= 3 and transport.time - start < 4)
    one:release(lost)
    assert.is_nil(one:acquire(context))
    start = transport.time
    owner:extend(context, 100) -- its call ends before that
    assert(one:acquire(context, start + 100))
    assert.is_true(transport.time < context.deadline + 1)
  end)

  it("acquire returns the latest failure that the owner reported, until the mutex is released", function()
    local context = provider_call.new_context("huawei", fake_transport.new {})
    local one = mutex.new()
    local owner = assert(acquire_elsewhere(one, context))
    owner:report "down"
    assert.equal("down", select(2, one:acquire(context)))
    one:release(owner)
    owner:report "late"
    local other = assert(acquire_elsewhere(one, context))
    assert.is_nil(select(2, one:acquire(context)))
    one:release(other)
  end)

  it("one owner has the mutex until it is released or the owner's deadline has passed", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one = mutex.new()
    local first = assert(acquire_elsewhere(one, context))
    assert.is_nil(one:acquire(context))
    assert.is_nil(one:acquire(context, transport.time + 1))
    one:release(first)
    local second = assert(acquire_elsewhere(one, context))
    one:release(first)
    assert.is_nil(one:acquire(context))
    transport.time = context.deadline
    local later_context = provider_call.new_context("huawei", transport)
    assert(acquire_elsewhere(one, later_context))
    one:release(second)
    assert.is_nil(one:acquire(later_context))
  end)

  it("an owner whose coroutine has ended does not block the others", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one, start, lost = mutex.new(), transport.time, nil
    threads[1] = coroutine.create(function() lost = one:acquire(context) end)
    assert(coroutine.resume(threads[1]))
    lost:extend(context, 10)
    assert(acquire_elsewhere(one, context, context.deadline))
    assert.equal(start, transport.time)
  end)

  it("the coroutine of the owner acquires the mutex at once, because a debug hook has prevented the release", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one, start = mutex.new(), transport.time
    local lost = assert(one:acquire(context))
    lost:extend(context, 10)
    local owner = assert(one:acquire(context, context.deadline))
    assert.equal(start, transport.time)
    one:release(lost)
    assert.is_nil(acquire_elsewhere(one, context))
    one:release(owner)
    assert(acquire_elsewhere(one, context))
  end)
end)
