local cjson = require "cjson.safe"
local encoder = require "kms.call.encoder"
local operations = require "kms.huawei.operations.multi_region"
local params_module = require "kms.call.params"
local result_reader = require "kms.call.result_reader"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

describe("kms.huawei.operations.multi_region", function()
  local update_primary_region = operations[1]
  local SETTINGS = { scheme = "https", host = "h", project_id = ("a"):rep(32), headers = {} }

  local function validate(params)
    local all = { key_id = KEY_ID, primary_region = "cn-east-3" }
    for name, value in pairs(params) do all[name] = value end
    return params_module.validate(update_primary_region, all)
  end

  it("update_primary_region has the documented path and body", function()
    local request = encoder.build_request(update_primary_region, validate {}, SETTINGS)
    assert.equal("PUT", request.method)
    assert.equal(("/v2/%s/kms/keys/%s/update-primary-region"):format(SETTINGS.project_id, KEY_ID), request.target)
    assert.same({ key_id = KEY_ID, primary_region = "cn-east-3" }, cjson.decode(request.body))
  end)

  it("update_primary_region may be repeated, because it sets a final state", function()
    assert.same({ true, nil }, { update_primary_region.repeatable, update_primary_region.read_only })
  end)

  it("update_primary_region refuses a malformed region code", function()
    for _, region in ipairs { "", "cn", "CN-NORTH-4", "cn north 4", "cn-", "-cn", "cn--north-4", "cn-north-4.evil.com",
      "cn_north_4", "cn-" .. ("x"):rep(64) } do
      local values, err = validate { primary_region = region }
      assert.is_nil(values)
      assert.same({ "invalid", "primary_region" }, { err.kind, err.code })
    end
  end)

  it("update_primary_region returns the key and its new primary region", function()
    local object = { key_id = "k", primary_region = "r", more = 1 }
    local params = { key_id = "k", primary_region = "r" }
    assert.same(params, result_reader.read(update_primary_region, object, params))
    assert.is_nil((result_reader.read(update_primary_region, { key_id = "k" }, params)))
  end)
end)
