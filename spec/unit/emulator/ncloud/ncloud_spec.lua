--- kms.emulator.ncloud: what all operations of NAVER Cloud KMS have in common.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local ncloud_service = require "kms.emulator.ncloud"
local ncloud_operations = require "kms.ncloud.operations"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local function is_plain(value)
  if type(value) ~= "table" then return true end
  if getmetatable(value) then return false end
  for name, member in pairs(value) do
    if type(name) ~= "string" and type(name) ~= "number" or not is_plain(member) then return false end
  end
  return true
end

describe("NAVER Cloud KMS in the emulator", function()
  it("each of the 38 operations of the service has a handler", function()
    local count = 0
    for name, operation in pairs(ncloud_service.operations) do
      assert.equal(name, operation.name)
      count = count + 1
    end
    assert.equal(38, count)
  end)

  it("each operation that needs a key does not find an unknown one", function()
    local ncloud = emulated_ncloud.new(emulator.new())
    local bodies = {
      rename_key = { keyName = "abc" }, update_memo = { memo = "" }, update_rotation_period = { rotationPeriod = 1 },
      add_acl = { ipList = { "10.0.0.1" } }, delete_acl = { ipList = { "10.0.0.1" } }, encrypt = { plaintext = "" },
      decrypt = { ciphertext = "" }, re_encrypt = { ciphertext = "" }, sign = { data = "" },
      verify = { data = "", signature = "" },
    }
    for name, operation in pairs(ncloud_service.operations) do
      local method, path = operation.route:match "^(%u+) /kms/v1/keys(.*)$"
      if path ~= "" then
        path = path:gsub("{key_tag}", "unknown"):gsub("{version}", "1")
        local code = operation.auth == "refresh_token" and "UNAUTHORIZED" or "NOT_FOUND"
        ncloud:assert_refused(code, method, path, bodies[name])
      end
    end
  end)

  it("the state consists of plain tables that JSON can hold", function()
    local cloud = emulator.new()
    local ncloud = emulated_ncloud.new(cloud)
    ncloud:call("POST", "/" .. emulated_ncloud.TAG .. "/encrypt", { plaintext = "" })
    ncloud:call("POST", "/" .. emulated_ncloud.EC_TAG .. "/sign", { data = "" })
    ncloud:call("POST", "/" .. emulated_ncloud.ROTATED_TAG .. "/token-set")
    local state = cloud.services.ncloud.state
    assert.is_true(is_plain(state))
    assert.same(state.keys, cjson.decode(cjson.encode(state)).keys)
  end)

  it("the emulator has every operation of the client", function()
    for _, group in ipairs(ncloud_operations) do
      for _, entry in ipairs(require(group.module)) do
        assert.is_table(ncloud_service.operations[entry.name], entry.name)
      end
    end
  end)
end)
