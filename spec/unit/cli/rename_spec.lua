--- kms.cli.rename: renames of many keys, from a list and by a rule.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"

local tag = bulk_cloud.key_tag

describe("kms rename", function()
  local self

  before_each(function() self = cli_bulk.new(4) end)
  after_each(function() self:close() end)

  local function rename(...) return self:run("rename", "--journal", self.journal, ...) end

  local function names()
    local list = {}
    for i = 1, 4 do list[i] = self.cloud:name_of(i) end
    return table.concat(list, " ")
  end

  it("renames the keys of a list, which names them by tag or by name", function()
    local status, out, err = rename(self:write(tag(1) .. " first\nname-2 second\n"), "--yes")
    assert.equal(0, status)
    assert.equal("first second name-3 name-4", names())
    assert.same({ [tag(1)] = "done", [tag(2)] = "done" }, cli_bulk.parse_outcomes(out))
    assert.matches("^2 keys change their names at ocapi%.ncloud%.com\nAccess key: EMUL%.%.%.0001\n"
      .. "  name%-1          %-> first\n  name%-2          %-> second\n", err)
  end)

  it("shows the temporary name beside the final one", function()
    local status, _, err = rename(self:write "key_tag,new_name\nname-1,name-2\nname-2,name-1\nname-3,name-3\n", "--yes")
    assert.equal(0, status)
    assert.equal("name-2 name-1 name-3 name-4", names())
    assert.matches("name%-1          %-> name%-2   through kms%-tmp%-1\n", err)
    assert.matches("name%-3          %-> name%-3   has this name\n", err)
    assert.matches("2 done, 1 with this name already", err)
  end)

  it("renames all keys whose names match", function()
    assert.equal(0, (rename("--match", "^name%-([12])$", "--replace", "live-%1", "--yes")))
    assert.equal("live-1 live-2 name-3 name-4", names())
  end)

  it("says how many keys the rule does not match, and names them in a dry run and with --verbose", function()
    local _, _, err = rename("--match", "^name%-1$", "--replace", "live", "--yes")
    assert.matches("^3 keys do not match and are left alone\n1 key changes its name ", err)
    _, _, err = rename("--match", "^name", "--replace", "key", "--dry-run")
    assert.matches("^1 key does not match and is left alone: live\n", err)
    _, _, err = rename("--match", "^live", "--replace", "name", "--verbose", "--yes")
    assert.matches("3 keys do not match and are left alone: name%-4, name%-3, name%-2\n", err)
  end)

  it("says it of the keys of a list too", function()
    local _, _, err = rename(self:write "name-1\nname-3\nname-4\n", "--match", "^name%-3$", "--replace", "live", "--dry-run")
    assert.matches("^2 keys do not match and are left alone: name%-1, name%-4\n", err)
  end)

  it("has a hint for those who know other patterns", function()
    for _, case in ipairs {
      { "hint: %%1 stands for the first group in parentheses, not \\1\n", "^name%-(.*)", "live-\\1" },
      { 'hint: in a Lua pattern, "%-" repeats what stands before it, and %%%- is a hyphen\n', "^name-(.*)", "live-%1" },
    } do
      local _, _, err = rename("--match", case[2], "--replace", case[3], "--dry-run")
      assert.matches("^" .. case[1], err)
    end
    local status, _, err = rename("--match", "[\\w", "--replace", "x")
    assert.equal(1, status)
    assert.matches("malformed pattern .-\nhint: %-%-match is a Lua pattern: %% takes the place of \\", err)
  end)

  it("applies a rule to the keys of a list", function()
    assert.equal(0, (rename(self:write "name-3\nname-4\n", "--match", "^name", "--replace", "key", "--yes")))
    assert.equal("name-1 name-2 key-3 key-4", names())
  end)

  it("refuses a pattern that may be misread if nobody is asked", function()
    local status, _, err = rename("--match", "^name-", "--replace", "key-", "--yes")
    assert.equal(1, status)
    assert.matches('^kms rename: hint: in a Lua pattern, "%-" repeats .-run without %-%-yes%. Nothing was changed%.\n$', err)
    assert.equal("name-1 name-2 name-3 name-4", names())
  end)

  it("leaves out keys that wait for their deletion, unless a list names them", function()
    assert(self.cloud:ncloud():request_key_deletion { key_tag = tag(1) })
    local _, out, err = rename("--match", "^name", "--replace", "key", "--dry-run")
    assert.matches("^3 keys", out)
    assert.matches("^1 key is left out: name%-1 is pending deletion\n", err)
    _, _, err = rename("--match", "^name%-[23]", "--replace", "key", "--yes")
    assert.is_nil(err:find "pending deletion")
    _, _, err = rename("--match", "^name%-4", "--replace", "key", "--dry-run")
    assert.matches("^3 keys do not match and are left alone: .-name%-1\n", err)
  end)

  it("says which new names cannot be set, and changes nothing", function()
    local status, _, err = rename("--match", "^name%-([12])$", "--replace", "much-too-long-a-name-%1", "--yes")
    assert.equal(1, status)
    assert.matches("\n2 keys are not valid:\n  name%-2 %-> much%-too%-long%-a%-name%-2: key_name must be 3 to 15 characters", err)
    status, _, err = rename(self:write(tag(1) .. " name-4\n" .. tag(2) .. " second\n"), "--yes")
    assert.equal(1, status)
    assert.matches('line 1: name "name%-4" is taken by key tag00004', err)
    assert.equal("name-1 name-2 name-3 name-4", names())
  end)

  it("names the key first by its names, and a key that is unknown by what it may be", function()
    self.decision = true
    local _, _, err = rename(self:write "name-1 first\nname-2 second\n")
    assert.matches("\nFirst key name%-1 %-> first %(" .. tag(1) .. "%): done in ", err)
    os.remove(self.journal)
    _, _, err = rename(self:write "other first\n")
    assert.matches('line 1: no key has the tag or the name "other"', err)
  end)

  it("names the member of the list that is missing", function()
    local _, _, err = rename(self:write(tag(1) .. "\n"), "--yes")
    assert.matches("\n  line 1: new_name is missing\n", err)
  end)

  it("adds a suffix, as its help shows", function()
    local _, out = rename("--match", "^(.+)$", "--replace", "%1-old", "--dry-run")
    assert.matches("name%-1          %-> name%-1%-old\n", out)
  end)

  it("refuses to guess which keys and which names", function()
    local list = self:write "name-1 first\n"
    for _, case in ipairs {
      { "no keys: give FILE, %- for standard input, or %-%-match PATTERN and %-%-replace TEXT" },
      { "%-%-match and %-%-replace belong together", "--match", "x" },
      { "%-%-all needs %-%-match and %-%-replace", "--all" },
      { "FILE and %-%-all exclude each other", list, "--all" },
      { "none of the 4 keys has a name that matches", "--match", "^x", "--replace", "y" },
      { "%-%-match: malformed pattern", "--match", "[", "--replace", "y" },
      { "%-%-replace: invalid capture index", "--match", "name", "--replace", "%9" },
      { "the list has no keys", self:write "" },
    } do
      local status, _, err = rename(case[2], case[3], case[4], case[5])
      assert.equal(1, status)
      assert.matches("^kms rename: " .. case[1], err)
    end
    assert.equal("name-1 name-2 name-3 name-4", names())
  end)
end)
