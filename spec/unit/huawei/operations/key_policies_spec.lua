local cjson = require "cjson.safe"
local huawei_wire = require "spec.helpers.huawei_wire"

describe("kms.huawei.operations.key_policies", function()
  huawei_wire.declare("key_policies", it)

  local POLICY = { version = "1.0", validity_period = { start_time = "s" }, allowed_access_point = { "a" } }

  it("list_key_policy and show_key_policy read both spellings of the members of a policy", function()
    for _, policy in ipairs { '{"version":"1.0","validityPeriod":{"start_time":"s"},"allowedAccessPoint":["a"]}',
      '{"version":"1.0","validity_period":{"start_time":"s"},"allowed_access_point":["a"]}' } do
      assert.same({ keyspace_policies = { { policy = POLICY } } },
        huawei_wire.receive("list_key_policy", ('{"keyspace_policies":[{"policy":%s}]}'):format(policy)))
      assert.same({ policy = POLICY }, huawei_wire.receive("show_key_policy", ('{"policy":%s}'):format(policy)))
    end
  end)

  it("create_key_policy sends the policy as a string of JSON", function()
    local body = huawei_wire.send("create_key_policy", { keyspace_id = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", policy_name = "p",
      policy = POLICY }).body
    assert.equal("string", type(body.policy))
    assert.same(POLICY, cjson.decode(body.policy))
  end)
end)
