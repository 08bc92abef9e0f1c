--- kms.cli.json: results as JSON.

local json = require "kms.cli.json"

local FIELD = { type = "object", fields = { { name = "z", type = "string" }, { name = "list", type = "list", items = { type = "integer" } },
  { name = "inner", type = "object", fields = { { name = "b", type = "boolean" } } } } }

describe("kms.cli.json", function()
  it("writes members in the order of the fields, then the others", function()
    assert.equal('{"z":"x","list":[1,2],"inner":{"b":true},"a":1.5}\n',
      json.line({ a = 1.5, z = "x", list = { 1, 2 }, inner = { b = true } }, FIELD))
  end)

  it("has an order for names without types", function()
    assert.equal('{"z":1,"a":2,"b":3}\n', json.line({ a = 2, b = 3, z = 1 }, json.ordered "z a"))
  end)

  it("tells an empty list from an empty object", function()
    assert.equal('{"list":[],"inner":{}}\n', json.line({ list = {}, inner = {} }, FIELD))
  end)

  it("indents a document", function()
    assert.equal('{\n  "z": "x",\n  "list": [\n    1\n  ]\n}\n', json.document({ z = "x", list = { 1 } }, FIELD))
  end)
end)
