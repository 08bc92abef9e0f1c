local fake_transport = require "spec.helpers.fake_transport"
local mutex = require "kms.util.mutex"
local provider_call = require "spec.helpers.provider_call"

describe("kms.util.mutex", function()
  it("an owner that is lost blocks the others no longer than the request that it began", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one, start = mutex.new(), transport.time
    local lost = assert(one:acquire(context))
    lost:extend(context, 3)
    local owner = assert(one:acquire(context, context.deadline))
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
    local owner = assert(one:acquire(context))
    owner:report "down"
    assert.equal("down", select(2, one:acquire(context)))
    one:release(owner)
    owner:report "late"
    local other = assert(one:acquire(context))
    assert.is_nil(select(2, one:acquire(context)))
    one:release(other)
  end)

  it("one owner has the mutex until it is released or the owner's deadline has passed", function()
    local transport = fake_transport.new {}
    local context = provider_call.new_context("huawei", transport)
    local one = mutex.new()
    local first = assert(one:acquire(context))
    assert.is_nil(one:acquire(context))
    assert.is_nil(one:acquire(context, transport.time + 1))
    one:release(first)
    local second = assert(one:acquire(context))
    one:release(first)
    assert.is_nil(one:acquire(context))
    transport.time = context.deadline
    local later_context = provider_call.new_context("huawei", transport)
    assert(one:acquire(later_context))
    one:release(second)
    assert.is_nil(one:acquire(later_context))
  end)
end)
