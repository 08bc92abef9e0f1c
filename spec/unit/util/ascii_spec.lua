local ascii = require "kms.util.ascii"
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

  it("lower and upper do not depend on the locale", function()
    local program = [[
      for _, name in ipairs { "tr_TR.UTF-8", "tr_TR.ISO-8859-9", "tr_TR" } do os.setlocale(name) end
      local ascii = require "kms.util.ascii"
      print(ascii.upper "cn-istanbul-1", ascii.lower "KMS.ISTANBUL")
    ]]
    assert.equal("CN-ISTANBUL-1\tkms.istanbul\n", (subprocess.run(program)))
  end)
end)
