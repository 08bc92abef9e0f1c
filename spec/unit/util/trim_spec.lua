local trim = require "kms.util.trim"

describe("kms.util.trim", function()
  it("trim removes white space from both ends only", function()
    assert.equal("a b", trim " \t a b\r\n")
    assert.equal("a", trim "a")
    assert.equal("", trim " \n")
    assert.equal("", trim "")
  end)
end)
