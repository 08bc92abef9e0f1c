--- kms.bulk.run: what a run does with its plan and its journal.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local files = require "spec.helpers.files"
local interruption = require "spec.helpers.interruption"
local kms = require "kms"

local outcomes = bulk_cloud.outcomes

describe("a run", function()
  local path

  before_each(function() path = files.new_path() end)
  after_each(function() os.remove(path) end)

  it("sends nothing before it is executed", function()
    local cloud = bulk_cloud.new(3)
    local run = assert(kms.bulk(cloud:move_options(3, { journal = path })))
    local keys = {}
    for step in run:each() do keys[#keys + 1] = step.key .. " " .. step.before .. " " .. step.params.primary_region end
    assert.equal(bulk_cloud.key_id(1) .. " cn-north-4 cn-east-3", keys[1])
    assert.equal(3, #keys)
    assert.equal(0, #cloud.requests)
    assert.is_nil(io.open(path))
    run:close()
  end)

  it("executes a run once", function()
    local run = assert(kms.bulk(bulk_cloud.new(1):move_options(1)))
    assert(run:execute())
    assert.has_error(function() run:execute() end, "the run was executed before")
  end)

  it("stops when the caller says so, and begins nothing more", function()
    local cloud = bulk_cloud.new(20)
    local run
    local options = cloud:move_options(20, { on_progress = function(event)
      if event.counts.done == 7 then run:stop "enough" end
    end })
    run = assert(kms.bulk(options))
    local summary = assert(run:execute())
    assert.same({ "requested", "enough" }, { summary.stop.code, summary.stop.message })
    assert.same({ done = 7, not_tried = 13 }, outcomes(summary))
    assert.equal(7, #cloud.requests)
  end)

  it("raises what on_progress raised, after the journal is written", function()
    local cloud = bulk_cloud.new(20)
    local run = assert(kms.bulk(cloud:move_options(20, { journal = path, on_progress = function(event)
      if event.counts.done == 7 then error("no more", 0) end
    end })))
    assert.has_error(function() run:execute() end, "no more")
    assert.same({ done = 7, not_tried = 13 }, outcomes(assert(kms.bulk.read(path))))
    assert.same({ "error", "no more" }, { kms.bulk.read(path).stop.code, kms.bulk.read(path).stop.message })
  end)

  it("can be continued after an error that a debug hook raised anywhere", function()
    local clouds, count = {}, 0
    interruption.interrupt_everywhere(function()
      clouds[#clouds + 1] = bulk_cloud.new(3)
      assert(assert(kms.bulk(clouds[#clouds]:move_options(3, { journal = path }))):execute())
    end, function()
      local cloud = clouds[#clouds] or bulk_cloud.new(3)
      local summary = assert(assert(kms.bulk(cloud:move_options(3, { journal = path }))):execute())
      assert.equal(3, summary.done + summary.already)
      os.remove(path)
      count = count + 1
    end, 997)
    assert.is_true(count > 10)
  end)

  it("returns an error before the first request if the journal cannot be created", function()
    local cloud = bulk_cloud.new(5)
    local run = assert(kms.bulk(cloud:move_options(5, { journal = path .. "/journal" })))
    local summary, err = run:execute()
    assert.is_nil(summary)
    assert.equal(("cannot open journal %s/journal: there is no such folder"):format(path), err.message)
    assert.equal(0, #cloud.requests)
  end)
end)
