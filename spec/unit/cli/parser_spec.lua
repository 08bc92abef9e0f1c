--- kms.cli.parser: from a command line to a command and its options.

local parser = require "kms.cli.parser"

local inner = {
  name = "inner", about = "Does it.", arguments = { { name = "FILE", about = "file" }, { name = "MORE", about = "m", count = "*" } },
  options = { { title = "Options", { name = "--dry-run", short = "-n", about = "flag" },
    { name = "--to", value = "REGION", about = "where", is_required = true },
    { name = "--tag", value = "TAG", about = "tags", is_repeated = true },
    { name = "--color", value = "WHEN", about = "when", choices = { "always", "never" } },
    { name = "--rate", value = "N", about = "rate", convert = function(text)
      local number = tonumber(text)
      return number, not number and "a number expected" or nil
    end } } },
}
local root = { name = "kms", about = "Root.", list = function() return { { title = "Group", inner } } end }

local function parse(...)
  local match, problem = parser.find(root, { ... })
  if problem then return nil, problem end
  return parser.parse(match)
end

describe("kms.cli.parser", function()
  it("finds the command and leaves its arguments", function()
    local match = parser.find(root, { "inner", "keys.txt", "--to", "x" })
    assert.equal(inner, match.command)
    assert.equal("kms inner", match.path)
    assert.same({ "keys.txt", "--to", "x" }, match.words)
    assert.is_false(match.is_help)
  end)

  it("sees --help anywhere before --", function()
    assert.is_true(parser.find(root, { "inner", "x", "--help" }).is_help)
    assert.is_true(parser.find(root, { "-h" }).is_help)
    assert.is_false(parser.find(root, { "inner", "--", "--help" }).is_help)
  end)

  it("takes help before a command for --help", function()
    local match = parser.find(root, { "help", "inner" })
    assert.equal(inner, match.command)
    assert.is_true(match.is_help)
    assert.equal(root, parser.find(root, { "help" }).command)
  end)

  it("suggests a command for a typing error", function()
    assert.same("kms", parser.find(root, { "innr" }).path)
    assert.equal('no command "innr"; did you mean inner?', (select(2, parser.find(root, { "innr" }))))
    assert.equal('no command "inenr"; did you mean inner?', (select(2, parser.find(root, { "inenr" }))))
    assert.equal('no command "into"', (select(2, parser.find(root, { "into" }))))
    assert.equal('no command "zzzzzzz"', (select(2, parser.find(root, { "zzzzzzz" }))))
  end)

  it("names values by their options", function()
    local options = assert(parse("inner", "a", "b", "c", "--to", "x", "-n", "--tag", "1", "--tag", "2", "--rate", "20"))
    assert.equal("a", options.file)
    assert.same({ "b", "c" }, options.more)
    assert.equal("x", options.to)
    assert.is_true(options.dry_run)
    assert.same({ "1", "2" }, options.tag)
    assert.equal(20, options.rate)
  end)

  it("says what is wrong with arguments", function()
    local function problem_of(...) return (select(2, parse(...))) end
    assert.equal("option --to is missing", problem_of("inner", "a"))
    assert.equal('missing argument "FILE"', problem_of("inner", "--to", "x"))
    assert.equal('unknown option "--dry-rum"; did you mean "--dry-run"?', problem_of("inner", "--dry-rum"))
    assert.equal("option --rate: a number expected", problem_of("inner", "a", "--to", "x", "--rate", "x"))
    assert.matches("must be one of", problem_of("inner", "a", "--to", "x", "--color", "x"))
  end)
end)
