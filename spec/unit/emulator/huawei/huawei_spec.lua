--- kms.emulator.huawei: what all operations check before their handler.

local cjson = require "cjson"
local catalog = require "kms.call.catalog"
local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local requests = require "spec.helpers.emulator_requests"

local KEY = requests.KEY

local cloud, keys

before_each(function()
  cloud = emulator.new()
  keys = emulated_keys.new(cloud)
end)

describe("kms.emulator.huawei", function()
  it("null members of a body are missing members", function()
    keys:refuse("KMS.0204", "list_key_detail", "{}")
    keys:refuse("KMS.0205", "list_key_detail", '{"key_id":null}')
    keys:call("list_keys", '{"limit":null,"key_spec":null}')
  end)

  it("a body that is not a JSON object is refused, also where no member is required", function()
    for _, body in ipairs { "{", "[1]", '"x"', "x" } do
      keys:refuse("KMS.0202", "list_keys", body)
      keys:refuse("KMS.0202", "list_key_detail", body)
    end
    keys:call("list_keys", "")
  end)

  it("a sequence has 36 characters", function()
    keys:call("list_key_detail", { key_id = KEY, sequence = KEY })
    keys:call("list_key_detail", { key_id = KEY, sequence = "" })
    keys:refuse("KMS.0206", "list_key_detail", { key_id = KEY, sequence = "x" })
    keys:refuse("KMS.0206", "list_key_detail", { key_id = KEY, sequence = 5 })
  end)

  it("a request with an unknown method of a known path is refused", function()
    local status, object = requests.handle(cloud, requests.move(cloud, { method = "GET" }))
    assert.same({ 405, "KMS.0215" }, { status, object.error.error_code })
  end)

  it("refuse uses details in place of the published message", function()
    assert.matches("^Not emulated: ", keys:refuse("EMULATOR.0501", "create_key", { key_alias = "a", keystore_id = KEY }))
    assert.equal("The key does not exist.", keys:refuse("KMS.0207", "list_key_detail", { key_id = "9" .. KEY:sub(2) }))
  end)

  it("an expired key is gone at the next request, whatever that is", function()
    keys:call("delete_key", { key_id = KEY, pending_days = "7" })
    cloud:advance(7 * 24 * 3600)
    keys:call("show_user_instances")
    assert.is_nil(cloud:key(KEY))
  end)
end)

describe("the operations of the emulated Huawei Cloud KMS", function()
  local operations = require("kms.emulator.huawei").operations

  it("every operation of the library has a handler with its method, its path and its required members, and no other has one", function()
    local names = {}
    for entry in catalog.of(require "kms.huawei"):each() do
      local operation = operations[entry.name]
      assert.is_table(operation, entry.name)
      assert.equal(entry.method .. " " .. entry.path, operation.route)
      local required = {}
      for _, name in ipairs(operation.required or {}) do required[name] = true end
      for _, param in ipairs(entry.params) do
        if param.place == "body" and param.required then
          assert.is_true(required[param.wire or param.name], entry.name .. " " .. param.name)
        end
      end
      names[entry.name] = true
    end
    for name in pairs(operations) do assert.is_true(names[name], name) end
  end)
end)

describe("a saved state of the emulated Huawei Cloud KMS", function()
  it("keys, ciphertexts, aliases, tags, grants and replicas continue in the emulator that loads it", function()
    cloud:settings { inferred_replica_key_ids = "new" }
    local key_id = keys:create()
    local east, replica_id = keys:replicate(key_id, { tags = { { key = "a", value = "1" } } })
    keys:call("rotate_on_demand", { key_id = key_id })
    local cipher_text = keys:call("encrypt_data", { key_id = key_id, plain_text = "data" }).cipher_text
    local signing = keys:create { key_spec = "EC_P256" }
    local signed = { key_id = signing, signing_algorithm = "ECDSA_SHA_256", message_type = "RAW", message = "bWVzc2FnZQ==" }
    signed.signature = keys:call("sign", signed).signature
    keys:call("create_alias", { key_id = key_id, alias = "alias/a" })
    keys:call("create_grant", { key_id = key_id, grantee_principal = "g", operations = { "describe-key" } })
    local external = keys:create { origin = "external" }
    keys:call("delete_key", { key_id = signing, pending_days = "7" })
    keys:call("cancel_key_deletion", { key_id = signing })
    keys:call("enable_key", { key_id = signing })

    local function collect(caller, replica)
      return {
        caller:describe(key_id), replica:describe(replica_id), caller:call("list_aliases"), caller:call("list_grants", { key_id = key_id }),
        replica:call("show_kms_tags", nil, { key_id = replica_id }), caller:call("show_key_rotation_status", { key_id = key_id }),
        replica:call("decrypt_data", { cipher_text = cipher_text }), caller:call("validate_signature", signed).signature_valid,
        caller:describe(external).key_state, caller:call("list_keys", { key_spec = "ALL" }).keys,
      }
    end

    local expected = collect(keys, east)
    local copy = emulator.new { state = cjson.decode(cjson.encode(cloud:save())) }
    assert.same(expected, collect(emulated_keys.new(copy), emulated_keys.new(copy, "cn-east-3")))
    assert.equal("true", expected[8])
  end)
end)
