--- kms.emulator.huawei.keystores: key stores as plain objects.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"

local UNKNOWN = { keystore_id = "00000004-4d9c-4b35-8f84-bb474a37f004" }

local keys

before_each(function() keys = emulated_keys.new(emulator.new { clock = function() return 1767323045 end }) end)

local function create(fields)
  local body = { keystore_alias = "store" }
  for name, value in pairs(fields or {}) do body[name] = value end
  return keys:call("create_key_store", body).keystore
end

describe("key stores of the emulator", function()
  it("show_key_store returns a key store as create_key_store made it", function()
    local created = create { keystore_type = "DHSM", hsm_cluster_id = "h", hsm_ca_cert = "c", cluster_id = "d" }
    assert.same({ keystore_id = created.keystore_id, domain_id = created.domain_id, keystore_alias = "store",
      keystore_type = "DHSM", hsm_cluster_id = "h", cluster_id = "d", create_time = "1767323045000" },
      keys:call("show_key_store", nil, created).keystore)
  end)

  it("list_key_stores pages in the order of creation", function()
    local ids = {}
    for i = 1, 3 do ids[i] = create().keystore_id end
    local page = keys:call("list_key_stores", nil, { limit = "2", offset = "1" })
    assert.same({ 3, ids[2], ids[3] }, { page.total, page.keystores[1].keystore_id, page.keystores[2].keystore_id })
    assert.equal(3, #keys:call("list_key_stores").keystores)
    keys:refuse("KMS.1601", "list_key_stores", nil, { limit = "x" })
    keys:refuse("KMS.1603", "list_key_stores", nil, { offset = "x" })
  end)

  it("disable_key_store, enable_key_store and delete_key_store change a key store", function()
    local created = create()
    assert.equal("3", keys:call("disable_key_store", nil, created).keystore.keystore_state)
    assert.equal("2", keys:call("enable_key_store", nil, created).keystore.keystore_state)
    keys:call("delete_key_store", nil, created)
    keys:refuse("KMS.0308", "show_key_store", nil, created)
  end)

  it("key stores belong to a region", function()
    local created = create()
    emulated_keys.new(keys.cloud, "cn-east-3"):refuse("KMS.0308", "show_key_store", nil, created)
    assert.equal(0, emulated_keys.new(keys.cloud, "cn-east-3"):call("list_key_stores").total)
  end)

  it("all operations refuse unknown key stores and wrong values", function()
    for _, operation in ipairs { "show_key_store", "enable_key_store", "disable_key_store", "delete_key_store" } do
      keys:refuse("KMS.0308", operation, nil, UNKNOWN)
    end
    keys:refuse("KMS.0308", "create_key_store", { keystore_alias = "a b" })
    keys:refuse("KMS.0308", "create_key_store", { keystore_alias = "a", cluster_id = 5 })
    keys:refuse("KMS.0204", "create_key_store", {})
  end)
end)
