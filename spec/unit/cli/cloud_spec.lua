--- kms.cli.cloud: the commands of a cloud.

local catalog = require "kms.call.catalog"

local COUNTS = { huawei = 75, ncloud = 38 }

for _, name in ipairs { "huawei", "ncloud" } do
  local command = require("kms.cli." .. name)

  describe("kms.cli.cloud for " .. name, function()
    it("has one command per operation, in groups with titles", function()
      local count = 0
      for _, group in ipairs(command.list()) do
        assert.is_string(group.title)
        for _, inner in ipairs(group) do
          count = count + 1
          assert.equal(inner.name, command.find(inner.name).name)
          assert.is_table(catalog.of(require("kms." .. name)):find(inner.entry.name))
        end
      end
      assert.equal(COUNTS[name], count)
      assert.matches(("^%d operations, "):format(count), command.about)
    end)

    it("finds an operation by its name with hyphens only", function()
      assert.is_nil(command.find "list_keys")
      assert.is_nil(command.find "no-such")
      assert.equal("list-keys", command.find("list-keys").name)
    end)
  end)
end
