--- kms.cli.input: lists of keys as text, CSV and JSON lines.

local input = require "kms.cli.input"

local MOVE = { words = { "key_id", "primary_region" }, members = { key_id = "key_id", id = "key_id", primary_region = "primary_region" } }
local RENAME = { words = { "key_tag", "key_name" }, members = { key_tag = "key_tag", new_name = "key_name" } }

local function read(text, layout, format)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local result = assert(input.open(path, layout or MOVE, format))
  os.remove(path)
  return result
end

--- The items of a list as "LINE PARAM=VALUE".
local function list(text, layout, format)
  local result, found = read(text, layout, format), {}
  for i, item in ipairs(result.items) do
    local parts = { tostring(item.line) }
    for _, name in ipairs((layout or MOVE).words) do
      if item.params[name] then parts[#parts + 1] = name .. "=" .. item.params[name] end
    end
    found[i] = table.concat(parts, " ")
  end
  return found, result
end

local function problems(text, layout, format)
  local found = {}
  for i, problem in ipairs(read(text, layout, format).problems) do found[i] = problem.line .. ": " .. problem.message end
  return found
end

describe("a list of keys", function()
  it("is text with one key per line, without blank lines, comments, spaces, CR and BOM", function()
    local found, result = list "\239\187\191# keys\r\n\r\n  a \r\n\tb\t\n  # none\n\nc"
    assert.same({ "3 key_id=a", "4 key_id=b", "7 key_id=c" }, found)
    assert.equal("text", result.format)
  end)

  it("has further params as words of a line", function()
    assert.same({ "1 key_tag=t1 key_name=one", "2 key_tag=t2 key_name=two" }, (list("t1 one\nt2\t two\n", RENAME)))
    assert.same({ '2: at most key_tag key_name expected; got more: "c"' }, problems("a b\na b c\n", RENAME))
  end)

  it("is empty without a line", function()
    assert.same({}, (list ""))
    assert.same({}, (list "\n# nothing\n"))
    assert.is_nil(select(2, list "").format)
  end)

  it("is CSV if the first line names a column", function()
    local found, result = list "Name,KEY_ID , primary_region\nx,a,r1\n\n  y , \"b\" ,\n"
    assert.same({ "2 key_id=a primary_region=r1", "4 key_id=b" }, found)
    assert.same({ "csv", "name" }, { result.format, result.ignored[1] })
    assert.same({ "2 key_id=a" }, (list "key_id\na\n"))
  end)

  it("is CSV with quotes as in RFC 4180", function()
    assert.same({ '2 key_tag=a,"b" key_name=c d' }, (list('key_tag,new_name\n"a,""b""","c d"\n', RENAME)))
    assert.same({ "2: a quoted field has no end", '3: "," expected after a quoted field; got "x"' },
      problems 'key_id,x\n"a,b\n"a"x,b\n')
  end)

  it("is not read if the header of CSV has no column for the key, or two", function()
    assert.same({ "2: the header has no column key_id; got name, region" }, problems "\nname,region\na,b\n")
    assert.same({ "1: columns key_id and id mean the same" }, problems "key_id,id\na,b\n")
  end)

  it("is JSON lines if the first line begins an object", function()
    local found, result = list '{"key_id":"a","name":"x"}\r\n\n{"primary_region":"r1","id":"b","more":[1]}\n"c"\n'
    assert.same({ "1 key_id=a", "3 key_id=b primary_region=r1", "4 key_id=c" }, found)
    assert.same({ "jsonl", { "more", "name" } }, { result.format, result.ignored })
  end)

  it("takes null as missing, and names lines that are not JSON", function()
    local found = problems '{"key_id":"a","primary_region":null}\n{"key_id":null}\n{"key_id":\n[1]\n7\n{"key_id":"a","id":"b"}'
    assert.equal("2: key_id is missing", found[1])
    assert.matches("^3: a JSON object expected: Expected value", found[2])
    assert.same({ "4: a JSON object expected", "5: a JSON object expected", "6: two members mean key_id" },
      { found[3], found[4], found[5] })
  end)

  it("has the format that is asked for", function()
    assert.same({ "1 key_id=key_id" }, (list("key_id\n", MOVE, "text")))
    assert.same({ "2 key_id=a" }, (list("id\na\n", MOVE, "csv")))
    assert.matches("^1: a JSON object expected", problems("a\n", MOVE, "jsonl")[1])
    assert.equal("1: a JSON object expected: it contains NUL", problems('{"key_id":"a"}\0x\n', MOVE, "jsonl")[1])
  end)

  it("cannot be read if the file is missing or a directory", function()
    assert.same({ nil, "cannot read /nonexistent/keys: No such file or directory" }, { input.open("/nonexistent/keys", MOVE) })
    local result, problem = input.open("/tmp", MOVE)
    assert.is_nil(result)
    assert.matches("^cannot read /tmp: Is a directory", problem)
  end)
end)
