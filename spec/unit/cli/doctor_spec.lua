--- kms.cli.doctor: the report. spec/e2e/command_spec.lua runs it against servers.

local command = require "kms.cli.doctor"
local parser = require "kms.cli.parser"

describe("kms.cli.doctor", function()
  it("takes the options of both clouds, each once", function()
    local seen = {}
    for _, group in ipairs(command.options) do
      for _, option in ipairs(group) do
        assert.is_nil(seen[option.name], option.name)
        seen[option.name] = true
      end
    end
    for _, name in ipairs { "--region", "--project-id", "--zone", "--endpoint", "--profile", "--credentials" } do
      assert.is_true(seen[name], name)
    end
  end)

  it("takes the name of a cloud, or none", function()
    assert.equal("ncloud", parser.parse({ command = command, path = "kms doctor", words = { "ncloud" } }).cloud)
    assert.is_nil(parser.parse({ command = command, path = "kms doctor", words = {} }).cloud)
    local _, problem = parser.parse { command = command, path = "kms doctor", words = { "aws" } }
    assert.equal('CLOUD must be one of huawei, ncloud; got "aws"', problem)
  end)
end)
