local rules = require "kms.huawei.rules"
local validate = require "kms.util.validate"

describe("kms.huawei.rules", function()
  local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

  it("KEY_ID accepts the ids of the API, with letters after f too", function()
    assert.is_truthy(rules.KEY_ID.test(KEY_ID))
    assert.is_truthy(rules.KEY_ID.test "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz")
  end)

  it("KEY_ID refuses other forms, and shows the length", function()
    for _, key_id in ipairs { "", "x", KEY_ID:upper(), KEY_ID .. "0", "0d0466b0e727-4d9c-b35d-f84bb474a37f-",
      " " .. KEY_ID:sub(2), KEY_ID:gsub("-", "_"), KEY_ID:sub(1, 35) .. "\n" } do
      assert.is_falsy(rules.KEY_ID.test(key_id))
    end
    assert.equal('key_id must be 36 characters, lower-case letters and digits in groups of 8-4-4-4-12; got "x y" (3)',
      validate.value("key_id", "x y", rules.KEY_ID))
  end)

  -- Name of the rule, values that it accepts, values that it refuses.
  local UUID = "0A1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
  local ROWS = {
    { "UUID", { UUID, UUID:lower() }, { "", UUID:sub(2), UUID .. "0", UUID:gsub("A", "g"), UUID:gsub("-", "0"), UUID .. "\n" } },
    { "GRANT_ID", { ("a1"):rep(32), ("F"):rep(64) }, { "", ("a"):rep(63), ("a"):rep(65), ("g"):rep(64) } },
    { "PRINCIPAL", { "x", ("Z9"):rep(32) }, { "", ("z"):rep(65), "a-b", "a b", "é" } },
    { "PROJECT_ID", { ("aZ09"):rep(8) }, { "", ("a"):rep(31), ("a"):rep(33), ("-"):rep(32) } },
    { "NAME", { "a", "A:b/c_d-9", ("x"):rep(255), "x/default" }, { "", ("x"):rep(256), "a b", "a.b", "é" } },
    { "ALIAS", { "a", "A:b/c_d-9", "default", "x/default2" }, { "", ("x"):rep(256), "a b", "x/default", "/default" } },
    { "BASE64", { "YQ==", "YWI=", "YWJj", "+/+/" }, { "", "YQ", "YQ=", "Y===", "YW-_", "YQ==\n", "Y Q=" } },
    { "HEX", { "00", "aAfF09" }, { "", "0", "0g", "0x00", "00 " } },
    { "SEGMENT", { "a", "...", "é", "a/b", " " }, { "", ".", "..", "a\0", "\255" } },
  }
  for _, row in ipairs(ROWS) do
    local name, accepted, refused = row[1], row[2], row[3]
    it(name .. " accepts and refuses values", function()
      for _, value in ipairs(accepted) do assert.is_truthy(rules[name].test(value), value) end
      for _, value in ipairs(refused) do assert.is_falsy(rules[name].test(value), value) end
    end)
  end

  it("a plain rule accepts unreserved characters only", function()
    for name, rule in pairs(rules) do
      if rule.plain then
        for _, value in ipairs { "a/b", "a b", 'a"b', "a\\b", "é", "a+b", "a=b", "a:b" } do
          assert.is_falsy(rule.test(value .. ("0"):rep(64 - #value)), name)
          assert.is_falsy(rule.test(value), name)
        end
      end
    end
  end)
end)
