--- kms.cli.status: what a journal says.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson"
local cli_bulk = require "spec.helpers.cli_bulk"

local id = bulk_cloud.key_id

describe("kms status", function()
  local self

  before_each(function()
    self = cli_bulk.new(4)
    self.decision = false
    self:run("move", self:write(("%s\n%s\n%s\n"):format(id(1), id(9), id(2))), "--from", "cn-north-4", "--to", "cn-east-3",
      "--journal", self.journal)
  end)
  after_each(function() self:close() end)

  it("shows where the run went, how it ended, the counts and what to do next", function()
    local status, out = self:run("status", self.journal)
    assert.equal(4, status)
    assert.matches("^cn%-north%-4 %-> cn%-east%-3\nbegun %d+%-%S+Z, stopped: you did not want to go on\nSo far: 1 done, 2 not tried%.\n", out)
    assert.matches("\nGo on with what is left:  kms resume .-\nTake it back:             kms undo ", out)
  end)

  it("lists keys with their outcomes, or some keys alone", function()
    self:run("resume", self.journal, "--yes")
    local status, out = self:run("status", self.journal, "--keys")
    assert.equal(2, status)
    assert.matches("\n\n" .. (id(1) .. "  done\n" .. id(9) .. "  failed  KMS.0207 "):gsub("%p", "%%%0"), out)
    status, out = self:run("status", self.journal, "--only", "failed", "--only", "uncertain")
    assert.same({ 2, id(9) .. "\n" }, { status, out })
  end)

  it("keeps the hint of a key that was refused", function()
    os.remove(self.journal)
    self.cloud.filter = function()
      return { status = 400, headers = {}, body = '{"error":{"error_code":"KMS.0308","error_msg":"Invalid parameter."}}' }
    end
    self:run("move", self:write_ids(1), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal)
    local _, out = self:run("status", self.journal)
    assert.matches("hint: the key may be no multi%-region key, or have no replica in cn%-east%-3\n", out)
  end)

  it("lists renamed keys with the previous and the new name", function()
    os.remove(self.journal)
    self:run("rename", self:write "name-1 other\n", "--journal", self.journal)
    local _, out = self:run("status", self.journal, "--keys")
    assert.matches("\n" .. bulk_cloud.key_tag(1) .. "  name%-1 %-> other  done\n", out)
    _, out = self:run("status", self.journal, "--jsonl")
    local key = cjson.decode(out)
    assert.same({ "name-1", "other" }, { key.before, key.after })
  end)

  it("prints JSON", function()
    local status, out = self:run("status", self.journal, "--json")
    assert.equal(4, status)
    local document = cjson.decode(out)
    assert.same({ "huawei.update_primary_region", "cn-north-4", 3, 1, 2 },
      { document.operation, document.region, document.total, document.done, document.not_tried })
    assert.same({ 1, id(1), "done" }, { document.keys[1].line, document.keys[1].key, document.keys[1].outcome })
    status, out = self:run("status", self.journal, "--jsonl", "--only", "not tried")
    assert.equal(4, status)
    local _, count = out:gsub("\n", "")
    assert.same({ 2, "not tried" }, { count, cjson.decode(out:match "[^\n]+").outcome })
  end)

  it("sends nothing, and says if there is no journal", function()
    local count = #self.cloud.requests
    self:run("status", self.journal)
    assert.equal(count, #self.cloud.requests)
    local status, _, err = self:run("status", "/nonexistent")
    assert.equal(1, status)
    assert.matches("cannot be read", err)
  end)
end)
