local kms = require "kms"
local retry_policy = require "kms.call.retry_policy"

describe("kms.call.retry_policy", function()
  it("resolve fills a partial option with the defaults", function()
    assert.same({ attempts = 2, base = 0.25, cap = 8, attempt_timeout = 10 }, retry_policy.resolve { attempts = 2 })
    assert.equal(retry_policy.resolve(nil), retry_policy.resolve(true))
    assert.equal(1, retry_policy.resolve(false).attempts)
  end)

  it("resolve refuses unknown fields and wrong values", function()
    for problem, option in pairs {
      ["unknown retry field \"tries\"; known: attempts, base, cap, attempt_timeout"] = { tries = 3 },
      ["retry field 'attempts': a number above 0 expected, got 0"] = { attempts = 0 },
      ["retry field 'attempts': a whole number expected, got 1.5"] = { attempts = 1.5 },
      ["retry field 'base': number expected, got string"] = { base = "1" },
    } do
      assert.same({ nil, problem }, { retry_policy.resolve(option) })
      assert.has_error(function() kms.huawei { retry = option } end)
    end
    assert.has_error(function() kms.huawei { retry = 3 } end)
  end)
end)
