local assert_entries = require "spec.helpers.operation_entries"
local catalog = require "kms.call.catalog"
local operations = require "kms.huawei.operations"

describe("kms.huawei.operations", function()
  it("has complete entries", function()
    assert_entries(catalog.new(operations), { "project_id" })
  end)
end)
