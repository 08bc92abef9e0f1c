--- kms.cli.plan: what is not valid, previews and dry runs.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cjson = require "cjson"
local cli_bulk = require "spec.helpers.cli_bulk"

local id, tag = bulk_cloud.key_id, bulk_cloud.key_tag

describe("the plan of a run", function()
  local self

  before_each(function() self = cli_bulk.new(30) end)
  after_each(function() self:close() end)

  local function move(list, ...)
    return self:run("move", self:write(list), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, ...)
  end

  it("names all lines that are not valid, and changes nothing", function()
    local status, _, err = move(("# keys\n%s\n0d0466b0\n\nx\n"):format(id(1)), "--yes")
    assert.same({ 1, 0 }, { status, #self.cloud.requests })
    assert.matches("^2 keys are not valid:\n  line 3: key_id must be .*; got \"0d0466b0\" %(8%)\n  line 5: key_id must be", err)
    assert.matches("\n\nCorrect the list, or add %-%-skip%-invalid%. Nothing was changed%.\n$", err)
  end)

  it("names lines that cannot be read together with those that are not valid", function()
    local status, _, err = move(("%s\n0d0466b0\n%s cn-east-3 more\n"):format(id(1), id(2)), "--yes")
    assert.same({ 1, 0 }, { status, #self.cloud.requests })
    assert.matches("^2 keys are not valid:\n  line 2: key_id must be .-\n  line 3: at most KEY_ID REGION expected; got more: \"more\"\n", err)
  end)

  it("leaves them out with --skip-invalid", function()
    local status, out, err = move(("%s\n0d0466b0\n%s %s more\n%s\n"):format(id(1), id(2), id(3), id(4)), "--skip-invalid", "--yes")
    assert.equal(0, status)
    assert.same({ [id(1)] = "done", [id(4)] = "done" }, cli_bulk.parse_outcomes(out))
    assert.matches("^2 keys are not valid:\n  line 2: .-\n  line 3: .-\nThey are left out%.\n", err)
    status, out, err = move("0d0466b0\n", "--skip-invalid", "--yes")
    assert.same({ 1, "", "kms move: no key of the list is valid" }, { status, out, err:match "(kms move: .-)\n" })
  end)

  it("prints at most twenty problems unless all are asked for", function()
    local list = ("x\n"):rep(30)
    local status, _, err = move(list)
    assert.equal(1, status)
    assert.matches("line 20: .-\n  %.%.%. 10 more %(%-%-verbose lists all%)\n", (err:gsub("…", "...")))
    assert.is_nil(err:find "line 21")
    assert.matches("line 30: ", (select(3, move(list, "--verbose"))))
  end)

  it("refuses a file that cannot be read", function()
    local status, _, err = self:run("move", "/nonexistent", "--from", "cn-north-4", "--to", "cn-east-3")
    assert.same({ 1, "kms move: cannot read /nonexistent: No such file or directory\n" }, { status, err })
  end)

  it("counts duplicates, and names columns that are not used", function()
    local _, _, err = move(("name,key_id\na,%s\nb,%s\nc,%s\n"):format(id(1), id(2), id(1)), "--yes")
    assert.matches(": not used: name; %a+ that are used are: key_id, primary_region\n", err)
    assert.matches("\n1 duplicate is left out: line 4\n", err)
  end)

  it("names duplicates in a dry run and if the list is refused", function()
    local list = ("%s\n%s\n%s\n%s\n"):format(id(1), id(2), id(1), id(2))
    for _, case in ipairs { { list, "--dry-run" }, { list }, { list .. "x\n", "--yes" } } do
      local _, _, err = move(case[1], case[2])
      assert.matches("^2 duplicates are left out: lines 3, 4\n", err)
    end
  end)

  it("previews ten names unless all are asked for", function()
    local status, out = self:run("rename", "--match", "^name", "--replace", "key", "--dry-run")
    assert.equal(0, status)
    assert.equal(10, select(2, out:gsub("  name%-%d+ +%-> key%-%d+\n", "")))
    assert.matches("20 more %(%-%-verbose lists all%)\n", out)
    status, out = self:run("rename", "--match", "^name", "--replace", "key", "--dry-run", "--verbose")
    assert.equal(0, status)
    assert.equal(30, select(2, out:gsub("  name%-%d+ +%-> key%-%d+\n", "")))
  end)

  it("shows the first request of a dry run with its secrets masked, and makes no journal", function()
    local status, out, err = move(id(1) .. "\n" .. id(2) .. "\n", "--dry-run")
    assert.same({ 0, 0 }, { status, #self.cloud.requests })
    assert.matches("^2 keys: cn%-north%-4 %-> cn%-east%-3", out)
    assert.matches("\n\nThe first request:\n\nPUT /v2/%x+/kms/keys/00000001%-", out)
    assert.matches("Signature=%[secret%]", out)
    assert.matches("Dry run: nothing was changed%.\n$", err)
    assert.is_nil(io.open(self.journal))
  end)

  it("is a JSON document with --json, with the request", function()
    local status, out = move(id(1) .. "\n" .. id(2) .. "\n", "--dry-run", "--json")
    local document = cjson.decode(out)
    assert.same({ 0, true, "huawei.update_primary_region", 2, 2 },
      { status, document.dry_run, document.operation, document.total, document.left })
    assert.same({ line = 1, key = id(1), before = "cn-north-4", after = "cn-east-3" }, document.keys[1])
    assert.same({ "PUT", "cn-east-3" }, { document.request.method, cjson.decode(document.request.body).primary_region })
    assert.matches("Signature=%[secret%]$", document.request.headers.Authorization)
  end)

  it("is one JSON object per key with --jsonl", function()
    local _, out = self:run("rename", self:write(("%s name-2\n%s name-1\n"):format(tag(1), tag(2))), "--dry-run", "--jsonl")
    local keys = {}
    for line in out:gmatch "[^\n]+" do keys[#keys + 1] = cjson.decode(line) end
    assert.same({ { line = 1, key = tag(1), before = "name-1", after = "name-2", temporary = "kms-tmp-1" },
      { line = 2, key = tag(2), before = "name-2", after = "name-1" } }, keys)
  end)

  it("shows the rename that comes first", function()
    local _, out = self:run("rename", self:write(("%s name-2\n%s other\n"):format(tag(1), tag(2))), "--dry-run")
    assert.matches('PUT /kms/v1/keys/tag00002/name .*{"keyName":"other"}', out)
  end)
end)
