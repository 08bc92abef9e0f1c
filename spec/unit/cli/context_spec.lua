--- kms.cli.context: what a command works with.

local cli_context = require "spec.helpers.cli_context"
local context = require "kms.cli.context"

describe("kms.cli.context", function()
  it("prints notes on standard error unless --quiet", function()
    local self = cli_context.new()
    self:note("%d keys", 3)
    self:note "100 %"
    assert.equal("3 keys\n100 %\n", (select(2, self.get_output())))
    self = cli_context.new { quiet = true }
    self:note "text"
    assert.equal("", (select(2, self.get_output())))
  end)

  it("describes an error with its hint and what to quote", function()
    assert.equal("KMS.0106: Not here.\n  hint: Ask the other region.\n  HTTP 400, request id r1, 2 attempts\n" ..
      "  Uncertain: the change may have been made.", context.describe { kind = "service", code = "KMS.0106", message = "Not here.",
      hint = "Ask the other region.", status = 400, request_id = "r1", attempts = 2, uncertain = true })
    assert.equal("no region: give --region or set R; no access_key: set K", context.describe { kind = "invalid", code = "region",
      message = "no region: give the option region or set R; no access_key: give the option credentials.access_key or set K" })
    assert.equal("refused\n  hint: get-key returns it", context.describe { kind = "service", message = "refused",
      hint = "get_key returns it" })
    assert.equal("no region: give --from or set R", context.describe({ kind = "invalid", code = "region",
      message = "no region: give the option region or set R" }, { region = "--from" }))
    assert.equal("lost", context.describe { kind = "transport", code = "closed", message = "lost" })
    assert.equal("key_id must be x", context.describe { kind = "invalid", code = "key_id", message = "key_id must be x" })
  end)

  it("returns the exit status of a failure", function()
    assert.equal(1, cli_context.new():refuse "no such file")
    assert.equal(3, cli_context.new():fail { kind = "transport", message = "lost", uncertain = true })
  end)

  it("makes a result that was not written a failure", function()
    local self = cli_context.new()
    self.out.failure = "No space left on device"
    assert.equal(2, self:finish(0))
    assert.matches("kms test: the result was not written: No space left on device", select(2, self.get_output()))
    self.out.is_broken = true
    assert.equal(141, self:finish(0))
    assert.equal(3, self:finish(3))
  end)
end)
