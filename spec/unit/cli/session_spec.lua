--- kms.cli.session: what a person sees and decides while a run is under way.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"
local cjson = require "cjson"
local question = require "kms.cli.question"

local id = bulk_cloud.key_id

describe("a run for a person", function()
  local self

  before_each(function() self = cli_bulk.new(12) end)
  after_each(function() self:close() end)

  local function move(count, ...)
    return self:run("move", "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, self:write_ids(count), ...)
  end

  it("changes one key before it asks, and the others after a yes", function()
    self.decision = true
    local status, _, err = move(3)
    assert.same({ 0, { "Move the other 2?" }, 3 }, { status, self.questions, self.cloud:count_moved(12) })
    assert.matches("\nFirst key " .. id(1):gsub("%-", "%%-") .. ": done in 0%.%d+ s\n", err)
  end)

  it("stops after one key if the person says no", function()
    self.decision = false
    local status, _, err = move(3)
    assert.same({ 4, 1 }, { status, self.cloud:count_moved(12) })
    assert.matches("Stopped after %S+ s: you did not want to go on%.\n1 done, 2 not tried%. No change is uncertain%.\n", err)
    local path = self.journal:gsub("%p", "%%%0")
    assert.matches("Go on with what is left:  kms resume " .. path .. "\nTake it back:             kms undo .-\n"
      .. "Record of the run:        " .. path .. "\n", err)
  end)

  it("refuses more than one change without a terminal and without --yes", function()
    local status, _, err = move(3)
    assert.same({ 1, 0 }, { status, #self.cloud.requests })
    assert.equal("kms move: 3 keys would be changed, and there is no terminal on which to ask: add --yes. Nothing was changed.\n", err)
    assert.is_nil(io.open(self.journal))
  end)

  it("tries another key first if one fails, says so once, and asks about the keys that are left", function()
    self.decision = true
    local unknown = { id(91), id(92), id(1), id(2), id(3) }
    local status, _, err = self:run("move", self:write(table.concat(unknown, "\n")), "--from", "cn-north-4", "--to", "cn-east-3",
      "--journal", self.journal)
    assert.same({ 2, { "Move the other 2?" } }, { status, self.questions })
    local lines = ("\nFirst key %s: failed: KMS.0207 [^\n]+\nNext key %s: done in "):format((id(91):gsub("%-", "%%-")),
      (id(1):gsub("%-", "%%-")))
    assert.matches(lines, err)
  end)

  it("names the failure that stops it once, with the region", function()
    local _, _, err = self:run("move", self:write(id(91)), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal)
    local _, count = err:gsub("KMS%.0207", "")
    assert.equal(1, count)
    assert.matches("cn%-north%-4 has no such key in this project", err)
  end)

  it("ends at Ctrl-C on the question, without a word about requests", function()
    local uv = require "luv"
    self.decision = true
    function question.ask(_, _, should_stop)
      uv.kill(uv.os_getpid(), "sigint")
      repeat uv.run "once" until should_stop()
      return false
    end
    local status, _, err = move(3)
    assert.same({ 130, 1 }, { status, self.cloud:count_moved(12) })
    assert.matches("Stopped after %S+ s: interrupted by Ctrl%-C%.\n1 done, 2 not tried", err)
    assert.is_nil(err:find("Stopping", 1, true))
  end)

  it("does not ask with --yes", function()
    assert.equal(0, (move(3, "--yes")))
    assert.same({}, self.questions)
  end)

  it("is not tried again after the first key shows that the target is wrong", function()
    local status, _, err = self:run("move", self:write_ids(12), "--from", "cn-north-4", "--to", "cn-east-33", "--any-region", "--yes",
      "--journal", self.journal)
    assert.same({ 4, 0 }, { status, self.cloud:count_moved(12, "cn-east-33") })
    assert.matches("region cn%-east%-33 does not take part in multi%-region keys; those that do: ", err)
    assert.is_nil(err:find("kms resume", 1, true))
    assert.is_nil(err:find("hint:", 1, true))
    assert.equal(1, self.cloud:count_requests "update-primary-region")
  end)

  it("has status 5 if the credentials are refused", function()
    local huawei = self.cloud.huawei
    function self.cloud.huawei(cloud, options)
      options.credentials = { access_key = "EMULATORHUAWEI000001", secret_key = "wrong" }
      return huawei(cloud, options)
    end
    local status, _, err = move(3, "--yes")
    assert.same({ 5, 1 }, { status, #self.cloud.requests })
    assert.matches("Stopped after", err)
  end)

  it("prints one JSON object per key", function()
    local status, out = move(2, "--yes", "--jsonl")
    assert.equal(0, status)
    local keys = {}
    for line in out:gmatch "[^\n]+" do
      local object = cjson.decode(line)
      keys[object.key] = object.outcome
    end
    assert.same({ [id(1)] = "done", [id(2)] = "done" }, keys)
  end)

  it("prints one JSON document at the end", function()
    local _, out = move(2, "--yes", "--json")
    local document = cjson.decode(out)
    assert.same({ 2, 2, 0, self.journal }, { document.total, document.done, document.failed, document.journal })
  end)

  it("says nothing with --quiet if all goes well", function()
    local status, _, err = move(2, "--yes", "--quiet")
    assert.same({ 0, "" }, { status, err })
    os.remove(self.journal)
    self.cloud.filter = function() return { status = 500, headers = {}, body = "{}" } end
    status, _, err = move(2, "--yes", "--quiet", "--attempts", "1")
    assert.equal(4, status)
    assert.matches("^Stopped after", err)
  end)

  it("has nothing to do if all keys are done", function()
    assert.equal(0, (move(2, "--yes")))
    local status, _, err = self:run("resume", self.journal)
    assert.same({ 0, "Nothing is left to do.\n" }, { status, err })
  end)

  it("does not begin if the journal cannot be written", function()
    local status, _, err = self:run("move", self:write_ids(2), "--from", "cn-north-4", "--to", "cn-east-3", "--yes",
      "--journal", "/nonexistent/journal")
    assert.same({ 1, 0 }, { status, #self.cloud.requests })
    assert.matches("kms move: cannot open journal /nonexistent/journal: there is no such folder\nNothing was changed%.\n", err)
  end)

  it("leaves no signal handled", function()
    assert.equal(0, (move(2, "--yes")))
    local ok, uv = pcall(require, "luv")
    assert.is_true(not ok or not uv.loop_alive())
  end)
end)
