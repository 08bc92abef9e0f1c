local cjson = require "cjson.safe"
local operation = require "kms.operation"
local sign = require "kms.sign"

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

  it("builds a plain row's path as text, which is the target", function()
    local row = { name = "paint", method = "PUT", path = "/v1/{house}/walls/{wall}", plain = true, fields = {}, reply = {} }
    local request = operation.build(row, { wall = "b" }, SETTINGS)
    assert.same({ "/v1/12/walls/b", "/v1/12/walls/b" }, { request.path, request.target })
    row = { name = "paint", method = "PUT", path = "/v1/{wall}/paint", plain = true, fields = {}, reply = {} }
    assert.equal("/v1/b/paint", operation.build(row, { wall = "b" }, SETTINGS).target)
    assert.is_nil(operation.build(ROW, { wall = "w", colour = "red" }, SETTINGS).target)
  end)

  -- Byte after byte in the place of each character of a good value: what a rule lets through must stand for itself.
  it("calls a row plain only where no value of its path can need encoding", function()
    local huawei, tried = require "kms.huawei", 0
    local GOOD = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", project_id = ("0"):rep(32) }
    local rules = {}
    for _, list in ipairs { huawei.options, huawei.operations[1].fields } do
      for _, field in ipairs(list) do rules[field.name] = field.rule end
    end
    for _, row in ipairs(huawei.operations) do
      for name in (row.plain and row.path or ""):gmatch "{(.-)}" do
        local good = GOOD[name]
        assert(rules[name].test(good))
        for at = 1, #good do
          for byte = 0, 255 do
            local value = good:sub(1, at - 1) .. string.char(byte) .. good:sub(at + 1)
            if rules[name].test(value) then
              tried = tried + 1
              assert.equal("/" .. value, sign.target { value })
            end
          end
        end
      end
    end
    assert.is_true(tried > 1000)
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
