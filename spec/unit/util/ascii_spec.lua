local ascii = require "kms.util.ascii"
local locales = require "spec.helpers.locales"
local subprocess = require "spec.helpers.subprocess"

describe("kms.util.ascii", function()
  it("lower and upper change ASCII letters and nothing else", function()
    local all = {}
    for code = 0, 255 do all[#all + 1] = string.char(code) end
    local text = table.concat(all)
    for i = 1, 256 do
      local byte = text:sub(i, i)
      local expected_lower = byte:find "[A-Z]" and string.char(byte:byte() + 32) or byte
      local expected_upper = byte:find "[a-z]" and string.char(byte:byte() - 32) or byte
      assert.same({ expected_lower, expected_upper }, { ascii.lower(byte), ascii.upper(byte) })
    end
    assert.equal("kms.istanbul", ascii.lower "KMS.ISTANBUL")
  end)

  it("trim removes white space from both ends only", function()
    assert.equal("a b", ascii.trim " \t a b\r\n")
    assert.equal("a", ascii.trim "a")
    assert.equal("", ascii.trim " \n")
    assert.equal("", ascii.trim "")
  end)

  it("is_before orders texts by their bytes", function()
    local ordered = { "", "\0", "A", "AB", "B", "_", "a", "a\0", "\128", "\255" }
    for i, left in ipairs(ordered) do
      for j, right in ipairs(ordered) do assert.equal(i < j, ascii.is_before(left, right)) end
    end
  end)

  it("lower, upper and is_before do not depend on the locale", function()
    local variables, is_available = locales.environment()
    local program = [[
      print(os.setlocale "tr_TR.UTF-8")
      local ascii, endpoint = require "kms.util.ascii", require "kms.util.endpoint"
      print(ascii.upper "cn-istanbul-1", ascii.lower "KMS.ISTANBUL", endpoint.parse "https://KMS.ISTANBUL.com")
      print(ascii.is_before("Z", "a"))
    ]]
    assert.equal(("%s\nCN-ISTANBUL-1\tkms.istanbul\thttps\tkms.istanbul.com\ntrue\n"):format(
      is_available and "tr_TR.UTF-8" or "nil"), (subprocess.run(program, variables)))
  end)
end)
