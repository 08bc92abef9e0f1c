local compile = require "kms.util.compile"

describe("kms.util.compile", function()
  it("returns a function that gets the arguments of the code", function()
    assert.equal(5, compile "local a, b = ... return a + b"(2, 3))
  end)

  it("raises with the name of the chunk if the text is not Lua", function()
    local ok, message = pcall(compile, "return return", "@some/file.lua")
    assert.is_false(ok)
    assert.matches("some/file.lua:1: ", message, 1, true)
  end)
end)
