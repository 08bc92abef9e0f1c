--- kms.emulator.fixtures: the accounts and keys that documentation and examples rely on.

local config = require "kms.emulator.config"
local emulator = require "kms.emulator"
local fixtures = require "kms.emulator.fixtures"

describe("the fixtures of the emulator", function()
  it("the fixtures are valid options of an emulator", function()
    assert.is_nil(config.find_problem { accounts = fixtures.accounts, keys = fixtures.keys })
  end)

  it("emulator.fixtures is kms.emulator.fixtures", function()
    assert.equal(fixtures, emulator.fixtures)
  end)

  it("the accounts are a Huawei account, a temporary Huawei account and a NAVER account", function()
    local kinds = {}
    for i, account in ipairs(fixtures.accounts) do kinds[i] = { account.provider, account.security_token ~= nil } end
    assert.same({ { "huawei", false }, { "huawei", true }, { "ncloud", false } }, kinds)
  end)

  it("no two keys have the same id, and no two accounts the same access key", function()
    local seen = {}
    for _, list in ipairs { fixtures.accounts, fixtures.keys } do
      for _, entry in ipairs(list) do
        local id = entry.access_key or entry.key_id or entry.key_tag
        assert.is_nil(seen[id], id)
        seen[id] = true
      end
    end
  end)

  it("there is a key in every state, and a Huawei key without a replica", function()
    local states = {}
    local has_key_without_replica = false
    for _, key in ipairs(fixtures.keys) do
      states[key.provider .. " " .. (key.state or "enabled")] = true
      has_key_without_replica = has_key_without_replica or key.replicas ~= nil and #key.replicas == 0
    end
    for _, provider in ipairs { "huawei", "ncloud" } do
      for _, state in ipairs { "enabled", "disabled", "pending_deletion" } do
        assert.is_true(states[provider .. " " .. state], provider .. " " .. state)
      end
    end
    assert.is_true(has_key_without_replica)
  end)
end)
