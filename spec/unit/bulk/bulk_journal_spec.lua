--- kms.bulk with a journal: runs that continue, and runs that are taken back.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local files = require "spec.helpers.files"
local kms = require "kms"

local execute, outcomes = bulk_cloud.execute, bulk_cloud.outcomes

describe("the journal of kms.bulk", function()
  local path

  before_each(function() path = files.new_path() end)
  after_each(function() os.remove(path) end)

  it("lets the next run continue with what is left", function()
    local cloud = bulk_cloud.new(20)
    local run
    run = assert(kms.bulk(cloud:move_options(20, { journal = path, on_progress = function(event)
      if event.counts.done == 7 then run:stop() end
    end })))
    assert(run:execute())
    run = assert(kms.bulk { client = cloud:huawei(), journal = path })
    assert.is_true(run.is_resumed)
    local summary = assert(run:execute())
    assert.same({ done = 20 }, outcomes(summary))
    assert.equal(13, summary.requests)
    assert.equal(20, #cloud.requests)
  end)

  it("continues with the same items too, and refuses others", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(5, { journal = path }))
    assert.same({ done = 5 }, outcomes(execute(cloud:move_options(5, { journal = path }))))
    local function refusal(options)
      local run, err = kms.bulk(options)
      assert.is_nil(run)
      assert.equal("journal", err.code)
      return err.message:gsub("^journal %S+ cannot be continued: ", "")
    end
    assert.equal("it belongs to a list of 5 items; this one has 4", (refusal(cloud:move_options(4, { journal = path }))))
    assert.equal("it belongs to another list: item 1 was " .. bulk_cloud.key_id(1),
      (refusal(cloud:move_options(5, { journal = path, params = { primary_region = "cn-south-1" } }))))
    assert.equal("it belongs to region cn-north-4; the client calls cn-south-1",
      (refusal { client = cloud:huawei { region = "cn-south-1" }, journal = path }))
    assert.equal("it belongs to operation huawei.update_primary_region, not ncloud.rename_key",
      (refusal(cloud:rename_options({ "one" }, { journal = path }))))
  end)

  it("is locked while a run may write to it", function()
    local cloud = bulk_cloud.new(5)
    execute(cloud:move_options(5, { journal = path }))
    local run = assert(kms.bulk { client = cloud:huawei(), journal = path })
    local other, err = kms.bulk { client = cloud:huawei(), journal = path }
    assert.is_nil(other)
    assert.equal(("cannot open journal %s: another run uses it"):format(path), err.message)
    run:close()
    assert(kms.bulk { client = cloud:huawei(), journal = path }):close()
  end)

  it("resumes items that failed after those that were not tried", function()
    local cloud = bulk_cloud.new(7)
    local items = {}
    for i = 1, 12 do items[i] = bulk_cloud.key_id(13 - i) end
    assert.same({ failed = 5, not_tried = 7 },
      outcomes(execute(cloud:move_options(12, { journal = path, items = items, stop_after = 5 }))))
    local summary = execute { client = cloud:huawei(), journal = path, stop_after = 5 }
    assert.same({ done = 7, failed = 5 }, outcomes(summary))
  end)
end)
