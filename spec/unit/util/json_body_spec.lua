local cjson = require "cjson"
local json_body = require "kms.util.json_body"

describe("kms.util.json_body", function()
  it("decode returns the object in a body", function()
    assert.same({ a = "b" }, json_body.decode ' \n{"a":"b"}')
  end)

  for body, code in pairs { [""] = "empty", ["<html>"] = "not_json", ["{"] = "not_json", ["[]"] = "not_object",
    ["null"] = "not_object", ['"x"'] = "not_object", ["1"] = "not_object", ["true"] = "not_object", ["\0"] = "not_json",
    ['{"a":1}x'] = "not_json" } do
    it(("decode returns the code %s and a message for the body %q"):format(code, body), function()
      local object, actual, message = json_body.decode(body)
      assert.is_nil(object)
      assert.equal(code, actual)
      assert.matches("^the response ", message)
    end)
  end

  it("to_text accepts strings that are not empty, and numbers", function()
    assert.equal("x", json_body.to_text "x")
    assert.equal("401", json_body.to_text(401))
    assert.equal("9014", json_body.to_text(9014.0))
  end)

  it("to_text returns nil for every other value", function()
    for _, other in ipairs { "", {}, true } do assert.is_nil(json_body.to_text(other)) end
    assert.is_nil(json_body.to_text(nil))
    assert.is_nil(json_body.to_text(cjson.null))
  end)
end)
