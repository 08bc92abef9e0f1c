local cjson = require "cjson.safe"
local json_text = require "kms.util.json_text"

describe("kms.util.json_text", function()
  it("quote writes every byte so that a decoder reads the same string", function()
    local bytes = {}
    for byte = 0, 127 do bytes[#bytes + 1] = string.char(byte) end
    local all = table.concat(bytes) .. "키é"
    assert.equal(all, cjson.decode("[" .. json_text.quote(all) .. "]")[1])
    assert.equal('"plain text"', json_text.quote "plain text")
    assert.equal([["a\"b\\c\n\u0000"]], json_text.quote 'a"b\\c\n\0')
  end)

  it("number writes whole numbers with all digits, and others so that they read as the same number", function()
    for number, text in pairs { [0] = "0", [-7] = "-7", [1502799822000] = "1502799822000", [2 ^ 53] = "9007199254740992",
      [0.5] = "0.5", [0.1] = "0.1" } do
      assert.equal(text, json_text.number(number))
    end
    for _, number in ipairs { 1 / 3, 1e300, 2 ^ 60, -1.5e-10 } do
      assert.equal(number, tonumber(json_text.number(number)))
    end
  end)
end)
