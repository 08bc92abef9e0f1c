--- kms.bulk.behaviours: what is known about operations.

local behaviours = require "kms.bulk.behaviours"
local kms = require "kms"

describe("the behaviours of operations", function()
  it("are about operations that exist and may be repeated, and can take them back", function()
    for name, behaviour in pairs(behaviours) do
      local provider, operation = name:match "^(%l+)%.([%l_]+)$"
      assert.is_true(kms[provider] {}:operation(operation).repeatable)
      for _, method in ipairs { "plan", "verify", "may_be_done", "invert" } do assert.is_function(behaviour[method]) end
    end
  end)
end)
