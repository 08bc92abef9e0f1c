local assert_entries = require "spec.helpers.operation_entries"
local operations = require "kms.huawei.operations"

local function find_rule(operation, param)
  for _, entry in ipairs(operations) do
    for _, field in ipairs(entry.params) do
      if entry.name == operation and field.name == param then return field.rule end
    end
  end
end

describe("kms.huawei.operations", function()
  it("has complete entries", function()
    assert_entries(operations, { "project_id" })
  end)

  it("accepts a key id of five groups of letters and digits", function()
    local rule = find_rule("update_primary_region", "key_id")
    for _, id in ipairs { "0d0466b0-e727-4d9c-b35d-f84bb474a37f", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz" } do
      assert.is_true(rule.test(id), id)
    end
    for _, id in ipairs { "", "0D0466B0-e727-4d9c-b35d-f84bb474a37f", "0d0466b0e7274d9cb35df84bb474a37f",
      "0d0466b-0e727-4d9c-b35d-f84bb474a37f", "0d0466b0-e727-4d9c-b35d-f84bb474a37", "0d0466b0-e727-4d9c-b35d-f84bb474a37f0" } do
      assert.is_false(rule.test(id), id)
    end
  end)
end)
