local facts = require "spec.helpers.huawei_facts"
local huawei_wire = require "spec.helpers.huawei_wire"
local operations = require "kms.huawei.operations.multi_region"

local KEY_ID = facts.params(facts.find "update_primary_region").key_id

describe("kms.huawei.operations.multi_region", function()
  huawei_wire.declare("multi_region", it)

  it("update_primary_region may be repeated, because it sets a final state", function()
    assert.same({ true, nil }, { operations[1].repeatable, operations[1].read_only })
  end)

  it("update_primary_region refuses a malformed region code", function()
    for _, region in ipairs { "", "cn", "CN-NORTH-4", "cn north 4", "cn-", "-cn", "cn--north-4", "cn-north-4.evil.com",
      "cn_north_4", "cn-" .. ("x"):rep(64) } do
      assert.equal("primary_region", huawei_wire.refuse("update_primary_region", { primary_region = region }).code)
    end
  end)

  -- The vendor's example has this key in the request and another one in the response.
  it("update_primary_region refuses the vendor's example, whose response names another key", function()
    local client = huawei_wire.new_client {
      status = 200, body = '{"key_id":"bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e","primary_region":"cn-north-4"}',
    }
    local _, err = client:update_primary_region { key_id = "826314dd-1b5b-4037-b976-5f9b7a17df46", primary_region = "cn-north-4" }
    assert.same({ "protocol", "mismatch", true }, { err.kind, err.code, err.uncertain })
  end)

  it("update_primary_region returns the key and its new primary region, and requires both", function()
    local body = '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3","more":1}'
    assert.same({ key_id = KEY_ID, primary_region = "cn-east-3" }, huawei_wire.receive("update_primary_region", body))
    for _, partial in ipairs { '{"key_id":"' .. KEY_ID .. '"}', '{"primary_region":"cn-east-3"}', "{}" } do
      local _, err = huawei_wire.receive("update_primary_region", partial)
      assert.same({ "protocol", "wrong_type" }, { err.kind, err.code })
    end
  end)
end)
