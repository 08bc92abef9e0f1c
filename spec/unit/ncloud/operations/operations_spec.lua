local assert_entries = require "spec.helpers.operation_entries"
local catalog = require "kms.call.catalog"
local operations = require "kms.ncloud.operations"

describe("kms.ncloud.operations", function()
  it("has complete entries", function()
    assert_entries(catalog.new(operations), {})
  end)
end)
