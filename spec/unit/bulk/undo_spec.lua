--- kms.bulk.undo: a journal says that its run was taken back.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local files = require "spec.helpers.files"
local kms = require "kms"

local execute = bulk_cloud.execute

describe("a run that is taken back", function()
  local path, undo_path, cloud

  before_each(function()
    path, undo_path, cloud = files.new_path(), files.new_path(), bulk_cloud.new(5)
    execute(cloud:move_options(5, { journal = path }))
  end)

  after_each(function()
    os.remove(path)
    os.remove(undo_path)
  end)

  --- Options of the run that takes the other one back.
  local function undo_options(changes)
    local plan = assert(kms.bulk.invert(path))[1]
    local options = { client = cloud:huawei { region = "cn-east-3", project_id = "auto" }, operation = plan.operation,
      items = plan.items, undoes = plan.undoes, journal = undo_path }
    for name, value in pairs(changes or {}) do options[name] = value end
    return options
  end

  local function continue_first() return kms.bulk { client = cloud:huawei(), journal = path } end

  it("has that in its journal, and how far it came", function()
    assert.same({}, assert(kms.bulk.read(path)).undos)
    execute(undo_options())
    local status = assert(kms.bulk.read(path))
    assert.equal(5, status.done)
    assert.equal(1, #status.undos)
    assert.equal(undo_path, status.undos[1].journal)
    assert.same({ 5, 5 }, { status.undos[1].counts.total, status.undos[1].counts.done })
    assert.equal(path, assert(kms.bulk.read(undo_path)).undoes)
  end)

  it("has that in its journal before the first request", function()
    local seen
    cloud.filter = function(request)
      if request.method == "PUT" or request.target:find "update%-primary%-region" then
        seen = seen or #assert(kms.bulk.read(path)).undos
      end
    end
    execute(undo_options())
    assert.equal(1, seen)
  end)

  it("says so once, however often the other run continues", function()
    local run
    run = assert(kms.bulk(undo_options { on_progress = function(event)
      if event.counts.done == 2 then run:stop() end
    end }))
    assert(run:execute())
    assert.same({ 2, 3 }, { kms.bulk.read(path).undos[1].counts.done, kms.bulk.read(path).undos[1].counts.not_tried })
    execute { client = cloud:huawei { region = "cn-east-3", project_id = "auto" }, journal = undo_path }
    local undos = assert(kms.bulk.read(path)).undos
    assert.same({ 1, 5 }, { #undos, undos[1].counts.done })
  end)

  it("says so although the other run was cut between its plan and the record", function()
    local before = files.read(path)
    execute(undo_options())
    files.write(path, before)
    execute { client = cloud:huawei { region = "cn-east-3", project_id = "auto" }, journal = undo_path }
    assert.equal(5, assert(kms.bulk.read(path)).undos[1].counts.done)
  end)

  it("cannot be continued", function()
    execute(undo_options())
    local run, err = continue_first()
    assert.is_nil(run)
    assert.equal(("journal %s cannot be continued: it was taken back, see journal %s; begin a new run with the list"):format(path,
      undo_path), err.message)
  end)

  it("can be continued if nothing was taken back", function()
    local run
    run = assert(kms.bulk(undo_options { on_progress = function() run:stop() end }))
    run:stop()
    assert(run:execute())
    assert.equal(1, #kms.bulk.read(path).undos)
    assert(continue_first()):close()
  end)

  it("cannot be taken back while it runs", function()
    local run = assert(continue_first())
    local other = assert(kms.bulk(undo_options()))
    local before = #cloud.requests
    local summary, err = other:execute()
    assert.is_nil(summary)
    assert.equal(("cannot open journal %s: another run uses it"):format(path), err.message)
    assert.equal(before, #cloud.requests)
    run:close()
    assert.same({ done = 5 }, bulk_cloud.outcomes(execute(undo_options())))
  end)

  it("is found when both journals were moved to another folder", function()
    execute(undo_options())
    local folder = files.new_path()
    assert(os.execute(("mkdir %s && cp %s %s %s"):format(folder, path, undo_path, folder)))
    os.remove(undo_path)
    local undos = assert(kms.bulk.read(folder .. "/" .. path:match "[^/]*$")).undos
    os.execute("rm -r " .. folder)
    assert.equal(5, undos[1].counts.done)
    assert.is_nil(assert(kms.bulk.read(path)).undos[1].counts)
  end)

  it("is taken back without a journal too", function()
    local options = undo_options()
    options.journal = nil
    execute(options)
    local undos = assert(kms.bulk.read(path)).undos
    assert.equal(1, #undos)
    assert.is_nil(undos[1].journal)
  end)

  it("must have a journal that can be read", function()
    local run, err = kms.bulk(undo_options { undoes = "/nowhere/journal" })
    assert.is_nil(run)
    assert.matches("^journal /nowhere/journal cannot be read: ", err.message)
  end)
end)
