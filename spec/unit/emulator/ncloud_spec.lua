--- kms.emulator.ncloud: the operations of NAVER Cloud KMS.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local TAG = requests.TAG

local cloud

local function handle(change) return requests.handle(cloud, requests.rename(cloud, change)) end

local function assert_accepted(change) requests.assert_accepted(cloud, requests.rename(cloud, change)) end

local function assert_refused(status, code, change)
  requests.assert_refused(cloud, { status, code }, requests.rename(cloud, change))
end

before_each(function() cloud = emulator.new() end)

describe("rename_key of the emulator", function()
  it("rename_key changes the name of a key", function()
    local status, object = handle()
    assert.equal(200, status)
    assert.same({ code = "SUCCESS", data = { keyTag = TAG, keyName = "newKeyName" } }, object)
    assert.equal("newKeyName", cloud:key(TAG).key_name)
  end)

  it("rename_key does not find a key of another owner, and two owners may use the same name", function()
    cloud = emulator.new {
      accounts = { { provider = "ncloud", access_key = "A", secret_key = "S", owner = "other" } },
      keys = { { provider = "ncloud", key_tag = TAG, key_name = "abc" },
        { provider = "ncloud", key_tag = "t", key_name = "def", owner = "other" } },
    }
    assert_refused(404, "NOT_FOUND", { access_key = "A", secret_key = "S" })
    assert_accepted { access_key = "A", secret_key = "S", tag = "t", name = "abc" }
  end)

  it("rename_key accepts the present name of a key", function()
    assert_accepted { name = "oldKeyName" }
  end)

  it("rename_key renames a disabled key", function()
    assert_accepted { tag = requests.DISABLED_TAG }
  end)

  for _, case in ipairs {
    { "a name of two characters", 400, "INVALID_REQUEST", { name = "ab" } },
    { "a name of sixteen characters", 400, "INVALID_REQUEST", { name = "abcdefghijklmnop" } },
    { "a name that starts with a digit", 400, "INVALID_REQUEST", { name = "1abc" } },
    { "a name with a space", 400, "INVALID_REQUEST", { name = "ab c" } },
    { "a name that is not a string", 400, "INVALID_REQUEST", { body = '{"keyName":123}' } },
    { "a body without a name", 400, "INVALID_REQUEST", { body = "{}" } },
    { "a body that is not JSON", 400, "INVALID_REQUEST", { body = "keyName=abc" } },
    { "an unknown key", 404, "NOT_FOUND", { tag = "none" } },
    { "a key of another zone", 404, "NOT_FOUND", { host = "ocapi-kr.ncloud.com" } },
    { "the name of another key", 422, "UNPROCESSABLE_ENTITY", { name = "takenName" } },
    { "a key pending deletion", 422, "UNPROCESSABLE_ENTITY", { tag = requests.PENDING_DELETION_TAG } },
  } do
    it("rename_key refuses " .. case[1] .. " and changes no key", function()
      local before = cloud:state().keys
      assert_refused(case[2], case[3], case[4])
      assert.same(before, cloud:state().keys)
    end)
  end
end)

describe("get_key of the emulator", function()
  it("get_key returns the name, the status and the host of a key", function()
    local status, object = handle { method = "GET", path = "/kms/v1/keys/" .. requests.DISABLED_TAG, body = "" }
    assert.equal(200, status)
    assert.equal("sleepingKey", object.data.keyName)
    assert.equal("DISABLE", object.data.status)
    assert.equal("https://ocapi.ncloud.com", object.data.baseUrl)
  end)

  it("get_key refuses an unknown key", function()
    assert_refused(404, "NOT_FOUND", { method = "GET", path = "/kms/v1/keys/none", body = "" })
  end)
end)
