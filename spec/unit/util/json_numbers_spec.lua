local json_body = require "kms.util.json_body"
local json_numbers = require "kms.util.json_numbers"

describe("kms.util.json_numbers", function()
  it("decode keeps numbers verbatim", function()
    local object = json_numbers.decode [[{"code":123456789012345678901,"a":[-1.50,1e5,{"b":9014}],
      "c":"\" 1.50 ","d":0.1,"e":900719925474099312}]]
    assert.same({ code = "123456789012345678901", a = { "-1.50", "1e5", { b = 9014 } }, c = '" 1.50 ', d = 0.1,
      e = "900719925474099312" }, object)
  end)

  it("decode takes at most twice as long as that of kms.util.json_body for a body of 1 MiB #timing", function()
    for _, member in ipairs { "0,", "-1.50,", '"",', '"\\"",', "[],", "1e5," } do
      local body = '{"a":[' .. member:rep(math.floor(2 ^ 20 / #member)) .. '0]}'
      local function measure(module)
        local least = math.huge
        for _ = 1, 3 do
          collectgarbage()
          local start = os.clock()
          assert(module.decode(body))
          least = math.min(least, os.clock() - start)
        end
        return least
      end
      local plain, exact = measure(json_body), measure(json_numbers)
      assert(exact < 2 * plain + 0.01, ("%s %.3f s, decode %.3f s"):format(member, exact, plain))
    end
  end)

  it("decode returns the code of kms.util.json_body", function()
    assert.equal("not_json", (select(2, json_numbers.decode "{")))
  end)
end)
