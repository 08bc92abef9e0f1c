local catalog = require "kms.call.catalog"
local cjson = require "cjson.safe"
local encoder = require "kms.call.encoder"
local json_text = require "kms.util.json_text"
local sign = require "kms.sign"

describe("kms.call.encoder", function()
  local SHORT = { text = "short", test = function(value) return #value < 5 end }
  local LETTER = { text = "a letter", plain = true, test = function(value) return value:find "^%a$" end }
  local SETTINGS = { scheme = "https", host = "h", house = "12", headers = { { "A", "1" } } }

  local function new_entry(path, params)
    return { name = "paint", method = "PUT", path = path, params = params, result = {} }
  end

  local function new_param(name, rule, required, wire)
    return { name = name, type = "string", rule = rule, required = required, wire = wire, place = wire and "body" }
  end

  local PAINT = new_entry("/v1/{house}/walls/{wall}/paint",
    { new_param("wall", nil, true), new_param("colour", SHORT, nil, "COLOUR") })

  local function build_body(params, values)
    return encoder.build_request(new_entry("/", params), values, SETTINGS).body
  end

  it("fills the path from params, then from settings, one segment per placeholder", function()
    local request = encoder.build_request(PAINT, { wall = "a/b", colour = "red" }, SETTINGS)
    assert.equal("/v1/12/walls/a%2Fb/paint", request.target)
    assert.same({ "PUT", "https", "h" }, { request.method, request.scheme, request.host })
    assert.same({ COLOUR = "red" }, cjson.decode(request.body))
    assert.same({ { "A", "1" } }, request.headers)
  end)

  it("builds no body for an operation without members", function()
    assert.is_nil(build_body({}, {}))
  end)

  it("builds an empty object if no member has a value", function()
    assert.equal("{}", build_body({ new_param("side", SHORT, nil, "SIDE") }, {}))
  end)

  it("builds the target as text if every value is plain", function()
    local params = { new_param("wall", LETTER, true) }
    local request = encoder.build_request(new_entry("/v1/{house}/walls/{wall}", params), { wall = "b" }, SETTINGS)
    assert.equal("/v1/12/walls/b", request.target)
    assert.equal("/v1/b/paint",
      encoder.build_request(new_entry("/v1/{wall}/paint", params), { wall = "b" }, SETTINGS).target)
    assert.equal("/v1/paint", encoder.build_request(new_entry("/v1/paint", params), { wall = "b" }, SETTINGS).target)
    assert.equal("/", encoder.build_request(new_entry("/", {}), {}, SETTINGS).target)
  end)

  it("encodes a value whose rule is not plain, and a number, in the path", function()
    local entry = new_entry("/{wall}", { new_param("wall", SHORT, true) })
    assert.equal("/a%20b", encoder.build_request(entry, { wall = "a b" }, SETTINGS).target)
    entry = new_entry("/walls/{number}", { { name = "number", type = "integer", required = true } })
    assert.equal("/walls/3", encoder.build_request(entry, { number = 3.0 }, SETTINGS).target)
  end)

  it("writes each byte of a segment as kms.sign does", function()
    local entry = new_entry("/{wall}", { new_param("wall", nil, true) })
    for byte = 0, 255 do
      for _, wall in ipairs { string.char(byte), "a" .. string.char(byte) .. "b" } do
        local target, err = sign.target { wall }
        local request, build_err = encoder.build_request(entry, { wall = wall }, SETTINGS)
        assert.same({ target, err and err.message }, { request and request.target, build_err and build_err.message })
      end
    end
  end)

  it("returns the signer's error for a path that is not possible", function()
    for _, wall in ipairs { "", ".", ".." } do
      local request, err = encoder.build_request(PAINT, { wall = wall, colour = "red" }, SETTINGS)
      assert.is_nil(request)
      assert.equal("invalid", err.kind)
    end
  end)

  it("writes the query in the order that Huawei Cloud signs, encoded, and without missing values", function()
    local entry = new_entry("/v1/{house}", {
      { name = "key_id", type = "string", place = "query" }, { name = "limit", type = "integer", place = "query" },
      { name = "from", wire = "timestampFrom", type = "time", unit = "ms", place = "query" },
      { name = "is_old", type = "boolean", place = "query" },
    })
    local request = encoder.build_request(entry, { key_id = "a&b c", limit = 50, from = 1.5, is_old = false }, SETTINGS)
    assert.equal("/v1/12?is_old=false&key_id=a%26b%20c&limit=50&timestampFrom=1500", request.target)
    assert.is_nil(request.body)
    assert.equal("/v1/12", encoder.build_request(entry, {}, SETTINGS).target)
  end)

  it("writes the query after segments that are encoded", function()
    local entry = new_entry("/{wall}", { new_param("wall", nil, true), { name = "n", type = "integer", place = "query" } })
    assert.equal("/a%20b?n=1", encoder.build_request(entry, { wall = "a b", n = 1 }, SETTINGS).target)
  end)

  it("builds the body in the order of the params, and escapes the names of members", function()
    local body = build_body({ new_param("wall", LETTER, true, 'WA"LL'), new_param("side", LETTER, true, "SIDE") },
      { wall = "b", side = "c" })
    assert.equal([[{"WA\"LL":"b","SIDE":"c"}]], body)
  end)

  it("escapes values that are not plain, and leaves out missing ones", function()
    for _, side in ipairs {
      new_param("side", SHORT, true, "SIDE"), new_param("side", LETTER, nil, "SIDE"), new_param("side", nil, true, "SIDE"),
    } do
      local params = { new_param("wall", LETTER, true, "WALL"), side }
      assert.equal([[{"WALL":"b","SIDE":"a\"b"}]], build_body(params, { wall = "b", side = 'a"b' }))
      assert.equal([[{"WALL":"b"}]], build_body(params, { wall = "b" }))
    end
  end)

  for _, row in ipairs {
    { { type = "integer" }, 7, "7" }, { { type = "integer", text = true }, 100, '"100"' },
    { { type = "boolean" }, false, "false" }, { { type = "boolean", text = true }, true, '"true"' },
    { { type = "time", unit = "ms" }, 1.5, "1500" }, { { type = "time", unit = "s", text = true }, 2, '"2"' },
    { { type = "list", items = { type = "string" } }, {}, "[]" },
    { { type = "list", items = { type = "string" } }, { "a", 'b"' }, [=[["a","b\""]]=] },
    { { type = "list", items = { type = "object", fields = { { name = "key", type = "string" },
      { name = "is_old", wire = "isOld", type = "boolean" } } } }, { { key = "k", is_old = false }, {} },
      '[{"key":"k","isOld":false},{}]' },
    { { type = "object", fields = { { name = "tags", type = "list", items = { type = "integer" } } } }, { tags = { 1 } },
      '{"tags":[1]}' },
    { { type = "object" }, '{"a":1}', '{"a":1}' }, { { type = "object", json = true }, '{"a":1}', [["{\"a\":1}"]] },
    { { type = "string|list", items = { type = "string" } }, "a", '"a"' },
    { { type = "string|list", items = { type = "string" } }, { "a" }, '["a"]' },
    { { type = "integer|string" }, "UL", '"UL"' }, { { type = "integer|string" }, 72, "72" },
  } do
    local field, value, text = row[1], row[2], row[3]
    it(("writes a member of type %s as %s"):format(field.type, text), function()
      field.name, field.place = "m", "body"
      assert.equal(('{"m":%s}'):format(text), build_body({ field }, { m = value }))
    end)
  end

  it("adds the members that never change, with and without others", function()
    local entry = new_entry("/", { new_param("wall", LETTER, true, "WALL") })
    entry.fixed = { action = "create", count = 1 }
    assert.equal('{"action":"create","count":1,"WALL":"b"}', encoder.build_request(entry, { wall = "b" }, SETTINGS).body)
    entry = new_entry("/", { new_param("wall", SHORT, nil, "WALL") })
    entry.fixed = { action = "create" }
    assert.equal('{"action":"create"}', encoder.build_request(entry, {}, SETTINGS).body)
    entry = new_entry("/", {})
    entry.fixed = { action = "create" }
    assert.equal('{"action":"create"}', encoder.build_request(entry, {}, SETTINGS).body)
  end)

  it("says by the flags of the entry whether the request may be sent twice", function()
    for flag, expected in pairs { read_only = true, repeatable = true, notes = false } do
      local entry = new_entry("/", {})
      entry[flag] = true
      assert.equal(expected, encoder.build_request(entry, {}, SETTINGS).idempotent)
    end
  end)

  it("builds a request in the table of another one, and leaves nothing of that", function()
    local entry = new_entry("/", {})
    local reused = encoder.build_request(PAINT, { wall = "w", colour = "red" }, SETTINGS)
    reused.timeout, reused.headers = 5, {}
    assert.equal(reused, encoder.build_request(entry, {}, SETTINGS, reused))
    assert.same(encoder.build_request(entry, {}, SETTINGS), reused)
  end)

  -- Replaces each character of a valid value by each byte. A plain rule must refuse every value that needs encoding.
  it("every plain rule of a provider accepts only values that need neither encoding nor escaping", function()
    local SAMPLES = { "0d0466b0-e727-4d9c-b35d-f84bb474a37f", ("0"):rep(32), ("0"):rep(64), "xy-north-4", "newKey-Name_4" }
    local checked, count = {}, 0

    local function check_value(rule, value)
      if not rule.test(value) then return end
      count = count + 1
      assert.equal("/" .. value, sign.target { value })
      assert.equal('"' .. value .. '"', json_text.quote(value))
    end

    local function check_field(field)
      local rule = field.rule
      if not (rule and rule.plain) or checked[rule] then return end
      checked[rule] = true
      local samples = 0
      for _, sample in ipairs(SAMPLES) do
        if rule.test(sample) then
          samples = samples + 1
          for at = 1, #sample do
            for byte = 0, 255 do check_value(rule, sample:sub(1, at - 1) .. string.char(byte) .. sample:sub(at + 1)) end
          end
        end
      end
      assert.is_true(samples > 0, field.name .. " has no sample")
    end

    for _, provider in ipairs { (require "kms.huawei"), (require "kms.ncloud") } do
      for _, field in ipairs(provider.options) do check_field(field) end
      for entry in catalog.of(provider):each() do
        for _, param in ipairs(entry.params) do check_field(param) end
      end
    end
    assert.is_true(count > 1500)
  end)
end)
