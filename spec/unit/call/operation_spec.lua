local catalog = require "kms.call.catalog"
local cjson = require "cjson.safe"
local operation = require "kms.call.operation"
local sign = require "kms.sign"

describe("kms.call.operation", function()
  local SHORT = { text = "short", test = function(value) return #value < 5 end }
  local LETTER = { text = "a letter", plain = true, test = function(value) return value:find "^%a$" end }
  local SETTINGS = { scheme = "https", host = "h", house = "12", headers = { { "A", "1" } } }

  local PAINT = {
    name = "paint", method = "PUT", path = "/v1/{house}/walls/{wall}/paint",
    params = {
      { name = "wall", type = "string", required = true },
      { name = "colour", type = "string", rule = SHORT, wire = "COLOUR", place = "body" },
    },
    result = {
      { name = "wall", type = "string", required = true },
      { name = "colour", wire = "COLOUR", type = "string", required = true },
      { name = "coats", type = "string" },
    },
  }

  local function new_entry(path, params)
    return { name = "paint", method = "PUT", path = path, params = params, result = {} }
  end

  local function new_param(name, rule, required, wire)
    return { name = name, type = "string", rule = rule, required = required, wire = wire, place = wire and "body" }
  end

  describe("validate_params", function()
    it("copies the values, so that later changes by the caller have no effect", function()
      local params = { wall = "w", colour = "red" }
      local values = operation.validate_params(PAINT, params)
      params.colour = "blue"
      assert.same({ wall = "w", colour = "red" }, values)
    end)

    it("returns an error that names the param, the rule and the value", function()
      local values, err = operation.validate_params(PAINT, { wall = "w", colour = "scarlet" })
      assert.is_nil(values)
      assert.same({ "invalid", "colour", 'colour must be short; got "scarlet"' }, { err.kind, err.code, err.message })
    end)

    it("accepts a param that is not required and missing", function()
      assert.same({ wall = "w" }, operation.validate_params(PAINT, { wall = "w" }))
    end)
  end)

  describe("build_request", function()
    it("fills the path from params, then from settings, one segment per placeholder", function()
      local request = operation.build_request(PAINT, { wall = "a/b", colour = "red" }, SETTINGS)
      assert.same({ "v1", "12", "walls", "a/b", "paint" }, request.path)
      assert.equal("/v1/12/walls/a%2Fb/paint", request.target)
      assert.same({ "PUT", "https", "h" }, { request.method, request.scheme, request.host })
      assert.same({ COLOUR = "red" }, cjson.decode(request.body))
      assert.same({ { "A", "1" } }, request.headers)
    end)

    it("builds no body for an operation without members", function()
      assert.is_nil(operation.build_request(new_entry("/", {}), {}, SETTINGS).body)
    end)

    it("builds the target as text if every value is plain", function()
      local params = { new_param("wall", LETTER, true) }
      local request = operation.build_request(new_entry("/v1/{house}/walls/{wall}", params), { wall = "b" }, SETTINGS)
      assert.same({ "/v1/12/walls/b", "/v1/12/walls/b" }, { request.path, request.target })
      assert.equal("/v1/b/paint",
        operation.build_request(new_entry("/v1/{wall}/paint", params), { wall = "b" }, SETTINGS).target)
      assert.equal("/v1/paint", operation.build_request(new_entry("/v1/paint", params), { wall = "b" }, SETTINGS).target)
    end)

    it("encodes a value whose rule is not plain", function()
      local entry = new_entry("/{wall}", { new_param("wall", SHORT, true) })
      assert.equal("/a%20b", operation.build_request(entry, { wall = "a b" }, SETTINGS).target)
    end)

    it("returns the signer's error for a path that is not possible", function()
      local request, err = operation.build_request(PAINT, { wall = "..", colour = "red" }, SETTINGS)
      assert.is_nil(request)
      assert.equal("invalid", err.kind)
    end)

    it("builds the body in the order of the params, and escapes the names of members", function()
      local entry = new_entry("/", { new_param("wall", LETTER, true, 'WA"LL'), new_param("side", LETTER, true, "SIDE") })
      local body = operation.build_request(entry, { wall = "b", side = "c" }, SETTINGS).body
      assert.equal([[{"WA\"LL":"b","SIDE":"c"}]], body)
    end)

    it("escapes values that are not plain, and leaves out missing ones", function()
      for _, side in ipairs {
        new_param("side", SHORT, true, "SIDE"), new_param("side", LETTER, nil, "SIDE"),
        new_param("side", nil, true, "SIDE"),
      } do
        local entry = new_entry("/", { new_param("wall", LETTER, true, "WALL"), side })
        assert.same({ WALL = "b", SIDE = 'a"b' },
          cjson.decode(operation.build_request(entry, { wall = "b", side = 'a"b' }, SETTINGS).body))
        assert.same({ WALL = "b" }, cjson.decode(operation.build_request(entry, { wall = "b" }, SETTINGS).body))
      end
    end)

    it("copies the headers of the settings", function()
      local request = operation.build_request(PAINT, { wall = "w", colour = "red" }, SETTINGS)
      request.headers[1][2], request.headers[2] = "changed", {}
      assert.same({ { "A", "1" } }, SETTINGS.headers)
    end)
  end)

  describe("parse_result", function()
    it("takes required members, and others if they are strings", function()
      assert.same({ wall = "w", colour = "red" },
        operation.parse_result(PAINT, { wall = "w", COLOUR = "red", coats = 2, smell = "x" }, {}))
      assert.same({ wall = "w", colour = "red", coats = "2" },
        operation.parse_result(PAINT, { wall = "w", COLOUR = "red", coats = "2" }, {}))
    end)

    it("refuses the response to another request", function()
      local entry = { params = {}, result = {
        { name = "wall", wire = "WALL", type = "string", required = true, is_echo = true },
        { name = "side", wire = "SIDE", type = "string" } } }
      assert.same({ wall = "w", side = "s" }, operation.parse_result(entry, { WALL = "w", SIDE = "s" }, { wall = "w" }))
      assert.same({ nil, "mismatch",
        'member "WALL" of the response must be the wall of the request, "w"; it is "other"' },
        { operation.parse_result(entry, { WALL = "other" }, { wall = "w" }) })
    end)

    it("names a required member that is not a string", function()
      for problem, object in pairs {
        ['member "COLOUR" of the response must be a string; it is missing'] = { wall = "w" },
        ['member "COLOUR" of the response must be a string; it is a number'] = { wall = "w", COLOUR = 1 },
        ['member "COLOUR" of the response must be a string; it is null'] = { wall = "w", COLOUR = cjson.null },
      } do
        assert.same({ nil, "wrong_type", problem }, { operation.parse_result(PAINT, object, {}) })
      end
    end)
  end)

  -- Replaces each character of a valid value by each byte. A plain rule must refuse every value that needs encoding.
  it("every plain rule of a provider accepts only values that need neither encoding nor escaping", function()
    local ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
    local VALID = { key_id = ID, project_id = ("0"):rep(32), region = "xy-north-4", primary_region = "xy-north-4",
      key_name = "newKey-Name_4", replica_region = "xy-north-4", replica_project_id = ("0"):rep(32), target_key_id = ID,
      source_key_id = ID, destination_key_id = ID, keyspace_id = ID, access_point_id = ID, policy_id = ID, marker = ID,
      grant_id = ("0a"):rep(32), grantee_principal = "user1", retiring_principal = "user1", plain_text = "00ff",
      cipher_text = "00ff" }
    local counts = {}

    local function check_value(name, rule, value)
      if not rule.test(value) then return end
      counts[name] = (counts[name] or 0) + 1
      assert.equal("/" .. value, sign.target { value })
      assert.equal('"' .. value .. '"', cjson.encode(value))
    end

    local function check_field(field)
      local rule, valid = field.rule, VALID[field.name]
      if not (rule and rule.plain) then return end
      assert(rule.test(valid))
      for at = 1, #valid do
        for byte = 0, 255 do check_value(field.name, rule, valid:sub(1, at - 1) .. string.char(byte) .. valid:sub(at + 1)) end
      end
    end

    for _, provider in ipairs { (require "kms.huawei"), (require "kms.ncloud") } do
      for _, field in ipairs(provider.options) do check_field(field) end
      for entry in catalog.of(provider):each() do
        for _, param in ipairs(entry.params) do check_field(param) end
      end
    end
    for name in pairs(VALID) do assert.is_true(counts[name] > 40, name) end
  end)
end)
