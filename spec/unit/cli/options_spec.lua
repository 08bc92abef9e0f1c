--- kms.cli.options: options that several commands share.

local options = require "kms.cli.options"

describe("kms.cli.options", function()
  it("converts numbers above 0 and refuses other texts", function()
    assert.equal(1.5, options.to_positive "1.5")
    for _, text in ipairs { "0", "-1", "x", "", "inf", "nan" } do
      local value, problem = options.to_positive(text)
      assert.is_nil(value)
      assert.matches("a number above 0 expected", problem)
    end
    assert.equal(20, options.to_count "20")
    for _, text in ipairs { "0", "1.5", "-1", "x" } do assert.is_nil((options.to_count(text))) end
  end)

  it("has the place of a cloud before the options of the connection", function()
    assert.equal("--region", options.connection("huawei")[1].name)
    assert.equal("--zone", options.connection("ncloud")[1].name)
    assert.equal("Connection", options.connection("ncloud").title)
  end)
end)
