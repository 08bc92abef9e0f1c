--- kms.emulator.huawei.keys: creation, lists, names, states and deletion of keys, quotas, public keys.

local pkey = require "openssl.pkey"
local crypto = require "kms.emulator.crypto"
local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local KEY, DEFAULT = requests.KEY, requests.DEFAULT_MASTER_KEY
local DISABLED, PENDING = requests.DISABLED_KEY, requests.PENDING_DELETION_KEY
local UNKNOWN = "9" .. KEY:sub(2)
local START = 1767323045
local DAY = 24 * 3600

local OTHER = { provider = "huawei", access_key = "A", secret_key = "S", owner = "other",
  projects = emulated_keys.ACCOUNT.projects, tokens = { { token = "token-of-other", region = "cn-north-4" } } }

local cloud, keys

before_each(function()
  cloud = emulator.new { clock = function() return START end }
  keys = emulated_keys.new(cloud)
end)

describe("create_key of the emulator", function()
  it("create_key makes an enabled key of AES_256 by default, and list_key_detail tells all about it", function()
    local created = keys:call("create_key", { key_alias = "payroll", key_description = "for the payroll" }).key_info
    assert.equal("cn-north-4", created.region_id)
    assert.equal(32, #created.domain_id)
    assert.same({
      key_id = created.key_id, domain_id = created.domain_id, key_alias = "payroll", realm = "cn-north-4",
      key_spec = "AES_256", key_usage = "ENCRYPT_DECRYPT", key_description = "for the payroll",
      creation_date = "1767323045000", scheduled_deletion_date = "", expiration_time = "", key_state = "2",
      default_key_flag = "0", key_type = "1", origin = "kms", key_rotation_enabled = "false", sys_enterprise_project_id = "0",
    }, keys:describe(created.key_id))
    assert.equal("1", keys:describe(DEFAULT).default_key_flag)
  end)

  it("create_key makes keys of every documented kind, with the default usage of the kind", function()
    for spec, usage in pairs { SM4 = "ENCRYPT_DECRYPT", RSA_2048 = "SIGN_VERIFY", EC_P256 = "SIGN_VERIFY", EC_P384 = "SIGN_VERIFY",
      SECP256K1 = "SIGN_VERIFY", SM2 = "SIGN_VERIFY", ED25519 = "SIGN_VERIFY", HMAC_256 = "GENERATE_VERIFY_MAC", HMAC_SM3 = "GENERATE_VERIFY_MAC" } do
      local details = keys:describe(keys:create { key_spec = spec })
      assert.same({ spec, usage }, { details.key_spec, details.key_usage })
    end
  end)

  it("create_key makes no key of a kind that OpenSSL lacks", function()
    local generate = crypto.generate_key_pair
    finally(function() crypto.generate_key_pair = generate end)
    crypto.generate_key_pair = function() return nil, "unsupported" end -- luacheck: ignore
    local before = keys:call("show_user_instances").instance_num
    assert.equal("SM2 is not supported by this emulator.", keys:refuse("EMULATOR.0501", "create_key", { key_alias = "a", key_spec = "SM2" }))
    assert.equal(before, keys:call("show_user_instances").instance_num)
  end)

  it("create_key of external origin makes a key that waits for its material", function()
    local details = keys:describe(keys:create { origin = "external" })
    assert.same({ "external", "5" }, { details.origin, details.key_state })
  end)

  for _, case in ipairs {
    { "a name with a space", "KMS.1101", { key_alias = "a b" } },
    { "a name that is a number", "KMS.1101", { key_alias = 5 } },
    { "a name of a default key", "KMS.1101", { key_alias = "obs/default" } },
    { "a name of 256 characters", "KMS.1101", { key_alias = ("x"):rep(256) } },
    { "a long description", "KMS.1103", { key_alias = "a", key_description = ("x"):rep(256) } },
    { "an unknown kind", "KMS.1110", { key_alias = "a", key_spec = "AES_128" } },
    { "a usage that does not fit the kind", "KMS.0308", { key_alias = "a", key_spec = "EC_P256", key_usage = "ENCRYPT_DECRYPT" } },
    { "an unknown origin", "KMS.0308", { key_alias = "a", origin = "hsm" } },
    { "an enterprise project that is a number", "KMS.0308", { key_alias = "a", enterprise_project_id = 0 } },
    { "a body without a name", "KMS.0204", { key_spec = "SM4" } },
    { "a sequence of another length", "KMS.0206", { key_alias = "a", sequence = "1" } },
    { "a body that is not JSON", "KMS.0202", "{" },
    { "a key store", "EMULATOR.0501", { key_alias = "a", keystore_id = UNKNOWN } },
  } do
    it("create_key refuses " .. case[1], function()
      keys:refuse(case[2], "create_key", case[3])
    end)
  end

  it("create_key refuses a name that another key of the region has, but not one of another region", function()
    keys:create { key_alias = "payroll" }
    keys:refuse("KMS.1104", "create_key", { key_alias = "payroll" })
    emulated_keys.new(cloud, "cn-east-3"):create { key_alias = "payroll" }
  end)

  it("create_key refuses a key above the quota, which the setting key_quota changes", function()
    cloud:settings { key_quota = keys:call("show_user_quotas").quotas.resources[1].used + 1 }
    keys:create()
    keys:refuse("KMS.1105", "create_key", { key_alias = "more" })
  end)
end)

describe("list_keys of the emulator", function()
  it("list_keys returns keys of AES_256 in the order of creation, and those of all kinds when asked", function()
    local sm4, aes = keys:create { key_spec = "SM4" }, keys:create()
    local default = keys:call("list_keys", {})
    local all = keys:call("list_keys", { key_spec = "ALL" })
    assert.equal(KEY, all.keys[1])
    assert.same({ sm4, aes }, { all.keys[#all.keys - 1], all.keys[#all.keys] })
    assert.equal(aes, default.keys[#default.keys])
    for _, details in ipairs(default.key_details) do assert.equal("AES_256", details.key_spec) end
    assert.is_true(#all.keys > #default.keys)
    assert.same({ sm4 }, keys:call("list_keys", { key_spec = "SM4" }).keys)
    assert.equal(sm4, keys:call("list_keys", { key_spec = "SM4" }).key_details[1].key_id)
  end)

  it("list_keys selects by state and enterprise project", function()
    local other = keys:create { enterprise_project_id = "7" }
    assert.same({ other }, keys:call("list_keys", { enterprise_project_id = "7" }).keys)
    local _, disabled = keys:send("list_keys", { key_state = "3" })
    assert.same({ DISABLED }, disabled.keys)
    local _, activated = keys:send("list_keys", { key_state = "1" })
    assert.same({ 0, "false" }, { activated.total, activated.truncated })
  end)

  it("list_keys pages with limit and marker, and a limit may be a number", function()
    local all = keys:call("list_keys", { limit = "2000" })
    assert.equal("false", all.truncated)
    local _, first = keys:send("list_keys", { limit = "3" })
    assert.same({ 3, "true", "3", #all.keys }, { #first.keys, first.truncated, first.next_marker, first.total })
    local _, last = keys:send("list_keys", { limit = 3, marker = tostring(#all.keys - 1) })
    assert.same({ 1, "false", "" }, { #last.keys, last.truncated, last.next_marker })
    local beyond = keys:call("list_keys", { limit = 3, marker = "100" })
    assert.same({ 0, "false", "" }, { #beyond.keys, beyond.truncated, beyond.next_marker })
  end)

  for _, case in ipairs {
    { "a limit of 0", "KMS.1601", { limit = "0" } },
    { "a limit above 2,000", "KMS.1601", { limit = "2001" } },
    { "a limit that is not a number", "KMS.1601", { limit = "x" } },
    { "a negative marker", "KMS.1602", { marker = "-1" } },
    { "an unknown kind", "KMS.0308", { key_spec = "DES" } },
    { "an unknown state", "KMS.0308", { key_state = "9" } },
  } do
    it("list_keys refuses " .. case[1], function() keys:refuse(case[2], "list_keys", case[3]) end)
  end

  it("list_keys returns no keys of other owners and other regions", function()
    cloud = emulator.new { accounts = { emulated_keys.ACCOUNT, OTHER } }
    keys = emulated_keys.new(cloud)
    local other = emulated_keys.new(cloud, nil, OTHER)
    assert.same({}, other:call("list_keys").keys)
    local east = emulated_keys.new(cloud, "cn-east-3"):call("list_keys", {}).keys
    for _, key_id in ipairs(east) do assert.are_not.equal(requests.KEY_WITHOUT_REPLICA, key_id) end
    assert.is_true(#east > 0)
  end)
end)

describe("changes of keys of the emulator", function()
  it("update_key_alias and update_key_description change name and description", function()
    assert.equal("payroll", keys:call("update_key_alias", { key_id = KEY, key_alias = "payroll" }).key_info.key_alias)
    keys:call("update_key_alias", { key_id = KEY, key_alias = "payroll" })
    assert.equal("new", keys:call("update_key_description", { key_id = KEY, key_description = "new" }).key_info.key_description)
    local details = keys:describe(KEY)
    assert.same({ "payroll", "new" }, { details.key_alias, details.key_description })
  end)

  it("update_key_alias and update_key_description refuse names and descriptions that create_key refuses", function()
    keys:create { key_alias = "taken" }
    keys:refuse("KMS.1104", "update_key_alias", { key_id = KEY, key_alias = "taken" })
    keys:refuse("KMS.1101", "update_key_alias", { key_id = KEY, key_alias = "a b" })
    keys:refuse("KMS.1103", "update_key_description", { key_id = KEY, key_description = ("x"):rep(256) })
    keys:refuse("KMS.1103", "update_key_description", { key_id = KEY, key_description = 5 })
  end)

  it("disable_key and enable_key change the state", function()
    assert.equal("3", keys:call("disable_key", { key_id = KEY }).key_info.key_state)
    keys:refuse("KMS.1301", "disable_key", { key_id = KEY })
    assert.equal("2", keys:call("enable_key", { key_id = KEY }).key_info.key_state)
    keys:refuse("KMS.1201", "enable_key", { key_id = KEY })
  end)

  it("a key that waits for its deletion accepts no other change", function()
    for _, operation in ipairs { "enable_key", "disable_key" } do keys:refuse("KMS.0210", operation, { key_id = PENDING }) end
    keys:refuse("KMS.0210", "update_key_alias", { key_id = PENDING, key_alias = "a" })
    keys:refuse("KMS.0210", "update_key_description", { key_id = PENDING, key_description = "a" })
  end)

  local CHANGES = {
    update_key_alias = { key_alias = "a" }, update_key_description = { key_description = "a" }, enable_key = {}, disable_key = {},
    delete_key = { pending_days = "7" }, cancel_key_deletion = {},
  }

  local function with_key(params, key_id)
    local all = { key_id = key_id }
    for name, value in pairs(params) do all[name] = value end
    return all
  end

  for operation, params in pairs(CHANGES) do
    it(operation .. " refuses unknown keys, wrong ids, default keys and replicas", function()
      keys:refuse("KMS.0207", operation, with_key(params, UNKNOWN))
      keys:refuse("KMS.0205", operation, with_key(params, "1"))
      keys:refuse("KMS.0211", operation, with_key(params, DEFAULT))
      emulated_keys.new(cloud, "cn-east-3"):refuse("KMS.0106", operation, with_key(params, KEY))
    end)
  end

  it("a replica accepts changes under the setting inferred_replica_changes, with a name of its own", function()
    cloud:settings { inferred_replica_changes = "accepted" }
    local east = emulated_keys.new(cloud, "cn-east-3")
    east:call("update_key_alias", { key_id = KEY, key_alias = "eastern" })
    assert.equal("eastern", east:describe(KEY).key_alias)
    assert.are_not.equal("eastern", keys:describe(KEY).key_alias)
  end)
end)

describe("the deletion of keys of the emulator", function()
  it("delete_key deletes a key after its waiting time, in all regions", function()
    assert.equal("4", keys:call("delete_key", { key_id = KEY, pending_days = "7" }).key_state)
    assert.equal(("%d000"):format(START + 7 * DAY), keys:describe(KEY).scheduled_deletion_date)
    cloud:advance(7 * DAY - 1)
    keys:describe(KEY)
    cloud:advance(1)
    keys:refuse("KMS.0207", "list_key_detail", { key_id = KEY })
    emulated_keys.new(cloud, "cn-east-3"):refuse("KMS.0207", "list_key_detail", { key_id = KEY })
    assert.is_nil(cloud:key(KEY))
  end)

  it("cancel_key_deletion leaves a disabled key, which is not deleted later", function()
    keys:call("delete_key", { key_id = KEY, pending_days = "7" })
    assert.equal("3", keys:call("cancel_key_deletion", { key_id = KEY }).key_state)
    cloud:advance(8 * DAY)
    assert.equal("3", keys:describe(KEY).key_state)
    keys:refuse("KMS.1501", "cancel_key_deletion", { key_id = KEY })
  end)

  it("cancel_key_deletion leaves a key without material waiting for its import", function()
    local key_id = keys:create { origin = "external" }
    keys:call("delete_key", { key_id = key_id, pending_days = "7" })
    assert.equal("5", keys:call("cancel_key_deletion", { key_id = key_id }).key_state)
  end)

  it("delete_key refuses a second deletion, and days outside of 7 to 1096", function()
    keys:refuse("KMS.1402", "delete_key", { key_id = PENDING, pending_days = "7" })
    for _, days in ipairs { "6", "1097", "x", "-7", "7.5" } do
      keys:refuse("KMS.1401", "delete_key", { key_id = KEY, pending_days = days })
    end
  end)

  it("a deletion that is over frees the name of the key", function()
    local key_id = keys:create { key_alias = "payroll" }
    keys:call("delete_key", { key_id = key_id, pending_days = "7" })
    keys:refuse("KMS.1104", "create_key", { key_alias = "payroll" })
    cloud:advance(7 * DAY)
    keys:create { key_alias = "payroll" }
  end)
end)

describe("public keys and quotas of the emulator", function()
  it("show_public_key returns the same PEM each time, in the replica too", function()
    local key_id = keys:create { key_spec = "EC_P256" }
    local pem = keys:call("show_public_key", { key_id = key_id }).public_key
    assert.matches("^%-%-%-%-%-BEGIN PUBLIC KEY%-%-%-%-%-\r\n.*\r\n%-%-%-%-%-END PUBLIC KEY%-%-%-%-%-\r\n$", pem)
    assert.is_userdata(pkey.new(pem))
    assert.equal(pem, keys:replicate(key_id):call("show_public_key", { key_id = key_id }).public_key)
  end)

  it("show_public_key refuses keys without a public key, and keys that are not enabled", function()
    keys:refuse("KMS.0331", "show_public_key", { key_id = KEY })
    keys:refuse("KMS.0341", "show_public_key", { key_id = keys:create { key_spec = "HMAC_256" } })
    keys:refuse("KMS.0209", "show_public_key", { key_id = DISABLED })
    keys:refuse("KMS.0210", "show_public_key", { key_id = PENDING })
    keys:refuse("KMS.1301", "show_public_key", { key_id = keys:create { key_spec = "EC_P256", origin = "external" } })
  end)

  it("show_user_instances and show_user_quotas count keys, without default keys", function()
    local before = keys:call("show_user_instances").instance_num
    keys:create()
    assert.equal(before + 1, keys:call("show_user_instances").instance_num)
    assert.equal(#keys:call("list_keys", { key_spec = "ALL" }).keys - 1, before + 1)
    local resources = keys:call("show_user_quotas").quotas.resources
    assert.same({ { type = "CMK", used = before + 1, quota = 100 }, { type = "grant_per_CMK", used = 0, quota = 100 } }, resources)
  end)
end)
