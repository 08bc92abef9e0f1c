--- kms.emulator.encoding: hexadecimal and Base64.

local encoding = require "kms.emulator.encoding"

-- RFC 4648, section 10.
local VECTORS = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }

describe("kms.emulator.encoding", function()
  it("Base64 has the published vectors in both directions", function()
    for bytes, text in pairs(VECTORS) do
      assert.equal(text, encoding.encode_base64(bytes))
      assert.equal(bytes, encoding.decode_base64(text))
    end
  end)

  it("both encodings return all byte values unchanged", function()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local all = table.concat(bytes)
    assert.equal(all, encoding.decode_base64(encoding.encode_base64(all)))
    assert.equal(all, encoding.decode_hex(encoding.encode_hex(all)))
    assert.equal("00ff", encoding.encode_hex "\0\255")
    assert.equal("\171\205", encoding.decode_hex "aBCd")
  end)

  it("decode_base64 refuses wrong lengths, wrong characters and values that are not strings", function()
    for _, text in ipairs { "Zg", "Zg=", "Zg==\n", "Z===", "Zm9-", "=Zg=", " Zg==", 5, {}, true } do
      assert.is_nil(encoding.decode_base64(text))
    end
  end)

  it("decode_hex refuses odd lengths, wrong characters and values that are not strings", function()
    for _, text in ipairs { "a", "0g", " 0", 10, {} } do assert.is_nil(encoding.decode_hex(text)) end
  end)
end)
