--- kms.bulk.plan: items become steps.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local plan = require "kms.bulk.plan"
local records = require "kms.bulk.records"

describe("a plan", function()
  local client = bulk_cloud.new(0):huawei()
  local entry = client:operation "update_primary_region"
  local id = bulk_cloud.key_id

  local function collect(items, params)
    return plan.collect { client = client, entry = entry, items = items, params = params }
  end

  it("has a step per item, with the common params and those of the item", function()
    local self, problems = collect({ id(1), { key_id = id(2), primary_region = "cn-south-1" } }, { primary_region = "cn-east-3" })
    assert.same({}, problems)
    assert.same({
      { n = 1, line = 1, key = id(1), params = { key_id = id(1), primary_region = "cn-east-3" } },
      { n = 2, line = 2, key = id(2), params = { key_id = id(2), primary_region = "cn-south-1" } },
    }, self.steps)
    assert.equal(2, self.item_count)
  end)

  it("copies params, so that later changes by the caller do not count", function()
    local item = { key_id = id(1), primary_region = "cn-east-3" }
    local self = collect { item }
    item.primary_region = "cn-south-1"
    assert.equal("cn-east-3", self.steps[1].params.primary_region)
  end)

  it("takes items from a function, with the numbers that it returns", function()
    local lines = { { id(1), 4 }, { "bad", 7 }, { id(1), 9 } }
    local i = 0
    local self, problems = collect(function()
      i = i + 1
      if lines[i] then return lines[i][1], lines[i][2] end
    end, { primary_region = "cn-east-3" })
    assert.equal(4, self.steps[1].line)
    assert.equal(7, problems[1].line)
    assert.same({ 9 }, self.duplicates)
  end)

  it("links each step to the one that waits for it", function()
    local steps = { { n = 1, after = 3 }, { n = 2 }, { n = 3, after = 2 } }
    plan.link(steps)
    assert.equal(steps[3], steps[2].next)
    assert.equal(steps[1], steps[3].next)
    assert.is_nil(steps[1].next)
  end)

  it("becomes records with all that a later run needs", function()
    local self = collect({ id(1) }, { primary_region = "cn-east-3" })
    self.steps[1].before, self.steps[1].after, self.steps[1].is_temporary = "cn-north-4", 2, true
    assert.equal(('{"type":"item","n":1,"line":1,"key":"%s","after":2,"temporary":true,"before":"cn-north-4",'
      .. '"params":{"key_id":"%s","primary_region":"cn-east-3"}}\n'):format(id(1), id(1)), records.encode(plan.to_record(self.steps[1])))
  end)
end)
