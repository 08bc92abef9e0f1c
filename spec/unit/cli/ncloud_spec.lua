--- kms.cli.ncloud: the command of the cloud.

local command = require "kms.cli.ncloud"

describe("kms.cli.ncloud", function()
  it("names the cloud's command and an operation that exists as example", function()
    assert.equal("ncloud", command.name)
    assert.is_table(command.find(command.about:match "kms ncloud ([%l-]+)"))
  end)
end)
