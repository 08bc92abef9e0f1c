--- kms.emulator.ncloud: each response has the documented members with the documented types, and no others.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG, RSA_TAG, ROTATED_TAG = emulated_ncloud.TAG, emulated_ncloud.RSA_TAG, emulated_ncloud.ROTATED_TAG

local function read_operations()
  local file = assert(io.open "spec/fixtures/ncloud_operations.json")
  local operations = cjson.decode(file:read "*a")
  file:close()
  return operations
end

local function post(ncloud, tag, action, body) return ncloud:call("POST", ("/%s/%s"):format(tag, action), body) end

local function get_refresh_token(ncloud) return post(ncloud, ROTATED_TAG, "token-set").refreshToken end

-- What an operation needs besides the fixtures: the key, the body, and a preparation, which may return a token.
local CALLS = {
  create_key = { body = { keyName = "billing", keyType = "AES256", isAutoRotation = true, protectionType = "BASIC" } },
  delete_key = { tag = emulated_ncloud.PENDING_DELETION_TAG },
  cancel_key_deletion = { tag = emulated_ncloud.PENDING_DELETION_TAG },
  rename_key = { body = { keyName = "billing" } },
  update_memo = { body = { memo = "memo" } },
  update_rotation_period = { tag = ROTATED_TAG, body = { rotationPeriod = 30 } },
  get_key = { tag = ROTATED_TAG },
  list_key_versions = { tag = ROTATED_TAG },
  enable_key_version = { tag = ROTATED_TAG },
  disable_key_version = { tag = ROTATED_TAG },
  add_acl = { body = { ipList = { "10.0.0.1" } } },
  delete_acl = {
    body = { ipList = { "10.0.0.1" } },
    prepare = function(ncloud) post(ncloud, TAG, "acl", { ipList = { "10.0.0.1", "10.0.0.2" } }) end,
  },
  get_acl = { prepare = function(ncloud) post(ncloud, TAG, "acl", { ipList = { "10.0.0.1" } }) end },
  get_token_generator = { tag = ROTATED_TAG },
  update_token_generator = { tag = ROTATED_TAG },
  delete_token_generator = { tag = ROTATED_TAG },
  create_token_set = { tag = ROTATED_TAG },
  renew_token_set = { tag = ROTATED_TAG, prepare = get_refresh_token },
  create_access_token = { tag = ROTATED_TAG, prepare = get_refresh_token },
  encrypt = { body = { plaintext = "aGVsbG8=" } },
  decrypt = { body = {}, prepare = function(ncloud, body)
    body.ciphertext = post(ncloud, TAG, "encrypt", { plaintext = "aGVsbG8=" }).ciphertext
  end },
  re_encrypt = { body = {}, prepare = function(ncloud, body)
    body.ciphertext = post(ncloud, TAG, "encrypt", { plaintext = "aGVsbG8=" }).ciphertext
  end },
  create_custom_key = { tag = ROTATED_TAG, body = { requestPlainKey = true },
    prepare = function(ncloud) return post(ncloud, ROTATED_TAG, "token-set").accessToken end },
  sign = { tag = RSA_TAG, body = { data = "aGVsbG8=" } },
  verify = { tag = RSA_TAG, body = { data = "aGVsbG8=" }, prepare = function(ncloud, body)
    body.signature = post(ncloud, RSA_TAG, "sign", body).signature
  end },
  get_public_key = { tag = RSA_TAG },
  list_key_activities = { prepare = function(ncloud) post(ncloud, TAG, "rotate") end },
  get_latest_use = { prepare = function(ncloud) post(ncloud, TAG, "encrypt", { plaintext = "" }) end },
}

-- The members that the emulator writes as null, because they have no value in these calls.
local MAY_BE_NULL = { destroyDate = true, disabledDate = true, nextRotationDate = true }

local assert_members

local function assert_value(place, field, value)
  if value == cjson.null then
    assert.is_true(MAY_BE_NULL[field.wire or field.name] or false, place .. " is null")
    return
  end
  local expected = field.type
  if expected == "list" or expected == "object" then expected = "table" end
  assert.equal(expected, type(value), place)
  if field.type == "object" and field.fields then assert_members(place, field.fields, value) end
  if field.type == "list" then
    assert.is_true(#value > 0, place)
    for i, item in ipairs(value) do
      if field.fields then assert_members(("%s[%d]"):format(place, i), field.fields, item) end
    end
  end
end

function assert_members(place, fields, object)
  local documented = {}
  for _, field in ipairs(fields) do
    local name = field.wire or field.name
    documented[name] = true
    assert.is_not_nil(object[name], ("%s.%s is missing"):format(place, name))
    assert_value(place .. "." .. name, field, object[name])
  end
  for name in pairs(object) do assert.is_true(documented[name] or false, ("%s.%s is not documented"):format(place, name)) end
end

describe("responses of NAVER Cloud KMS in the emulator", function()
  for _, operation in ipairs(read_operations()) do
    it(("the response of %s has the documented members"):format(operation.name), function()
      local ncloud = emulated_ncloud.new(emulator.new())
      local call = CALLS[operation.name] or {}
      local body = call.body
      local token = call.prepare and call.prepare(ncloud, body)
      if token then ncloud = ncloud:with_token(token) end
      local path = operation.path:gsub("^/kms/v1/keys", ""):gsub("{keyTag}", call.tag or TAG):gsub("{version}", "1")
      local data = ncloud:call(operation.method, path, body)
      if operation.response then
        assert_members(operation.name, operation.response, data)
      else
        assert.equal(cjson.null, data)
      end
    end)
  end
end)
