--- kms.cli.undo: takes back what a run has changed.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"

describe("kms undo", function()
  local self, undo_journal

  before_each(function()
    self = cli_bulk.new(4)
    undo_journal = os.tmpname()
    os.remove(undo_journal)
  end)

  after_each(function()
    self:close()
    os.remove(undo_journal)
  end)

  local function undo(...) return self:run("undo", self.journal, "--undo-journal", undo_journal, ...) end

  it("moves keys back, through the region where they are now", function()
    self:run("move", self:write_ids(3), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, "--yes")
    local status, _, err = undo "--yes"
    assert.equal(0, status)
    assert.equal(4, self.cloud:count_moved(4, "cn-north-4"))
    assert.matches("^3 changes are taken back: cn%-east%-3 %-> cn%-north%-4\n", err)
  end)

  it("is shown by kms status of both journals, and the first run is not continued", function()
    self:run("move", self:write_ids(3), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, "--yes")
    undo "--yes"
    local _, out = self:run("status", self.journal)
    assert.matches("\ntaken back since [%d:TZ.-]+: 3 of 3 keys, see " .. undo_journal:gsub("%p", "%%%0") .. "\n", out)
    assert.is_nil(out:find "kms undo")
    _, out = self:run("status", undo_journal)
    assert.matches("\ntakes back the run of " .. self.journal .. "\n", out, 1, true)
    local status, _, err = self:run("resume", self.journal, "--yes")
    assert.equal(1, status)
    assert.matches("it was taken back, see journal " .. undo_journal .. "; begin again with the items", err, 1, true)
    _, _, err = self:run("undo", self.journal, "--dry-run")
    assert.matches("^This run was taken back since %S+: 3 of 3 keys, see ", err)
  end)

  it("gives keys their previous names", function()
    local list = self:write "name-1 name-2\nname-2 name-1\nname-3 other\n"
    self:run("rename", list, "--journal", self.journal, "--yes")
    local status, _, err = undo "--yes"
    assert.equal(0, status)
    for i = 1, 4 do assert.equal("name-" .. i, self.cloud:name_of(i)) end
    assert.matches("^3 changes are taken back: previous names at ocapi%.ncloud%.com\n", err)
    assert.matches("\n  other           %-> name%-3\n", err)
  end)

  it("takes back changes that are uncertain too", function()
    self.cloud.drop = function(_, number) return number > 1 end
    local status = self:run("move", self:write_ids(2), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal,
      "--yes", "--attempts", "1")
    assert.equal(3, status)
    self.cloud.drop = nil
    local _, _, err = undo "--yes"
    assert.matches("^2 changes are taken back: .*; 1 of them may not have been made\n", err)
    assert.equal("cn-north-4", self.cloud.cloud:key(bulk_cloud.key_id(2)).primary)
  end)

  it("does nothing if the run has changed nothing", function()
    self.decision = false
    self.cloud.filter = function() return { status = 403, headers = {}, body = "{}" } end
    self:run("move", self:write_ids(2), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal)
    local status, _, err = undo "--yes"
    assert.same({ 0, "The run has changed nothing that can be taken back.\n" }, { status, err })
  end)
end)
