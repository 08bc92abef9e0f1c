--- kms.cli.commands: the list of commands.

local commands = require "kms.cli.commands"

describe("kms.cli.commands", function()
  it("loads commands with different names, and all that the help needs", function()
    local seen = {}
    for _, command in ipairs(commands.load()) do
      assert.is_nil(seen[command.name])
      seen[command.name] = true
      assert.is_string(command.group)
      assert.is_true(#command.about > 0 and not command.about:find "\n")
      assert.is_truthy(command.run or command.list)
    end
    assert.is_true(seen.huawei and seen.ncloud)
  end)
end)
