--- kms.emulator.huawei.errors: the table of codes.

local errors = require "kms.emulator.huawei.errors"

describe("kms.emulator.huawei.errors", function()
  it("every code has a status of a failure and a message, and the sources use all of them and no others", function()
    for code, entry in pairs(errors) do
      assert.is_true(entry[1] >= 400 and entry[1] < 600, code)
      assert.matches("%.$", entry[2])
    end
    local pipe, used = assert(io.popen "ls lua/kms/emulator/huawei/*.lua | grep -v /errors.lua | xargs cat"), {}
    for code in pipe:read("*a"):gmatch '"(%u+%.%d%d%d%d)"' do used[code] = true end
    pipe:close()
    for code in pairs(used) do assert.is_truthy(errors[code] or code:find "^APIGW", code) end
    for code in pairs(errors) do assert.is_true(used[code], code) end
  end)
end)
