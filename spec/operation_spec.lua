local cjson = require "cjson.safe"
local operation = require "kms.operation"

describe("kms.operation", function()
  local RULE = { text = "short", test = function(value) return #value < 5 end }
  local ROW = {
    name = "paint", method = "PUT", path = "/v1/{house}/walls/{wall}/paint",
    fields = { { name = "wall", type = "string", required = true }, { name = "colour", type = "string", rule = RULE } },
    body = { COLOUR = "colour" }, reply = { wall = "wall", COLOUR = "colour" }, more = { coats = "coats" },
  }
  local SETTINGS = { scheme = "https", host = "h", house = "12", headers = { { "A", "1" } } }

  it("builds a request from a row: params before settings, each one segment", function()
    local request = operation.build(ROW, { wall = "a/b", colour = "red" }, SETTINGS)
    assert.same({ "v1", "12", "walls", "a/b", "paint" }, request.path)
    assert.same({ "PUT", "https", "h" }, { request.method, request.scheme, request.host })
    assert.same({ COLOUR = "red" }, cjson.decode(request.body))
    assert.same({ { "A", "1" } }, request.headers)
    assert.is_nil(operation.build({ method = "GET", path = "/", fields = {}, reply = {} }, {}, SETTINGS).body)
  end)

  it("lends nobody its settings", function()
    local request = operation.build(ROW, { wall = "w", colour = "red" }, SETTINGS)
    request.headers[1][2], request.headers[2] = "spoilt", {}
    assert.same({ { "A", "1" } }, SETTINGS.headers)
  end)

  it("holds values against their rules", function()
    assert.is_nil(operation.invalid(ROW, { wall = "w", colour = "red" }))
    local err = operation.invalid(ROW, { wall = "w", colour = "scarlet" })
    assert.same({ "invalid", "colour", 'colour must be short; got "scarlet"' }, { err.kind, err.code, err.message })
  end)

  it("reads a result: what must be there, and what may be", function()
    assert.same({ wall = "w", colour = "red" }, operation.read(ROW, { wall = "w", COLOUR = "red", coats = 2, smell = "x" }))
    assert.same({ wall = "w", colour = "red", coats = "2" }, operation.read(ROW, { wall = "w", COLOUR = "red", coats = "2" }))
    for problem, object in pairs {
      ["the answer's member \"COLOUR\" is missing, not a string"] = { wall = "w" },
      ["the answer's member \"COLOUR\" is a number, not a string"] = { wall = "w", COLOUR = 1 },
      ["the answer's member \"COLOUR\" is null, not a string"] = { wall = "w", COLOUR = require("cjson").null },
    } do
      local result, got = operation.read(ROW, object)
      assert.is_nil(result)
      assert.equal(problem, got)
    end
  end)
end)
