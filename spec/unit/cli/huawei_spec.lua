--- kms.cli.huawei: the command of the cloud.

local command = require "kms.cli.huawei"

describe("kms.cli.huawei", function()
  it("names the cloud's command and an operation that exists as example", function()
    assert.equal("huawei", command.name)
    assert.is_table(command.find(command.about:match "kms huawei ([%l-]+)"))
  end)
end)
