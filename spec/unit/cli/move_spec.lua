--- kms.cli.move: moves of many keys, as the command makes them.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"

local id = bulk_cloud.key_id

describe("kms move", function()
  local self

  before_each(function() self = cli_bulk.new(5) end)
  after_each(function() self:close() end)

  local function move(...) return self:run("move", "--from", "cn-north-4", "--journal", self.journal, ...) end

  it("moves the keys of a list", function()
    local status, out, err = move(self:write_ids(5), "--to", "cn-east-3", "--yes")
    assert.equal(0, status)
    assert.equal(5, self.cloud:count_moved(5))
    assert.same({ [id(1)] = "done", [id(2)] = "done", [id(3)] = "done", [id(4)] = "done", [id(5)] = "done" },
      cli_bulk.parse_outcomes(out))
    assert.matches("^5 keys: cn%-north%-4 %-> cn%-east%-3, at most 20 requests per second, project %x+\nAccess key: EMUL%.%.%.0001\nJournal: ", err)
    assert.matches("\nDone in %S+ s: 5 done%.\n\nTake it back:             kms undo ", err)
  end)

  it("reads the target of each key from the list", function()
    local status = move(self:write("key_id,primary_region\n" .. id(2) .. ",cn-east-3\n"))
    assert.equal(0, status)
    assert.equal(1, self.cloud:count_moved(5))
  end)

  it("moves one key without a question, and without a terminal", function()
    assert.equal(0, (move(self:write_ids(1), "--to", "cn-east-3")))
    assert.same({}, self.questions)
  end)

  it("moves the keys that have a tag", function()
    for i = 2, 3 do
      assert(self.cloud:huawei():create_kms_tag { key_id = id(i), tag = { key = "failover", value = "yes" } })
    end
    local status, out = move("--tag", "failover=yes", "--to", "cn-east-3", "--yes")
    assert.equal(0, status)
    assert.same({ [id(2)] = "done", [id(3)] = "done" }, cli_bulk.parse_outcomes(out))
  end)

  it("moves all enabled keys", function()
    assert(self.cloud:huawei():disable_key { key_id = id(4) })
    local status, out = move("--all", "--to", "cn-east-3", "--yes")
    assert.equal(0, status)
    assert.same({ [id(1)] = "done", [id(2)] = "done", [id(3)] = "done", [id(5)] = "done" }, cli_bulk.parse_outcomes(out))
  end)

  it("refuses to guess which keys and which region", function()
    local list = self:write_ids(1)
    for _, case in ipairs {
      { "no keys: give FILE, - for standard input, --all, or --tag KEY=VALUE" },
      { "FILE, --all and --tag exclude each other", list, "--all" },
      { "option --to is missing", list },
      { "the list has no keys", self:write "# nothing\n", "--to", "cn-east-3" },
    } do
      local status, _, err = move(case[2], case[3], case[4])
      assert.same({ 1, "kms move: " .. case[1] .. "\n" }, { status, err })
    end
    assert.equal(0, #self.cloud.requests)
  end)

  it("refuses a region that is not known and one to which the keys belong, before anything is sent", function()
    local status, _, err = move(self:write_ids(1), "--to", "cn-east3", "--yes")
    assert.same({ 1, 0 }, { status, #self.cloud.requests })
    assert.matches("^kms move: %-%-to cn%-east3 is not one of the %d+ known regions; did you mean cn%-east%-3%?\n"
      .. "If it is a new region, add %-%-any%-region%. Nothing was changed%.\n$", err)
    assert.equal(0, (move(self:write_ids(1), "--to", "cn-east-33", "--any-region", "--dry-run")))
    status, _, err = move(self:write_ids(3), "--to", "cn-north-4")
    assert.same({ 1, "kms move: --from and --to are the same region, cn-north-4\n" }, { status, err })
  end)

  it("lists keys in a dry run, what is not checked, and the journal that a run would write", function()
    local _, out = self:run("move", self:write_ids(2), "--from", "cn-north-4", "--to", "cn-east-3", "--dry-run")
    assert.matches("\n  " .. id(1) .. " -> cn-east-3\n  " .. id(2) .. " -> cn-east-3\n"
      .. "Not checked: whether each key is primary in the region called and has a replica in the new one.", out, 1, true)
    assert.matches("\nJournal of the run: ./kms-move-TIME.jsonl\n", out, 1, true)
  end)

  it("says what to do if the region does not respond", function()
    self.cloud.drop = function() return true end
    local status, _, err = move(self:write_ids(4), "--to", "cn-east-3", "--yes")
    assert.equal(4, status)
    assert.matches("\nhint: the requests go to the present primary region; .- until the region responds\n$", err)
  end)

  it("names its own option if there is no region", function()
    function self.cloud.huawei()
      return { target = function()
        return nil, { kind = "invalid", code = "region", message = "no region: give the option region or set R" }
      end }
    end
    local status, _, err = self:run("move", self:write_ids(1), "--to", "cn-east-3")
    assert.same({ 1, "kms move: no region: give --from or set R\n" }, { status, err })
  end)

  it("takes the project of the target region", function()
    assert(self.cloud:huawei():update_primary_region { key_id = id(1), primary_region = "cn-east-3" })
    local project = self.cloud:huawei():target().project_id
    local status, out = move(self:write_ids(1), "--to", "cn-east-3", "--to-project", project)
    -- The emulator refuses the project of another region, so the key cannot be verified.
    assert.same({ 2, "failed" }, { status, cli_bulk.parse_outcomes(out)[id(1)]:match "^%a+" })
  end)
end)
