--- kms.cli.journal_list: the journals of a folder.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson"
local cli_bulk = require "spec.helpers.cli_bulk"
local files = require "spec.helpers.files"
local journal_list = require "kms.cli.journal_list"

local id = bulk_cloud.key_id

describe("the list of journals", function()
  local self, folder

  before_each(function()
    self = cli_bulk.new(4)
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
  end)

  after_each(function()
    self:close()
    os.execute("rm -r " .. folder)
  end)

  local function move(name, keys)
    self:run("move", self:write(keys), "--from", "cn-north-4", "--to", "cn-east-3", "--yes", "--journal", folder .. "/" .. name)
  end

  --- Sets when a run has begun, because runs of a spec begin within a second.
  local function set_begin(name, time)
    local text = files.read(folder .. "/" .. name):gsub('"t":"[^"]*"', ('"t":"%s"'):format(time))
    files.write(folder .. "/" .. name, text)
  end

  it("has one line per journal with its outcome, the newest first", function()
    move("a.jsonl", id(1))
    move("b.jsonl", id(2) .. "\n" .. id(9))
    set_begin("a.jsonl", "2026-11-28T10:00:00.000Z")
    set_begin("b.jsonl", "2026-11-28T11:30:00.000Z")
    local status, out = self:run("status", folder)
    assert.equal(0, status)
    assert.equal(("%s/b.jsonl  cn-north-4 -> cn-east-3  2026-11-28 11:30Z: 1 done, 1 failed\n"
      .. "%s/a.jsonl  cn-north-4 -> cn-east-3  2026-11-28 10:00Z: 1 done\n"):format(folder, folder), out)
  end)

  it("says which runs have not ended, and which journals cannot be read", function()
    move("cut.jsonl", id(1) .. "\n" .. id(2))
    local text = files.read(folder .. "/cut.jsonl")
    files.write(folder .. "/cut.jsonl", text:match '^.-\n[^\n]*"type":"begin"')
    files.write(folder .. "/damaged.jsonl", '{"type":"run","format":99}\n')
    local _, out = self:run("status", folder)
    assert.matches("/cut%.jsonl  +cn%-north%-4 %-> cn%-east%-3  %S+ %S+: 2 not tried, not ended\n", out)
    assert.matches("/damaged%.jsonl  .-has format 99", out)
  end)

  it("leaves out files that are not journals", function()
    files.write(folder .. "/log.jsonl", '{"t":"2026-11-28T10:00:00.000Z","operation":"list_keys"}\n')
    files.write(folder .. "/empty.jsonl", "")
    assert.same({}, journal_list.find(folder))
    local status, out, err = self:run("status", folder)
    assert.same({ 0, "", ("No journal is in %s.\n"):format(folder) }, { status, out, err })
  end)

  it("is JSON with --json and --jsonl", function()
    move("a.jsonl", id(1))
    local _, out = self:run("status", folder, "--jsonl")
    local journal = cjson.decode(out)
    assert.same({ folder .. "/a.jsonl", "huawei.update_primary_region", 1, 1 },
      { journal.journal, journal.operation, journal.total, journal.done })
    _, out = self:run("status", folder, "--json")
    assert.same({ journal }, cjson.decode(out))
  end)

  it("as JSON has the runs that take a run back, with their counts", function()
    move("a.jsonl", id(1) .. "\n" .. id(2))
    self:run("undo", folder .. "/a.jsonl", "--yes", "--undo-journal", folder .. "/b.jsonl")
    set_begin("a.jsonl", "2026-11-28T10:00:00.000Z")
    set_begin("b.jsonl", "2026-11-28T11:30:00.000Z")
    local _, out = self:run("status", folder, "--json")
    local journals = cjson.decode(out)
    local undo, run = journals[1], journals[2]
    assert.same({ folder .. "/b.jsonl", folder .. "/a.jsonl" }, { undo.journal, run.journal })
    assert.is_nil(undo.undos)
    assert.same({ { journal = folder .. "/b.jsonl", started = "2026-11-28T10:00:00.000Z", total = 2, done = 2, already = 0,
      inferred = 0, failed = 0, uncertain = 0, not_tried = 0 } }, run.undos)
    _, out = self:run("status", folder .. "/a.jsonl", "--json")
    assert.same(run.undos, cjson.decode(out).undos)
  end)

  it("is what other commands name if their JOURNAL is something else", function()
    local list = self:write(id(1) .. "\n")
    for _, command in ipairs { "status", "resume", "undo" } do
      local status, _, err = self:run(command, list)
      assert.same({ 1, ("kms %s: %s is not a journal; 'kms status' lists those of a folder\n"):format(command, list) }, { status, err })
    end
    local _, _, err = self:run("resume", folder)
    assert.equal(("kms resume: %s is a folder; 'kms status' lists the journals in it\n"):format(folder), err)
  end)

  it("is refused with options for the keys of one journal", function()
    local status, _, err = self:run("status", folder, "--keys")
    assert.same({ 1, "kms status: --keys and --only need a JOURNAL\n" }, { status, err })
  end)

  it("says that a folder cannot be read", function()
    local list, problem = journal_list.find "/nonexistent"
    assert.is_nil(list)
    assert.matches("^cannot read /nonexistent: No such file", problem)
  end)
end)
