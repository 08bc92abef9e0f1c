--- kms.loop.polling in its host.

local polling = require "kms.loop.polling"

require("spec.helpers.loop_contract")("polling", { describe = describe, it = it, pending = pending, assert = assert })

describe("kms.loop.polling", function()
  it("transports share a loop by their sleep function, and the loop is collected with the last of them #gc", function()
    local function sleep(seconds) coroutine.yield(seconds) end
    local first, second = polling.new { sleep = sleep }, polling.new { sleep = sleep }
    assert.equal(first.loop, second.loop)
    local weak = setmetatable({ first.loop }, { __mode = "v" })
    first, second, sleep = nil, nil, nil
    collectgarbage()
    collectgarbage()
    assert.same({}, { weak[1], first, second, sleep })
  end)
end)
