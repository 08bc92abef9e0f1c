--- kms.bulk.status: what a journal says, and how its run is taken back.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local files = require "spec.helpers.files"
local kms = require "kms"

local execute = bulk_cloud.execute

describe("the status of a journal", function()
  local path

  before_each(function() path = files.new_path() end)
  after_each(function() os.remove(path) end)

  it("tells what was done, and how to take it back", function()
    local cloud = bulk_cloud.new(5)
    cloud.drop = function(_, number) return number == 2 end
    execute(cloud:move_options(4, { journal = path }))
    local status = assert(kms.bulk.read(path))
    assert.same({ "huawei.update_primary_region", "cn-north-4", 4, 3, 1 },
      { status.operation, status.region, status.total, status.done, status.already })
    local plans = assert(kms.bulk.invert(path))
    assert.equal(1, #plans)
    assert.same({ "update_primary_region", "cn-east-3" }, { plans[1].operation, plans[1].region })
    assert.same({ key_id = bulk_cloud.key_id(1), primary_region = "cn-north-4" }, plans[1].items[1])
    assert.same({ { key_id = bulk_cloud.key_id(2), primary_region = "cn-north-4" } }, plans[1].uncertain)
    execute { client = cloud:huawei { region = "cn-east-3", project_id = "auto" }, operation = plans[1].operation, items = plans[1].items }
    assert.equal(4, cloud:count_moved(5, "cn-north-4"))
  end)

  it("takes renames back, swaps among them", function()
    local cloud = bulk_cloud.new(4)
    execute(cloud:rename_options({ "name-2", "name-1", "name-9" }, { journal = path }))
    local plans = assert(kms.bulk.invert(path))
    assert.equal(3, #plans[1].items)
    execute { client = cloud:ncloud(), operation = "rename_key", items = plans[1].items }
    assert.same({ "name-1", "name-2", "name-3" }, { cloud:name_of(1), cloud:name_of(2), cloud:name_of(3) })
  end)

  it("has no plans that take back other operations", function()
    local cloud = bulk_cloud.new(1)
    execute { client = cloud:huawei(), operation = "disable_key", items = { bulk_cloud.key_id(1) }, journal = path }
    local plans, err = kms.bulk.invert(path)
    assert.is_nil(plans)
    assert.matches("operation huawei.disable_key cannot be taken back", err.message, 1, true)
  end)

  it("takes back keys whose last request got no response before the run was cut", function()
    local cloud = bulk_cloud.new(2)
    execute(cloud:move_options(2, { journal = path }))
    local kept = {}
    for line in io.lines(path) do
      if line:find '"type":"run"' or line:find '"type":"item"' then kept[#kept + 1] = line .. "\n" end
    end
    kept[#kept + 1] = '{"type":"begin","n":1,"attempt":1}\n{"type":"end","n":1,"outcome":"retry","uncertain":true,"code":"closed"}\n'
    files.write(path, table.concat(kept))
    local plans = assert(kms.bulk.invert(path))
    assert.same({ { key_id = bulk_cloud.key_id(1), primary_region = "cn-north-4" } }, plans[1].uncertain)
  end)

  it("takes back keys that a run had changed when it was cut, and that were found as wanted later", function()
    local cloud = bulk_cloud.new(2)
    execute(cloud:move_options(2, { journal = path }))
    local kept = {}
    for line in io.lines(path) do
      if line:find '"type":"run"' or line:find '"type":"item"' or line:find '"type":"begin"' then
        kept[#kept + 1] = line .. "\n"
      end
    end
    files.write(path, table.concat(kept))
    local result = execute { client = cloud:huawei(), journal = path }
    assert.same({ 2, 2 }, { result.already, result.inferred })
    local plans = assert(kms.bulk.invert(path))
    assert.equal(2, #plans[1].uncertain)
  end)
end)
