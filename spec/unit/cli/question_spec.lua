--- kms.cli.question: questions at the terminal. The terminal itself is in spec/e2e/command_spec.lua.

local subprocess = require "spec.helpers.subprocess"

describe("a question", function()
  it("cannot be asked without a terminal", function()
    local output = subprocess.run('print(require("kms.cli.question").can_ask())')
    assert.equal("false\n", output)
  end)
end)
