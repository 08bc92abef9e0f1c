--- The client against the emulated Huawei Cloud KMS: the example of every operation, prepared where it needs
--- something, iteration over pages, and the life of a key.

local catalog = require "kms.call.catalog"
local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulated_keys = require "spec.helpers.emulated_keys"
local emulator = require "kms.emulator"
local encoding = require "kms.emulator.encoding"
local merge = require "spec.helpers.merge"
local pkey = require "openssl.pkey"
local rsa = require "kms.emulator.crypto.rsa"

local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local SIGNING_RSA = "858cee18-6faf-4514-bb35-70c3dcfcfbf7"
local MAC, EXTERNAL = "b8bf114b-92d2-4847-ee68-a3f60f2f2e2a", "c9c0225c-a3e3-4958-ff79-b40710303f3b"
local SPACE = "00000001-4d9c-4b35-8f84-bb474a37f001"

local cloud, client

before_each(function()
  cloud = emulator.new()
  client = emulated_huawei.new_client(cloud, { retry = false })
end)

local function call(name, params)
  local result, err = client[name](client, params)
  return assert(result, tostring(err))
end

local function encrypt()
  return call("encrypt_data", { key_id = KEY, plain_text = "text" }).cipher_text
end

local function import()
  local parameters = call("create_parameters_for_import", { key_id = EXTERNAL, wrapping_algorithm = "RSAES_OAEP_SHA_256" })
  local public_key = pkey.new(encoding.decode_base64(parameters.public_key), "DER", "public")
  return { key_id = EXTERNAL, import_token = parameters.import_token,
    encrypted_key_material = encoding.encode_base64(rsa.encrypt(public_key, ("m"):rep(32))) }
end

local function create_alias() call("create_alias", { key_id = KEY, alias = "alias/payroll" }) end

local function create_grant()
  return { grant_id = call("create_grant", { key_id = KEY, grantee_principal = "g", operations = { "describe-key" } }).grant_id }
end

local function create_keystore() return { keystore_id = call("create_key_store", { keystore_alias = "a" }).keystore_id } end

local function create_access_point()
  return { access_point_id = call("create_access_point", { keyspace_id = SPACE, access_point_name = "a", type = 1 }).access_point_id }
end

local function create_policy()
  return { policy_id = call("create_key_policy", { keyspace_id = SPACE, policy_name = "a", policy = { version = "1" } }).policy_id }
end

local function sign()
  local params = { key_id = SIGNING_RSA, message = encoding.encode_base64 "text", message_type = "RAW",
    signing_algorithm = "RSASSA_PSS_SHA_256" }
  params.signature = call("sign", params).signature
  return params
end

local function generate_mac()
  local params = { key_id = MAC, mac_algorithm = "HMAC_SHA_256", message = encoding.encode_base64 "text" }
  params.mac = call("generate_mac", params).mac
  return params
end

local function enable_rotation() call("enable_key_rotation", { key_id = KEY }) end

-- What the example of an operation needs: a function that prepares the emulator and returns params that replace those of
-- the example.
local PREPARATIONS = {
  associate_alias = create_alias,
  delete_alias = function()
    create_alias()
    call("create_alias", { key_id = KEY, alias = "alias/old" })
  end,
  delete_tag = function() call("create_kms_tag", { key_id = KEY, tag = { key = "department" } }) end,
  cancel_grant = create_grant,
  cancel_self_grant = create_grant,
  disable_key_rotation = enable_rotation,
  update_key_rotation_interval = enable_rotation,
  import_key_material = import,
  delete_imported_key_material = function() call("import_key_material", import()) end,
  decrypt_data = function() return { cipher_text = encrypt() } end,
  re_encrypt = function() return { cipher_text = encrypt() } end,
  validate_signature = sign,
  verify_mac = generate_mac,
  decrypt_datakey = function()
    return { cipher_text = call("create_datakey", { key_id = KEY }).cipher_text, datakey_cipher_length = 32 }
  end,
  show_key_store = create_keystore,
  enable_key_store = create_keystore,
  disable_key_store = create_keystore,
  delete_key_store = create_keystore,
  enable_access_point = create_access_point,
  disable_access_point = create_access_point,
  delete_access_point = create_access_point,
  show_key_policy = create_policy,
  update_key_policy = create_policy,
  delete_key_policy = create_policy,
}

-- Operations that the emulator refuses, with what the refusal needs.
local NOT_EMULATED = {
  derive_shared_secret = true, create_pin = true, create_datakey_capsule = true, decrypt_datakey_capsule = true,
  download_access_point_private_key = create_access_point,
}

describe("the client with the emulated Huawei Cloud KMS", function()
  local count = 0
  for entry in catalog.of(require "kms.huawei"):each() do
    count = count + 1
    local refused = NOT_EMULATED[entry.name]
    if refused then
      it(entry.name .. " is refused as not emulated", function()
        local changes = type(refused) == "function" and refused() or nil
        local result, err = client[entry.name](client, merge(entry.example, changes))
        assert.is_nil(result)
        assert.equal("EMULATOR.0501", err.code)
      end)
    else
      it(entry.name .. " reads the response to its example, and all required results are there", function()
        local prepare = PREPARATIONS[entry.name]
        local changes = prepare and prepare()
        local result = call(entry.name, merge(entry.example, changes))
        for _, field in ipairs(entry.result) do
          assert.is_true(result[field.name] ~= nil or not field.required, field.name)
        end
        assert.is_string(result.request_id)
      end)
    end
  end

  it("all operations are among the examples", function() assert.equal(75, count) end)

  -- By operation: what makes three items, and the params that list them.
  local LISTS = {
    list_keys = {
      function() for i = 1, 3 do call("create_key", { key_alias = "k" .. i, key_spec = "SM4" }) end end, { key_spec = "SM4" },
    },
    list_aliases = { function() for i = 1, 3 do call("create_alias", { key_id = KEY, alias = "alias/" .. i }) end end, {} },
    list_grants = { function() for _ = 1, 3 do create_grant() end end, { key_id = KEY } },
    list_kms_by_tags = {
      function()
        for _, key_id in ipairs { KEY, MAC, EXTERNAL } do call("create_kms_tag", { key_id = key_id, tag = { key = "a" } }) end
      end,
      { action = "filter", tags = { { key = "a" } } },
    },
    list_key_stores = { function() for _ = 1, 3 do create_keystore() end end, {} },
    list_access_point = { function() for _ = 1, 3 do create_access_point() end end, { keyspace_id = SPACE } },
    list_key_policy = { function() for _ = 1, 3 do create_policy() end end, { keyspace_id = SPACE } },
  }

  for name, list in pairs(LISTS) do
    it("each iterates over all pages of " .. name, function()
      list[1]()
      for _, limit in ipairs { 1, 2, 3, 4 } do
        local items, before = 0, cloud:requests("huawei", name)
        for number, item, err in client:each(name, merge(list[2], { limit = limit })) do
          assert.is_not_nil(item, tostring(err))
          items = number
        end
        assert.equal(3, items)
        assert.is_true(cloud:requests("huawei", name) - before <= math.ceil(3 / limit) + 1)
      end
    end)
  end

  it("list_aliases reads a response that is an object", function()
    cloud:settings { alias_list = "object" }
    create_alias()
    assert.equal("alias/payroll", call("list_aliases", {}).aliases[1].alias)
  end)

  it("a key's life: create, tag, replicate, move, use in both regions, rotate, delete, cancel", function()
    local key_id = call("create_key", { key_alias = "tour" }).key_id
    call("create_kms_tag", { key_id = key_id, tag = { key = "team", value = "payroll" } })
    call("replicate_key", { key_id = key_id, replica_region = "cn-east-3", key_alias = "tour",
      replica_project_id = emulated_keys.ACCOUNT.projects["cn-east-3"] })
    call("update_primary_region", { key_id = key_id, primary_region = "cn-east-3" })
    local east = emulated_huawei.new_client(cloud, { region = "cn-east-3", retry = false,
      project_id = emulated_keys.ACCOUNT.projects["cn-east-3"] })
    local context = { additional_authenticated_data = "order 7" }
    local encrypted = call("encrypt_data", merge(context, { key_id = key_id, plain_text = "text" }))
    assert(east:rotate_on_demand { key_id = key_id })
    local decrypted = assert(east:decrypt_data(merge(context, { cipher_text = encrypted.cipher_text })))
    assert.same({ "text", key_id }, { decrypted.plain_text, decrypted.key_id })
    local _, err = client:delete_key { key_id = key_id, pending_days = 7 }
    assert.equal("KMS.0106", err.code)
    assert(east:delete_key { key_id = key_id, pending_days = 7 })
    local details = assert(east:list_key_detail { key_id = key_id })
    assert.equal(cloud:now() + 7 * 24 * 3600, details.scheduled_deletion_date)
    assert(east:cancel_key_deletion { key_id = key_id })
    assert(east:enable_key { key_id = key_id })
    assert.equal("text", call("decrypt_data", merge(context, { cipher_text = encrypted.cipher_text })).plain_text)
  end)
end)
