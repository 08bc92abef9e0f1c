local Error = require "kms.error"
local huawei = require "kms.huawei"
local recovery = require "kms.call.recovery"

describe("kms.call.recovery", function()
  local NOW = 1767323045 -- 2026-01-02T03:04:05Z

  --- Creates a call whose first attempt has been made.
  local function new_call(operation)
    return {
      cloud = huawei, operation = operation, attempts = 1, throttled_attempts = 0, deadline = 30,
      client = { clock_offset = 0, retry = { attempts = 3, base = 1, cap = 1 } },
      now = function() return NOW end, clock = function() return 0 end,
    }
  end

  local function new_failure(uncertain)
    return Error.new { kind = "transport", code = "closed", message = "m", uncertain = uncertain }
  end

  it("follow_up returns a pause if the operation may be repeated", function()
    local wait = recovery.follow_up(new_call { repeatable = true }, new_failure(true))
    assert.is_true(wait >= 0 and wait < 1)
    assert.is_nil(recovery.follow_up(new_call {}, new_failure(true)))
  end)

  it("follow_up returns no pause for a request that is signed again", function()
    assert.equal(0, recovery.follow_up(new_call {}, new_failure(false), nil, true))
  end)

  it("follow_up keeps the outcome uncertain after a later failure that is certain", function()
    local call, later = new_call { repeatable = true }, new_failure(false)
    recovery.follow_up(call, new_failure(true))
    recovery.follow_up(call, later)
    assert.is_true(later.uncertain)
  end)

  it("learn_clock_offset asks for one new signature, and gives the client the offset", function()
    local call = new_call {}
    local err = Error.new { kind = "service", code = "APIGW.0301", message = "server time:20260102T040405Z", status = 401 }
    local response = { status = 401, headers = {} }
    assert.is_true(recovery.learn_clock_offset(call, err, response, 0))
    assert.equal(3600, call.client.clock_offset)
    assert.matches("clock is 3600 s behind", err.hint)
    assert.is_false(recovery.learn_clock_offset(call, err, response, 0))
  end)
end)
