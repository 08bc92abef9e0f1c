local params = require "kms.call.params"

describe("kms.call.params", function()
  local SHORT = { text = "short", test = function(value) return #value < 5 end }

  local PAINT = {
    params = {
      { name = "wall", type = "string", required = true, is_key = true },
      { name = "colour", type = "string", rule = SHORT, place = "body" },
      { name = "coats", type = "integer", min = 1, max = 5, place = "body" },
      { name = "thickness", type = "number", min = 0.1, place = "body" },
      { name = "is_shiny", type = "boolean", place = "body" },
      { name = "not_before", type = "time", unit = "ms", place = "body" },
      { name = "people", type = "list", items = { type = "string", rule = SHORT }, place = "body" },
      { name = "tags", type = "list", place = "body", items = { type = "object", fields = {
        { name = "key", type = "string", required = true },
        { name = "value", type = "string", rule = SHORT },
      } } },
      { name = "owner", type = "object", place = "body", fields = {
        { name = "name", type = "string" }, { name = "pin", type = "string", secret = true, rule = SHORT },
      } },
      { name = "policy", type = "object", json = true, place = "body" },
      { name = "text", type = "string|list", secret = true, items = { type = "string", rule = SHORT }, rule = SHORT,
        place = "body" },
      { name = "hours", type = "integer|string", place = "body" },
    },
    result = {},
  }

  local function with(name, value) return { wall = "w", [name] = value } end

  it("validate copies the values at every depth, so that later changes by the caller have no effect", function()
    local arguments = { wall = "w", tags = { { key = "k", value = "v" } }, policy = { a = { 1 } }, text = { "x" } }
    local values = params.validate(PAINT, arguments)
    arguments.wall, arguments.tags[1].key, arguments.tags[2], arguments.policy.a[1], arguments.text[1] = "changed", "changed", {}, 2, "y"
    assert.same({ wall = "w", tags = { { key = "k", value = "v" } }, policy = '{"a":[1]}', text = { "x" } }, values)
  end)

  it("validate accepts every type, numbers as decimal text too, and missing params that are not required", function()
    assert.same({ wall = "w" }, params.validate(PAINT, { wall = "w" }))
    assert.same({ wall = "w", coats = 3, thickness = 0.5, is_shiny = false, not_before = 1.5, people = {}, hours = "UL",
      text = "x" }, params.validate(PAINT, { wall = "w", coats = "3", thickness = 0.5, is_shiny = false,
      not_before = 1.5, people = {}, hours = "UL", text = "x" }))
  end)

  it("validate takes nil for no params if none is required", function()
    assert.same({}, params.validate({ params = { { name = "limit", type = "integer" } } }))
    assert.same({ nil, nil, "table expected, got boolean" }, { params.validate({ params = {} }, false) })
  end)

  local CYCLE = {}
  CYCLE.again = CYCLE

  for _, row in ipairs {
    { nil, "table expected, got no value" }, { 5, "table expected, got number" },
    { {}, "field 'wall' is missing" },
    { with("wal", "x"), 'unknown field "wal"; known: wall, colour, coats, thickness, is_shiny, not_before, people, tags, '
      .. "owner, policy, text, hours" },
    { with("wall", 1), "field 'wall': string expected, got number" },
    { with("colour", print), "field 'colour': string expected, got function" },
    { with("coats", 0 / 0), "field 'coats': whole number expected, got " .. tostring(0 / 0) },
    { with("coats", 1e300), "field 'coats': whole number expected, got 1e+300" },
    { with("coats", "many"), "field 'coats': whole number expected, got string" },
    { with("thickness", math.huge), "field 'thickness': finite number expected, got inf" },
    { with("is_shiny", "true"), "field 'is_shiny': boolean expected, got string" },
    { with("not_before", "now"), "field 'not_before': number expected, got string" },
    { with("people", "a"), "field 'people': list expected, got string" },
    { with("people", { "a", nil, "b" }), "field 'people': list without gaps or named fields expected" },
    { with("people", { "a", n = 1 }), "field 'people': list without gaps or named fields expected" },
    { with("people", { "a", 2 }), "field 'people[2]': string expected, got number" },
    { with("tags", { "a" }), "field 'tags[1]': table expected, got string" },
    { with("tags", { { key = "k" }, {} }), "field 'tags[2].key' is missing" },
    { with("tags", { { key = "k", value = 1 } }), "field 'tags[1].value': string expected, got number" },
    { with("tags", { { key = "k", vale = "v" } }), "field 'tags[1]': unknown field \"vale\"; known: key, value" },
    { with("owner", { [1] = "a" }), "field 'owner': unknown field 1; known: name, pin" },
    { with("owner", CYCLE), "field 'owner': unknown field \"again\"; known: name, pin" },
    { with("owner", { name = CYCLE }), "field 'owner.name': string expected, got table" },
    { with("policy", "text"), "field 'policy': table expected, got string" },
    { with("policy", CYCLE), "field 'policy" .. (".again"):rep(32) .. "': at most 32 levels of tables expected" },
    { with("policy", { a = { 1, print } }), "field 'policy.a[2]': value of JSON expected, got function" },
    { with("text", 1), "field 'text': string or list expected, got number" },
    { with("text", { 1 }), "field 'text[1]': string expected, got number" },
    { with("hours", true), "field 'hours': whole number or string expected, got boolean" },
  } do
    it("validate returns the argument error: " .. row[2]:sub(1, 90), function()
      assert.same({ nil, nil, row[2] }, { params.validate(PAINT, row[1]) })
    end)
  end

  for _, row in ipairs {
    { with("colour", "scarlet"), "colour", 'colour must be short; got "scarlet"' },
    { with("coats", 6), "coats", "coats must be 1 to 5; got 6" },
    { with("coats", "0"), "coats", "coats must be 1 to 5; got 0" },
    { with("thickness", 0), "thickness", "thickness must be at least 0.1; got 0" },
    { with("wall", "a\0b"), "wall", 'wall must be UTF-8 without NUL; got "a\\x00b"' },
    { with("wall", "\255"), "wall", 'wall must be UTF-8 without NUL; got "\\xff"' },
    { with("people", { "a", "longer" }), "people[2]", 'people[2] must be short; got "longer"' },
    { with("tags", { { key = "k", value = "longer" } }), "tags[1].value", 'tags[1].value must be short; got "longer"' },
    { with("owner", { pin = "123456" }), "owner.pin", "owner.pin must be short; its value is not shown" },
    { with("text", "secret" ), "text", "text must be short; its value is not shown" },
    { with("text", { "a", "secret" }), "text[2]", "text[2] must be short; its value is not shown" },
  } do
    it("validate returns the error: " .. row[3], function()
      local values, err, problem = params.validate(PAINT, row[1])
      assert.same({ nil, nil }, { values, problem })
      assert.same({ "invalid", row[2], row[3] }, { err.kind, err.code, err.message })
    end)
  end

  it("validate returns an argument error even if a value before it is not valid", function()
    local _, err, problem = params.validate(PAINT, { wall = "w", colour = "scarlet", coats = {} })
    assert.same({ nil, "field 'coats': whole number expected, got table" }, { err, problem })
  end)

  it("validate reads nested tables without metamethods", function()
    local hostile = { __index = function() error "read" end, __len = function() return 2 ^ 40 end, __pairs = error }
    assert.same({ wall = "w", people = { "a" }, tags = { { key = "k" } }, policy = '{"a":1}' },
      params.validate(PAINT, { wall = "w", people = setmetatable({ "a" }, hostile),
        tags = { setmetatable({ key = "k" }, hostile) }, policy = setmetatable({ a = 1 }, hostile) }))
  end)
end)
