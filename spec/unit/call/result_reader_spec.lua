local cjson = require "cjson.safe"
local result_reader = require "kms.call.result_reader"

describe("kms.call.result_reader", function()
  local function read(fields, object, params, extra)
    local entry = { params = {}, result = fields }
    for name, value in pairs(extra or {}) do entry[name] = value end
    return result_reader.read(entry, object, params or {})
  end

  local PAINT = {
    { name = "wall", type = "string", required = true }, { name = "colour", wire = "COLOUR", type = "string", required = true },
    { name = "coats", type = "integer" },
  }

  it("reads required members and others, and ignores unknown ones", function()
    assert.same({ wall = "w", colour = "red", coats = 2 }, read(PAINT, { wall = "w", COLOUR = "red", coats = 2, smell = "x" }))
    assert.same({ wall = "w", colour = "red" }, read(PAINT, { wall = "w", COLOUR = "red", coats = cjson.null }))
  end)

  it("adds the request id", function()
    assert.same({ request_id = "id" }, result_reader.read({ params = {}, result = {} }, {}, {}, "id"))
  end)

  for _, row in ipairs {
    { "string", 5, "5" }, { "string", true, "true" }, { "string", {}, nil },
    { "integer", "5", 5 }, { "integer", "many", "many" }, { "boolean", "false", false }, { "boolean", {}, nil },
    { "integer", true, nil },
  } do
    it(("reads %s %s in place of a value of type %s"):format(type(row[2]), tostring(row[2]):gsub(" 0x%x+", ""), row[1]),
      function()
        assert.same({ v = row[3] }, read({ { name = "v", type = row[1] } }, { v = row[2] }))
      end)
  end

  it("refuses the response to another request", function()
    local fields = { { name = "wall", wire = "WALL", type = "string", required = true, is_echo = true },
      { name = "number", type = "integer", is_echo = true } }
    assert.same({ wall = "w", number = 3 }, read(fields, { WALL = "w", number = "3" }, { wall = "w", number = 3 }))
    assert.same({ nil, "mismatch",
      'member "WALL" of the response must be the wall of the request, "w"; it is "other"' },
      { read(fields, { WALL = "other" }, { wall = "w" }) })
    fields[1].secret = true
    assert.same({ nil, "mismatch", 'member "WALL" of the response must be the wall of the request' },
      { read(fields, { WALL = "other" }, { wall = "w" }) })
  end)

  it("accepts an echo in another case if the field is case-insensitive", function()
    local fields = { { name = "tag", type = "string", is_echo = true, is_case_insensitive = true } }
    assert.same({ tag = "ab1" }, read(fields, { tag = "ab1" }, { tag = "AB1" }))
    assert.equal("mismatch", (select(2, read(fields, { tag = "ab2" }, { tag = "AB1" }))))
    fields[1].is_case_insensitive = nil
    assert.equal("mismatch", (select(2, read(fields, { tag = "ab1" }, { tag = "AB1" }))))
  end)

  it("names a required member that is missing or of a wrong type", function()
    for problem, object in pairs {
      ['member "COLOUR" of the response must be a string; it is missing'] = { wall = "w" },
      ['member "COLOUR" of the response must be a string; it is a table'] = { wall = "w", COLOUR = {} },
      ['member "COLOUR" of the response must be a string; it is null'] = { wall = "w", COLOUR = cjson.null },
    } do
      assert.same({ nil, "wrong_type", problem }, { read(PAINT, object) })
    end
    for field_type, expected in pairs { integer = "a number", list = "a list", object = "an object", time = "a time" } do
      assert.same({ nil, "wrong_type", ('member "v" of the response must be %s; it is a boolean'):format(expected) },
        { read({ { name = "v", type = field_type, required = true, items = { type = "string" } } }, { v = true }) })
    end
  end)

  local KEYS = { { name = "keys", wire = "keyList", also = { "KeyList" }, type = "list", items = { type = "object", fields = {
    { name = "id", wire = "keyId", type = "string" },
    { name = "modify_time", also = { "lsat_modify_time" }, type = "time", unit = "ms" },
    { name = "tags", type = "list", items = { type = "string" } },
    { name = "owner", type = "object", fields = { { name = "name", type = "string" } } },
  } } } }

  it("reads lists of objects, and other names on the wire at every depth", function()
    local expected = { keys = { { id = "a", modify_time = 1.5, tags = { "x" }, owner = { name = "n" } }, { id = "2" } } }
    for _, wire in ipairs { "keyList", "KeyList" } do
      assert.same(expected, read(KEYS, { [wire] = {
        { keyId = "a", lsat_modify_time = "1500", tags = { "x" }, owner = { name = "n", more = 1 } },
        cjson.null, "text", { keyId = 2, tags = "no list", owner = "no object", unknown = {} } } }))
    end
  end)

  it("reads an empty list, and takes an object for no list", function()
    assert.same({ keys = {} }, read(KEYS, { keyList = {} }))
    assert.same({}, read(KEYS, { keyList = { a = 1 } }))
  end)

  it("reads an object without known fields as it is, without nulls", function()
    assert.same({ v = { a = { 1 }, b = "x" } },
      read({ { name = "v", type = "object" } }, { v = { a = { 1 }, b = "x", c = cjson.null } }))
  end)

  it("reads a string or a list of strings", function()
    local fields = { { name = "v", type = "string|list", items = { type = "string" } } }
    assert.same({ v = "a" }, read(fields, { v = "a" }))
    assert.same({ v = { "a", "b" } }, read(fields, { v = { "a", "b" } }))
  end)

  it("takes off the envelope, if there is one", function()
    for _, object in ipairs { { key_info = { wall = "w" } }, { wall = "w" } } do
      assert.same({ wall = "w" }, read({ PAINT[1] }, object, {}, { envelope = "key_info" }))
    end
    assert.equal("wrong_type", select(2, read(PAINT, { key_info = "x" }, {}, { envelope = "key_info" })))
  end)

  it("joins the pages of a response that is an array of pages", function()
    local fields = { { name = "keys", type = "list", items = { type = "string" } }, { name = "next", type = "string" } }
    local pages = { keys = { { keys = { "a" }, next = "x" }, cjson.null, { keys = { "b", "c" }, next = "y" } } }
    assert.same({ keys = { "a", "b", "c" }, next = "y" }, read(fields, pages, {}, { list = "keys" }))
  end)

  it("names and values of entries cannot become code", function()
    local name = 'a"] = error("x"), ["b\n'
    assert.same({ [name] = "v" }, read({ { name = name, wire = name, type = "string" } }, { [name] = "v" }))
  end)

  it("get_list returns the name on the wire of the list that an array stands for", function()
    assert.equal("keyList", result_reader.get_list { list = "keys", result = KEYS })
    assert.is_nil(result_reader.get_list { result = KEYS })
  end)

  it("is_optional is true if no field is required", function()
    assert.is_true(result_reader.is_optional { result = KEYS })
    assert.is_false(result_reader.is_optional { result = PAINT })
  end)

  it("has_secret finds secret fields at every depth", function()
    assert.is_false(result_reader.has_secret { result = KEYS })
    assert.is_true(result_reader.has_secret { result = { { name = "list", type = "list", items = { type = "object",
      fields = { { name = "token", type = "string", secret = true } } } } } })
  end)
end)
