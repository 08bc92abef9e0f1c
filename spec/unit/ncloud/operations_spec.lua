local assert_entries = require "spec.helpers.operation_entries"
local operations = require "kms.ncloud.operations"

local function find_rule(operation, param)
  for _, entry in ipairs(operations) do
    for _, field in ipairs(entry.params) do
      if entry.name == operation and field.name == param then return field.rule end
    end
  end
end

describe("kms.ncloud.operations", function()
  it("has complete entries", function()
    assert_entries(operations, {})
  end)

  it("accepts key names of 3 to 15 letters, digits, hyphens and underscores that start with a letter", function()
    local rule = find_rule("rename_key", "key_name")
    for _, name in ipairs { "abc", ("a"):rep(15), "A-1_b" } do assert.truthy(rule.test(name), name) end
    for _, name in ipairs { "", "ab", ("a"):rep(16), "1abc", "-abc", "ab c", "ab\n", "äbc" } do assert.falsy(rule.test(name), name) end
  end)

  it("accepts key tags that can be a segment of a path", function()
    for _, operation in ipairs { "rename_key", "get_key" } do
      local rule = find_rule(operation, "key_tag")
      for _, tag in ipairs { "a", "a/b", "ä ü", ("a"):rep(1024), "..." } do assert.truthy(rule.test(tag), tag) end
      for _, tag in ipairs { "", ".", "..", "\255", "a\0b", ("a"):rep(1025) } do assert.falsy(rule.test(tag), tag) end
    end
  end)
end)
