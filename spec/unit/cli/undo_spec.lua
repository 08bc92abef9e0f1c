--- kms.cli.undo: takes back what a run has changed.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"
local files = require "spec.helpers.files"

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
    assert.matches("it was taken back, see journal " .. undo_journal .. "; begin a new run with the list", err, 1, true)
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

  it("leaves out keys that were renamed after the run, and names them", function()
    self:run("rename", self:write "name-1 first-1\nname-2 first-2\n", "--journal", self.journal, "--yes")
    assert(self.cloud:ncloud():rename_key { key_tag = bulk_cloud.key_tag(1), key_name = "later-1" })
    for _, option in ipairs { "--dry-run", "--yes" } do
      local status, _, err = undo(option)
      assert.equal(2, status)
      assert.matches("^1 key was renamed after this run, and is left out; present name: later%-1\n", err)
    end
    assert.same({ "later-1", "name-2" }, { self.cloud:name_of(1), self.cloud:name_of(2) })
    assert(self.cloud:ncloud():rename_key { key_tag = bulk_cloud.key_tag(2), key_name = "later-2" })
    local status, _, err = undo "--yes"
    assert.equal(2, status)
    assert.matches("\nNothing is left to take back%.\n$", err)
  end)

  it("names the command that goes on with an undo that was cut", function()
    self:run("move", self:write_ids(3), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, "--yes")
    self.decision = false
    assert.equal(4, (undo()))
    local resume = "; go on with: kms resume " .. undo_journal .. "\n"
    local _, out = self:run("status", self.journal)
    assert.matches(": 1 of 3 keys, see " .. undo_journal .. resume, out, 1, true)
    local _, _, err = self:run("undo", self.journal, "--dry-run")
    assert.matches(resume, err, 1, true)
    local folder = files.new_path()
    assert(os.execute(("mkdir %s && cp %s %s/run.jsonl"):format(folder, self.journal, folder)))
    _, out = self:run("status", folder)
    os.execute("rm -r " .. folder)
    assert.matches("1 of 3 taken back, go on with: kms resume " .. undo_journal, out, 1, true)
    self:run("resume", undo_journal, "--yes")
    _, out = self:run("status", self.journal)
    assert.is_nil(out:find("go on with", 1, true))
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
