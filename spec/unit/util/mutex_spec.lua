local fake_transport = require "spec.helpers.fake_transport"
local mutex = require "kms.util.mutex"
local provider_call = require "spec.helpers.provider_call"

describe("kms.util.mutex", function()
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
