--- kms.cli.values: from texts to params.

local values = require "kms.cli.values"

local function collect(field, ...)
  local input = assert(io.tmpfile())
  input:write '["from", "input"]\n'
  input:seek "set"
  return values.collect(field, { ... }, input)
end

local function new_file(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

local SECRET = { type = "string", secret = true }
local LIST = { type = "list", items = { type = "string" } }

describe("kms.cli.values", function()
  it("converts texts by the type of the param", function()
    assert.equal(7, collect({ type = "integer" }, "7"))
    assert.equal(1.5, collect({ type = "number" }, "1.5"))
    assert.is_false(collect({ type = "boolean" }, "false"))
    assert.equal("x", collect({ type = "string" }, "x"))
    assert.equal(60, collect({ type = "time" }, "1970-01-01T00:01:00Z"))
    assert.equal(60, collect({ type = "time" }, "60"))
    assert.same({ a = { 1 } }, collect({ type = "object" }, '{"a": [1]}'))
    assert.equal(7, collect({ type = "integer|string" }, "7"))
    assert.equal("never", collect({ type = "integer|string" }, "never"))
  end)

  it("says what is expected", function()
    for _, row in ipairs { { "integer", "x", "whole number expected" }, { "number", "x", "number expected" },
      { "boolean", "yes", "true or false expected" }, { "time", "noon", "time expected" }, { "object", "{", "object expected" },
      { "object", '{"a":null}', "null has no meaning" } } do
      local value, problem = collect({ type = row[1] }, row[2])
      assert.is_nil(value)
      assert.matches(row[3], problem)
    end
  end)

  it("takes a list as repeated options or as JSON", function()
    assert.same({ "a" }, collect(LIST, "a"))
    assert.same({ "a", "b" }, collect(LIST, "a", "b"))
    assert.same({ "a", "b" }, collect(LIST, '["a","b"]'))
    assert.same({ "from", "input" }, collect(LIST, "-"))
    local objects = { type = "list", items = { type = "object", fields = { { name = "key", type = "string" } } } }
    assert.same({ { key = "a" } }, collect(objects, '[{"key":"a"}]'))
    for _, text in ipairs { "a", "{}\0{}" } do
      assert.equal("list expected, as JSON", (select(2, collect(objects, text))))
    end
    assert.equal("give all items as one JSON list", (select(2, collect(objects, "{}", "{}"))))
    assert.same({ "a", "b" }, collect({ type = "string|list", items = { type = "string" } }, "a", "b"))
    assert.equal("a", collect({ type = "string|list", items = { type = "string" } }, "a"))
  end)

  it("reads a value from a file, without the newline at its end", function()
    local path = new_file "line\n\n"
    assert.equal("line\n", collect({ type = "string" }, "@" .. path))
    os.remove(path)
    assert.equal("@handle", collect({ type = "string" }, "@@handle"))
    assert.matches("No such file", select(2, collect({ type = "string" }, "@/no/such/file")))
    assert.equal("-", collect({ type = "string" }, "-"))
  end)

  it("takes a secret from a file or standard input only", function()
    assert.equal('["from", "input"]', collect(SECRET, "-"))
    local value, problem = collect(SECRET, "hunter2")
    assert.is_nil(value)
    assert.matches("^@FILE or %- expected", problem)
    assert.is_nil(problem:find("hunter2", 1, true))
    assert.is_true(values.is_secret { type = "list", items = { fields = { SECRET } } })
  end)
end)
