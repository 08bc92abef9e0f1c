local cjson = require "cjson.safe"
local operation = require "kms.call.operation"
local sign = require "kms.sign"

describe("kms.call.operation", function()
  local RULE = { text = "short", test = function(value) return #value < 5 end }
  local ROW = {
    name = "paint", method = "PUT", path = "/v1/{house}/walls/{wall}/paint",
    fields = { { name = "wall", type = "string", required = true }, { name = "colour", type = "string", rule = RULE } },
    body = { COLOUR = "colour" }, reply = { wall = "wall", COLOUR = "colour" }, more = { coats = "coats" },
  }
  local SETTINGS = { scheme = "https", host = "h", house = "12", headers = { { "A", "1" } } }

  it("builds a request from a row: params before settings, each one segment", function()
    local request = operation.build_request(ROW, { wall = "a/b", colour = "red" }, SETTINGS)
    assert.same({ "v1", "12", "walls", "a/b", "paint" }, request.path)
    assert.same({ "PUT", "https", "h" }, { request.method, request.scheme, request.host })
    assert.same({ COLOUR = "red" }, cjson.decode(request.body))
    assert.same({ { "A", "1" } }, request.headers)
    assert.is_nil(operation.build_request({ method = "GET", path = "/", fields = {}, reply = {} }, {}, SETTINGS).body)
  end)

  describe("of values that stand for themselves", function()
    local PLAIN = { text = "a letter", plain = true, test = function(value) return value:find "^%a$" end }
    local function row_of(path, fields, body)
      return { name = "paint", method = "PUT", path = path, fields = fields, body = body, reply = {} }
    end
    local function field(name, rule, required) return { name = name, type = "string", rule = rule, required = required } end

    it("builds the path as text, which is the target", function()
      local fields = { field("wall", PLAIN, true) }
      local request = operation.build_request(row_of("/v1/{house}/walls/{wall}", fields), { wall = "b" }, SETTINGS)
      assert.same({ "/v1/12/walls/b", "/v1/12/walls/b" }, { request.path, request.target })
      assert.equal("/v1/b/paint", operation.build_request(row_of("/v1/{wall}/paint", fields), { wall = "b" }, SETTINGS).target)
      assert.equal("/v1/paint", operation.build_request(row_of("/v1/paint", fields), { wall = "b" }, SETTINGS).target)
      assert.is_nil(operation.build_request(ROW, { wall = "w", colour = "red" }, SETTINGS).target)
      assert.is_nil(operation.build_request(row_of("/{wall}", { field("wall", RULE, true) }), { wall = "w" }, SETTINGS).target)
    end)

    it("builds the body, escaping members' names alone", function()
      local fields, params = { field("wall", PLAIN, true), field("side", PLAIN, true) }, { wall = "b", side = "c" }
      local body = operation.build_request(row_of("/", fields, { ['WA"LL'] = "wall", SIDE = "side" }), params, SETTINGS).body
      assert.same({ ['WA"LL'] = "b", SIDE = "c" }, cjson.decode(body))
      assert.equal("{}", operation.build_request(row_of("/", fields, {}), params, SETTINGS).body)
    end)

    it("escapes the others, and leaves out what is not given", function()
      for _, side in ipairs { field("side", RULE, true), field("side", PLAIN), field("side", nil, true) } do
        local row = row_of("/", { field("wall", PLAIN, true), side }, { WALL = "wall", SIDE = "side" })
        assert.same({ WALL = "b", SIDE = 'a"b' }, cjson.decode(operation.build_request(row, { wall = "b", side = 'a"b' }, SETTINGS).body))
        assert.same({ WALL = "b" }, cjson.decode(operation.build_request(row, { wall = "b" }, SETTINGS).body))
      end
    end)
  end)

  -- Byte after byte in the place of each character of a good value: what a rule lets through must stand for itself.
  it("calls a rule plain only where no value can need encoding or escaping", function()
    local GOOD = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", project_id = ("0"):rep(32), region = "xy-north-4",
      primary_region = "xy-north-4", key_name = "newKey-Name_4" }
    local seen = {}
    local function try(field)
      local rule, good = field.rule, GOOD[field.name]
      if not (rule and rule.plain) then return end
      assert(rule.test(good))
      for at = 1, #good do
        for byte = 0, 255 do
          local value = good:sub(1, at - 1) .. string.char(byte) .. good:sub(at + 1)
          if rule.test(value) then
            seen[field.name] = (seen[field.name] or 0) + 1
            assert.equal("/" .. value, sign.target { value })
            assert.equal('"' .. value .. '"', cjson.encode(value))
          end
        end
      end
    end
    for _, cloud in ipairs { (require "kms.huawei"), (require "kms.ncloud") } do
      for _, field in ipairs(cloud.options) do try(field) end
      for _, row in ipairs(cloud.operations) do
        for _, field in ipairs(row.fields) do try(field) end
      end
    end
    for name in pairs(GOOD) do assert.is_true(seen[name] > 300, name) end
  end)

  it("lends nobody its settings", function()
    local request = operation.build_request(ROW, { wall = "w", colour = "red" }, SETTINGS)
    request.headers[1][2], request.headers[2] = "spoilt", {}
    assert.same({ { "A", "1" } }, SETTINGS.headers)
  end)

  it("takes values, which it holds against their rules", function()
    local params = { wall = "w", colour = "red" }
    local values = operation.validate_params(ROW, params)
    params.colour = "scarlet"
    assert.same({ wall = "w", colour = "red" }, values)
    local none, err = operation.validate_params(ROW, params)
    assert.is_nil(none)
    assert.same({ "invalid", "colour", 'colour must be short; got "scarlet"' }, { err.kind, err.code, err.message })
  end)

  it("reads a result: what must be there, and what may be", function()
    assert.same({ wall = "w", colour = "red" }, operation.parse_result(ROW, { wall = "w", COLOUR = "red", coats = 2, smell = "x" }))
    assert.same({ wall = "w", colour = "red", coats = "2" }, operation.parse_result(ROW, { wall = "w", COLOUR = "red", coats = "2" }))
    for problem, object in pairs {
      ["the answer's member \"COLOUR\" is missing, not a string"] = { wall = "w" },
      ["the answer's member \"COLOUR\" is a number, not a string"] = { wall = "w", COLOUR = 1 },
      ["the answer's member \"COLOUR\" is null, not a string"] = { wall = "w", COLOUR = require("cjson").null },
    } do
      local result, got = operation.parse_result(ROW, object)
      assert.is_nil(result)
      assert.equal(problem, got)
    end
  end)
end)
