--- kms.cli.journal_client: the client and the texts for the journal of a run.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli_bulk = require "spec.helpers.cli_bulk"
local cli_context = require "spec.helpers.cli_context"
local journal_client = require "kms.cli.journal_client"

describe("the journal of a run", function()
  local self

  before_each(function() self = cli_bulk.new(2) end)
  after_each(function() self:close() end)

  local function open(options)
    local context = cli_context.new(options or {})
    local changes_of_client
    function context.client(_, cloud, changes)
      changes_of_client = changes
      return self.cloud[cloud](self.cloud, changes)
    end
    local opened, status = journal_client.open(context, self.journal)
    return opened, changes_of_client, status
  end

  it("names the region and the project of the client", function()
    self:run("move", self:write_ids(2), "--from", "cn-north-4", "--to", "cn-east-3", "--journal", self.journal, "--yes")
    local opened, changes = open()
    local project_id = self.cloud:huawei():target().project_id
    assert.same({ region = "cn-north-4", project_id = project_id }, changes)
    assert.same({ "huawei", "update_primary_region", "cn-north-4 -> cn-east-3", true },
      { opened.cloud, opened.operation, opened.title, opened.can_undo })
    assert.is_nil(opened.verifier)
    assert.equal("mine", select(2, open { project_id = "mine" }).project_id)
    opened = open { to_project = ("1"):rep(32) }
    assert.same({ "cn-east-3", ("1"):rep(32) }, { opened.verifier:target().region, opened.verifier:target().project_id })
  end)

  it("names the zone of the client", function()
    self.cloud.cloud = require("kms.emulator").new { keys = {
      { provider = "ncloud", key_tag = bulk_cloud.key_tag(1), key_name = "name-1", zone = "kr" } } }
    self:run("rename", "--zone", "kr", "--match", "name", "--replace", "key", "--journal", self.journal, "--yes")
    local opened = open()
    assert.same({ "ocapi-kr.ncloud.com", "new names at ocapi-kr.ncloud.com" }, { opened.client:target().host, opened.title })
  end)

  it("knows other operations, which cannot be taken back", function()
    local client = self.cloud:ncloud()
    local run = assert(require("kms").bulk { client = client, operation = "update_memo", params = { memo = "x" },
      items = { bulk_cloud.key_tag(1) }, journal = self.journal })
    assert(run:execute())
    local opened = open()
    assert.same({ "ncloud.update_memo at ocapi.ncloud.com", false, "as wanted already" },
      { opened.title, opened.can_undo, opened.already })
  end)

  it("is refused if it cannot be read, or belongs to an unknown cloud", function()
    local opened, _, status = open()
    assert.same({ nil, 1 }, { opened, status })
  end)
end)
