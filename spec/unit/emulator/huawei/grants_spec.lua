--- kms.emulator.huawei.grants: grants of keys.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"
local wire = require "kms.emulator.huawei.wire"

local KEY, OTHER = requests.KEY, requests.KEY_WITHOUT_REPLICA
local USER = wire.get_user_id(emulated_keys.ACCOUNT)

local OTHER_USER = { provider = "huawei", access_key = "A", secret_key = "S", projects = emulated_keys.ACCOUNT.projects,
  tokens = { { token = "token-of-other-user", region = "cn-north-4" } } }

local cloud, keys

before_each(function()
  cloud = emulator.new { accounts = { emulated_keys.ACCOUNT, OTHER_USER }, clock = function() return 1767323045 end }
  keys = emulated_keys.new(cloud)
end)

local function grant(fields)
  local body = { key_id = KEY, grantee_principal = "grantee", operations = { "encrypt-data", "decrypt-data" } }
  for name, value in pairs(fields or {}) do body[name] = value end
  return body
end

local function create(fields) return keys:call("create_grant", grant(fields)).grant_id end

describe("grants of the emulator", function()
  it("list_grants returns a grant as create_grant made it", function()
    local grant_id = create { name = "payroll", retiring_principal = "retiree", grantee_principal_type = "domain" }
    assert.matches("^%x+$", grant_id)
    assert.equal(64, #grant_id)
    assert.same({ grants = { {
      key_id = KEY, grant_id = grant_id, grantee_principal = "grantee", grantee_principal_type = "domain",
      operations = { "encrypt-data", "decrypt-data" }, issuing_principal = USER, creation_date = "1767323045000",
      name = "payroll", retiring_principal = "retiree",
    } }, next_marker = "", truncated = "false", total = 1 }, keys:call("list_grants", { key_id = KEY }))
    assert.equal(0, keys:call("list_grants", { key_id = OTHER }).total)
  end)

  it("list_grants pages with limit and marker", function()
    local ids = { create(), create(), create() }
    local page = keys:call("list_grants", { key_id = KEY, limit = "2" })
    assert.same({ 2, "2", "true", 3 }, { #page.grants, page.next_marker, page.truncated, page.total })
    page = keys:call("list_grants", { key_id = KEY, limit = "2", marker = "2" })
    assert.same({ ids[3], "", "false" }, { page.grants[1].grant_id, page.next_marker, page.truncated })
    keys:refuse("KMS.1601", "list_grants", { key_id = KEY, limit = "x" })
    keys:refuse("KMS.1602", "list_grants", { key_id = KEY, marker = "x" })
  end)

  it("cancel_grant removes a grant", function()
    local grant_id = create()
    assert.same({}, keys:call("cancel_grant", { key_id = KEY, grant_id = grant_id }))
    assert.equal(0, keys:call("list_grants", { key_id = KEY }).total)
    keys:refuse("KMS.2501", "cancel_grant", { key_id = KEY, grant_id = grant_id })
  end)

  it("cancel_self_grant removes a grant for its retiring principal, and for a grantee of retire-grant", function()
    local user = emulated_keys.new(cloud, nil, OTHER_USER)
    local id = wire.get_user_id(OTHER_USER)
    for _, fields in ipairs { { retiring_principal = id }, { grantee_principal = id, operations = { "retire-grant" } } } do
      user:call("cancel_self_grant", { key_id = KEY, grant_id = create(fields) })
    end
    for _, fields in ipairs { {}, { retiring_principal = "other" }, { grantee_principal = id } } do
      user:refuse("KMS.0306", "cancel_self_grant", { key_id = KEY, grant_id = create(fields) })
    end
    assert.equal(3, keys:call("list_grants", { key_id = KEY }).total)
  end)

  it("cancel_self_grant removes a grant for the user who created it, and for no other user", function()
    local grant_id = create()
    local other = emulated_keys.new(cloud, nil, OTHER_USER)
    other:refuse("KMS.0306", "cancel_self_grant", { key_id = KEY, grant_id = grant_id })
    keys:call("cancel_self_grant", { key_id = KEY, grant_id = grant_id })
  end)

  it("list_retirable_grants lists the grants of all keys that the caller may retire", function()
    create()
    local ids = { create { retiring_principal = USER }, create { key_id = OTHER, retiring_principal = USER } }
    local page = keys:call("list_retirable_grants", {})
    assert.same({ 2, ids[1], ids[2], OTHER }, { page.total, page.grants[1].grant_id, page.grants[2].grant_id, page.grants[2].key_id })
    assert.equal("1", keys:call("list_retirable_grants", { limit = "1" }).next_marker)
  end)

  it("create_grant refuses a grant above the quota, which the setting grant_quota changes", function()
    cloud:settings { grant_quota = 1 }
    create()
    keys:refuse("KMS.2404", "create_grant", grant())
    create { key_id = OTHER }
    assert.same({ type = "grant_per_CMK", used = 1, quota = 1 }, keys:call("show_user_quotas").quotas.resources[2])
  end)

  for _, case in ipairs {
    { "a wrong grantee", "KMS.2402", { grantee_principal = "a-b" } },
    { "a wrong retiring principal", "KMS.2402", { retiring_principal = ("x"):rep(65) } },
    { "an unknown kind of grantee", "KMS.0308", { grantee_principal_type = "group" } },
    { "a wrong name", "KMS.0308", { name = "a b" } },
    { "no operations", "KMS.0308", { operations = {} } },
    { "operations that are not a list", "KMS.0308", { operations = "encrypt-data" } },
    { "an operation that is not a string", "KMS.0308", { operations = { 5 } } },
    { "create-grant alone", "KMS.2401", { operations = { "create-grant" } } },
    { "a default key", "KMS.0211", { key_id = requests.DEFAULT_MASTER_KEY } },
    { "a disabled key", "KMS.0209", { key_id = requests.DISABLED_KEY } },
    { "an unknown key", "KMS.0207", { key_id = "9" .. KEY:sub(2) } },
  } do
    it("create_grant refuses " .. case[1], function() keys:refuse(case[2], "create_grant", grant(case[3])) end)
  end

  it("cancel_grant and cancel_self_grant refuse wrong ids and grants of another key", function()
    local grant_id = create()
    for _, operation in ipairs { "cancel_grant", "cancel_self_grant" } do
      keys:refuse("KMS.2501", operation, { key_id = KEY, grant_id = "x" })
      keys:refuse("KMS.2501", operation, { key_id = KEY, grant_id = ("g"):rep(64) })
      keys:refuse("KMS.2501", operation, { key_id = KEY, grant_id = ("0"):rep(64) })
      keys:refuse("KMS.2502", operation, { key_id = OTHER, grant_id = grant_id })
    end
  end)

  it("a replica refuses changes of grants", function()
    local east = emulated_keys.new(cloud, "cn-east-3")
    east:refuse("KMS.0106", "create_grant", grant())
    for _, operation in ipairs { "cancel_grant", "cancel_self_grant" } do
      east:refuse("KMS.0106", operation, { key_id = KEY, grant_id = ("0"):rep(64) })
    end
  end)
end)
