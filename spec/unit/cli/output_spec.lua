--- kms.cli.output: what is written, and what could not be.

local output = require "kms.cli.output"

describe("kms.cli.output", function()
  it("keeps the failure of a full disk", function()
    local out = output.new(assert(io.open("/dev/full", "w")))
    out:write "text"
    assert.is_false(out:flush())
    assert.matches("No space left on device", out.failure)
    assert.is_false(out.is_broken)
    assert.is_false(out:write "more")
  end)

  it("knows a pipe whose reader has ended", function()
    local out = output.new { write = function() return nil, "Broken pipe", 32 end }
    assert.is_false(out:write "text")
    assert.is_true(out.is_broken)
  end)

  it("says that all was written", function()
    local out = output.new(assert(io.open("/dev/null", "w")))
    assert.is_true(out:write("a", "b") and out:flush())
    assert.is_nil(out.failure)
  end)
end)
