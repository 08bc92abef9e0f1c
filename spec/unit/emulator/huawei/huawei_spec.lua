--- kms.emulator.huawei: what all operations check before their handler.

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
