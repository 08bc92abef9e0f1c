local cjson = require "cjson"
local json_body = require "kms.util.json_body"
local locales = require "spec.helpers.locales"
local subprocess = require "spec.helpers.subprocess"

describe("kms.util.json_body", function()
  it("decode takes an array for a member of an object where one is expected", function()
    assert.same({ keys = { 1, 2 } }, json_body.decode(" [1,2]", "keys"))
    assert.same({ keys = {} }, json_body.decode("[]", "keys"))
    assert.same({ other = 1 }, json_body.decode('{"other":1}', "keys"))
    assert.same({ nil, "not_object" }, { (json_body.decode("1", "keys")), (select(2, json_body.decode("1", "keys"))) })
  end)

  it("decode joins an array of pages that have the member", function()
    assert.same({ keys = { 1 }, next = "a" }, json_body.decode('[{"keys":[1],"next":"a"}]', "keys"))
    assert.same({ keys = { 1, 2, 3 }, last = true }, json_body.decode('[{"keys":[1,2],"next":"a"},{"keys":[3],"last":true}]', "keys"))
    assert.same({ keys = { { keys = { 1 } }, { id = 2 } } }, json_body.decode('[{"keys":[1]},{"id":2}]', "keys"))
    assert.same({ keys = { cjson.null } }, json_body.decode("[null]", "keys"))
  end)

  it("decode returns the object in a body", function()
    assert.same({ a = "b" }, json_body.decode ' \n{"a":"b"}')
  end)

  for body, code in pairs { [""] = "empty", ["<html>"] = "not_json", ["{"] = "not_json", ["[]"] = "not_object",
    ["null"] = "not_object", ['"x"'] = "not_object", ["1"] = "not_object", ["true"] = "not_object", ["\0"] = "not_json",
    ['{"a":1}x'] = "not_json",
    ['{"a":1}\0'] = "not_json", ['{"a":1}\0garbage'] = "not_json", ['{"a":1}{"b":2}'] = "not_json",
    ['{"a":NaN}'] = "not_json", ['{"a":0x10}'] = "not_json" } do
    it(("decode returns the code %s and a message for the body %q"):format(code, body), function()
      local object, actual, message = json_body.decode(body)
      assert.is_nil(object)
      assert.equal(code, actual)
      assert.matches("^the response ", message)
    end)
  end

  it("decode reads fractions after the program set a locale with a decimal comma", function()
    local program = [[
      local json_body = require "kms.util.json_body"
      assert(json_body.decode '{"a":1.5}')
      print(os.setlocale "de_DE.UTF-8")
      local object, code = json_body.decode '{"a":1.5}'
      print(object and object.a == 3 / 2, code)
      print(json_body.to_text(require("kms.util.json_numbers").decode('{"a":1.5}').a))
    ]]
    local variables, is_available = locales.environment()
    assert.equal(("%s\ntrue\tnil\n1.5\n"):format(is_available and "de_DE.UTF-8" or "nil"),
      (subprocess.run(program, variables)))
  end)

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
