--- kms.emulator.json: encoding with ordered members, decoding of objects.

local json = require "kms.emulator.json"

describe("kms.emulator.json", function()
  it("encode keeps the order of members and does not escape slashes", function()
    assert.equal('{"b":1,"a":"x/y","c":{"d":true}}',
      json.encode { { "b", 1 }, { "a", "x/y" }, { "c", { { "d", true } } } })
    assert.equal("{}", json.encode {})
  end)

  it("encode writes marked lists as arrays, also when they are empty", function()
    assert.equal('{"list":["x",{"a":null}],"empty":[]}',
      json.encode { { "list", json.array { "x", { { "a", json.null } } } }, { "empty", json.array {} } })
  end)

  it("encode escapes strings", function()
    assert.equal([["a\"b\\c\n"]], json.encode 'a"b\\c\n')
  end)

  it("decode_object returns an object", function()
    assert.same({ a = { 1, 2 }, b = "x" }, json.decode_object '{"a":[1,2],"b":"x"}')
    assert.same({}, json.decode_object " {} ")
  end)

  it("decode_object returns nil for a missing text, text that is not JSON, NaN, scalars and arrays", function()
    for _, text in ipairs { "", "{", '"x"', "1", "null", "[1]", '{"a":NaN}', "{}\0", "{}x" } do
      assert.is_nil(json.decode_object(text), text)
    end
    assert.is_nil(json.decode_object(nil))
  end)

  it("get follows a path of member names", function()
    local object = json.decode_object '{"a":{"b":{"c":1}},"n":null}'
    assert.equal(1, json.get(object, "a.b.c"))
    assert.is_nil(json.get(object, "a.x.c"))
    assert.is_nil(json.get(object, "a.b.c.d"))
    assert.is_nil(json.get(object, "n.a"))
    assert.is_nil(json.get(nil, "a"))
    assert.equal(json.null, json.get(object, "n"))
  end)
end)
