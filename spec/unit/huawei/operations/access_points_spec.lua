local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.access_points", function()
  huawei_wire.declare("access_points", it)

  it("list_access_point reads the misspelt time and the right one", function()
    for _, name in ipairs { "lsat_modify_time", "last_modify_time" } do
      local result = huawei_wire.receive("list_access_point", ('{"access_points":[{"%s":"t"}]}'):format(name))
      assert.same({ access_points = { { last_modify_time = "t" } } }, result)
    end
  end)
end)
