--- kms.emulator.huawei.key_policies: key policies as plain objects.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"

local SPACE = "00000001-4d9c-4b35-8f84-bb474a37f001"
local UNKNOWN = { policy_id = "00000003-4d9c-4b35-8f84-bb474a37f003" }
local POLICY = '{"version":"1.0","validity_period":{"start_time":"1","end_time":"2"},"allowed_access_point":["a"],'
  .. '"allowed_data_security_zone":["z"]}'

local cloud, keys

before_each(function()
  cloud = emulator.new { clock = function() return 1767323045 end }
  keys = emulated_keys.new(cloud)
end)

local function create(fields)
  local body = { keyspace_id = SPACE, policy_name = "policy", policy = POLICY, description = "text" }
  for name, value in pairs(fields or {}) do body[name] = value end
  return keys:call("create_key_policy", body)
end

describe("key policies of the emulator", function()
  it("show_key_policy returns the policy as an object, with snake_case members", function()
    local created = create()
    local shown = keys:call("show_key_policy", nil, created)
    assert.same({ policy_id = created.policy_id, policy_name = "policy", keyspace_id = SPACE, description = "text",
      created_by = shown.created_by, create_time = "1767323045000", last_modify_time = "1767323045000",
      last_access_time = "1767323045000", policy = { version = "1.0", validity_period = { start_time = "1", end_time = "2" },
        allowed_access_point = { "a" }, allowed_data_security_zone = { "z" } } }, shown)
  end)

  it("list_key_policy returns the policies of a key space by pages, with camelCase members", function()
    create { policy = '{"version":"1.0","validityPeriod":{"start_time":"1"},"allowedAccessPoint":[]}' }
    create()
    local page = keys:call("list_key_policy", nil, { keyspace_id = SPACE, limit = "1" })
    assert.same({ next_marker = page.keyspace_policies[1].policy_id, current_count = 1 }, page.page_info)
    assert.same({ version = "1.0", validityPeriod = { start_time = "1" }, allowedAccessPoint = {} }, page.keyspace_policies[1].policy)
    keys:refuse("KMS.0204", "list_key_policy")
    keys:refuse("KMS.1601", "list_key_policy", nil, { keyspace_id = SPACE, limit = "101" })
  end)

  it("update_key_policy changes the policy, and the description when there is one", function()
    local created = create()
    cloud:advance(1)
    local updated = keys:call("update_key_policy", { policy = '{"version":"2"}' }, created)
    assert.same({ policy_id = created.policy_id, policy = { version = "2" }, description = "text", last_modify_time = "1767323046000" }, updated)
    assert.equal("new", keys:call("update_key_policy", { policy = "{}", description = "new" }, created).description)
  end)

  it("delete_key_policy deletes a policy", function()
    local created = create()
    keys:call("delete_key_policy", nil, created)
    keys:refuse("KMS.0308", "show_key_policy", nil, created)
  end)

  it("all operations refuse unknown policies and wrong values", function()
    keys:refuse("KMS.0308", "show_key_policy", nil, UNKNOWN)
    keys:refuse("KMS.0308", "delete_key_policy", nil, UNKNOWN)
    keys:refuse("KMS.0308", "update_key_policy", { policy = "{}" }, UNKNOWN)
    local created = create()
    keys:refuse("KMS.0308", "update_key_policy", { policy = { version = "1" } }, created)
    keys:refuse("KMS.0308", "update_key_policy", { policy = "{}", description = 5 }, created)
    for _, fields in ipairs { { keyspace_id = 5 }, { policy_name = "a b" }, { policy = "x" }, { description = 5 } } do
      local body = { keyspace_id = SPACE, policy_name = "policy", policy = POLICY }
      for name, value in pairs(fields) do body[name] = value end
      keys:refuse("KMS.0308", "create_key_policy", body)
    end
  end)
end)
