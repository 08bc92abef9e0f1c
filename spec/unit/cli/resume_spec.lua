--- kms.cli.resume: continues a run from its journal alone.

local cli_bulk = require "spec.helpers.cli_bulk"
local files = require "spec.helpers.files"
local kms = require "kms"

describe("kms resume", function()
  local self

  before_each(function() self = cli_bulk.new(4) end)
  after_each(function() self:close() end)

  it("names a journal that does not exist once", function()
    local status, _, err = self:run("resume", "/nonexistent.jsonl")
    assert.same({ 1, "kms resume: journal /nonexistent.jsonl cannot be read: No such file or directory\n" }, { status, err })
  end)

  it("says where journals are listed if none is named", function()
    local _, _, err = self:run "resume"
    assert.equal("missing argument \"JOURNAL\"; 'kms status' lists the journals of the current folder", err)
  end)

  it("moves the keys that are left", function()
    self.decision = false
    self:run("move", self:write_ids(4), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal)
    assert.equal(1, self.cloud:count_moved(4))
    self.decision = true
    local status, _, err = self:run("resume", self.journal)
    assert.same({ 0, 4, 4 }, { status, self.cloud:count_moved(4), #self.cloud.requests })
    assert.matches("^3 of 4 keys are left: cn%-north%-4 %-> cn%-east%-3\n", err)
    assert.same("Continue with the other 2?", self.questions[2])
  end)

  it("renames the keys that are left", function()
    self.decision = false
    self:run("rename", "--match", "^name", "--replace", "key", "--journal", self.journal)
    local status, _, err = self:run("resume", self.journal, "--yes")
    assert.equal(0, status)
    assert.matches("^3 of 4 keys are left: new names at ocapi%.ncloud%.com\n", err)
    for i = 1, 4 do assert.equal("key-" .. i, self.cloud:name_of(i)) end
  end)

  it("comes to the same result if the journal was cut at any byte of its last three records", function()
    assert.equal(0, (self:run("move", self:write_ids(4), "--from", "cn-north-4", "--to", "cn-east-3", "--yes", "--journal", self.journal)))
    local text = files.read(self.journal)
    local first = text:find '{[^\n]*\n[^\n]*\n[^\n]*\n$'
    assert.matches('"type":"begin"', text:match("[^\n]*", first))
    for size = first - 1, #text do
      files.write(self.journal, text:sub(1, size))
      local status, _, err = self:run("resume", self.journal, "--yes")
      assert.equal(0, status, err)
      local counts = assert(kms.bulk.read(self.journal))
      assert.equal(4, counts.done + counts.already)
      assert.equal(4, self.cloud:count_moved(4))
    end
  end)

  it("refuses a journal that does not exist", function()
    local status, _, err = self:run("resume", "/nonexistent")
    assert.equal(1, status)
    assert.matches("kms resume: journal /nonexistent cannot be read", err)
  end)
end)
