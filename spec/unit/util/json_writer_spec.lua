local cjson = require "cjson"
local json_writer = require "kms.util.json_writer"

describe("kms.util.json_writer", function()
  it("write writes lists, and objects with sorted members", function()
    assert.equal('{"a":[1,true,"x"],"b":{"c":"d"},"e":{}}',
      json_writer.write { b = { c = "d" }, a = { 1, true, "x" }, e = {} })
    assert.equal('{"n":null}', json_writer.write { n = cjson.null })
  end)

  local CYCLE = {}
  CYCLE.again = CYCLE
  local DEEP = {}
  for _ = 1, 100 do DEEP = { DEEP } end

  for name, row in pairs {
    ["a table that contains itself"] = { CYCLE, (".again"):rep(32), "at most 32 levels of tables expected" },
    ["tables that are nested too deep"] = { DEEP, ("[1]"):rep(32), "at most 32 levels of tables expected" },
    ["a function"] = { { a = { print } }, ".a[1]", "value of JSON expected, got function" },
    ["NaN"] = { { a = 0 / 0 }, ".a", "finite number expected, got " .. tostring(0 / 0) },
    ["infinity"] = { { 1, math.huge }, "[2]", "finite number expected, got inf" },
    ["a list with gaps"] = { { a = { 1, nil, 3 } }, ".a", "list without gaps or table with string keys expected" },
    ["a table with mixed keys"] = { { 1, a = 2 }, "", "list without gaps or table with string keys expected" },
  } do
    it("write refuses " .. name .. ", and says where", function()
      assert.same({ nil, row[2], row[3] }, { json_writer.write(row[1]) })
    end)
  end

  it("write does not call metamethods", function()
    local hostile = setmetatable({ a = 1 }, { __index = error, __len = error, __pairs = error })
    assert.equal('{"a":1}', json_writer.write(hostile))
    assert.equal("[1]", json_writer.write(setmetatable({ 1 }, { __index = error, __len = function() return 2 ^ 40 end })))
  end)

  it("is_list accepts keys from 1 without gaps", function()
    assert.same({ true, 0 }, { json_writer.is_list {} })
    assert.same({ true, 2 }, { json_writer.is_list { "a", "b" } })
    for _, value in ipairs { { [2] = 1 }, { [0] = 1, 2 }, { [1.5] = 1 }, { 1, n = 1 }, { [2 ^ 53] = 1 } } do
      assert.is_false((json_writer.is_list(value)))
    end
  end)
end)
