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
end)
