local rules = require "kms.ncloud.rules"
local validate = require "kms.util.validate"

describe("kms.ncloud.rules", function()
  it("KEY_TAG refuses a tag that is empty, too long, not UTF-8, or not possible in a path", function()
    for _, tag in ipairs { "", ".", "..", "\255", "a\0b", "\237\160\128", ("x"):rep(1025) } do
      assert.is_falsy(rules.KEY_TAG.test(tag))
    end
    for _, tag in ipairs { "a", "...", "키", ("x"):rep(1024) } do assert.is_truthy(rules.KEY_TAG.test(tag)) end
  end)

  it("KEY_NAME refuses a name that is too short or too long, and shows its length", function()
    assert.equal('key_name must be 3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter; '
      .. 'got "ab" (2)', validate.value("key_name", "ab", rules.KEY_NAME))
    assert.is_falsy(rules.KEY_NAME.test(("a"):rep(16)))
  end)

  it("KEY_NAME refuses a name that does not begin with a letter, and other characters", function()
    for _, name in ipairs { "1abc", "-abc", "_abc", "", "a b", "a.b", "abc\n", "이름이름" } do
      assert.is_falsy(rules.KEY_NAME.test(name))
    end
  end)

  it("BASE64 refuses what is not base64, and shows only the size of a value", function()
    for _, text in ipairs { "a", "aGVsbG8", "aGVs bG8=", "aGVsbG8-", "=aaa", "a=aa" } do
      assert.is_falsy(rules.BASE64.test(text), text)
    end
    for _, text in ipairs { "", "aGVsbG8=", "aGVsbG8h", "YQ==" } do assert.is_truthy(rules.BASE64.test(text), text) end
    assert.equal("plaintext must be base64 text; got 6 bytes", validate.value("plaintext", "secret", rules.BASE64))
  end)

  it("HOURS accepts 1 to 17520 as a number or a text, and UL", function()
    for _, hours in ipairs { 1, 17520, "72", "UL" } do assert.is_truthy(rules.HOURS.test(hours)) end
    for _, hours in ipairs { 0, 17521, 1.5, "0", "ul", "", "0x10", "-1" } do assert.is_falsy(rules.HOURS.test(hours)) end
  end)

  it("KEY_NAME accepts every documented name", function()
    for _, name in ipairs { "abc", ("a"):rep(15), "Ab-_9" } do assert.is_truthy(rules.KEY_NAME.test(name)) end
  end)
end)
