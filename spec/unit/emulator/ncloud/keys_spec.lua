--- kms.emulator.ncloud.keys: the operations on keys of NAVER Cloud KMS.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"
local requests = require "spec.helpers.emulator_requests"

local TAG = requests.TAG
local HOUR, DAY = 3600, 24 * 3600

local cloud, ncloud

local function handle(change) return requests.handle(cloud, requests.rename(cloud, change)) end

local function assert_accepted(change) requests.assert_accepted(cloud, requests.rename(cloud, change)) end

local function assert_refused(status, code, change)
  requests.assert_refused(cloud, { status, code }, requests.rename(cloud, change))
end

before_each(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

local function name_of(key) return key.keyName end

local function list_names(path)
  local names = {}
  for i, key in ipairs(ncloud:call("GET", path or "").keyList) do names[i] = name_of(key) end
  return names
end

describe("list_keys of the emulator", function()
  it("list_keys returns the keys of the caller in the zone that is called, the newest first", function()
    cloud = emulator.new { keys = {
      { provider = "ncloud", key_tag = "a", key_name = "first" },
      { provider = "ncloud", key_tag = "b", key_name = "elsewhere", zone = "kr" },
      { provider = "ncloud", key_tag = "c", key_name = "foreign", owner = "other" },
      { provider = "ncloud", key_tag = "d", key_name = "second", key_type = "RSA2048", state = "disabled" },
    } }
    ncloud = emulated_ncloud.new(cloud)
    local now = math.floor(cloud:now() * 1000)
    assert.same({
      currentPageNo = 1, totalPageNo = 1, totalCount = 2,
      keyList = {
        { keyId = 4, keyTag = "d", keyName = "second", keyType = "RSA2048", status = "DISABLE", protectionType = "BASIC",
          isConvergent = false, registerDate = now, destroyDate = cjson.null },
        { keyId = 1, keyTag = "a", keyName = "first", keyType = "AES256", status = "ENABLE", protectionType = "BASIC",
          isConvergent = false, registerDate = now, destroyDate = cjson.null },
      },
    }, ncloud:call("GET", ""))
    ncloud = emulated_ncloud.new(cloud, { host = "ocapi-kr.ncloud.com" })
    assert.same({ "elsewhere" }, list_names())
  end)

  it("list_keys returns the page that is asked for", function()
    local all = list_names()
    local page = ncloud:call("GET", "?pageNo=2&pageSize=3")
    assert.same({ all[4], all[5], all[6] }, { page.keyList[1].keyName, page.keyList[2].keyName, page.keyList[3].keyName })
    assert.same({ 2, 3, 8 }, { page.currentPageNo, page.totalPageNo, page.totalCount })
    page = ncloud:call("GET", "?pageNo=4&pageSize=3")
    assert.same({}, page.keyList)
    assert.equal(8, page.totalCount)
  end)

  for _, query in ipairs { "pageNo=0", "pageNo=x", "pageSize=0", "pageSize=201", "pageSize=1.5" } do
    it("list_keys refuses " .. query, function() ncloud:assert_refused("INVALID_REQUEST", "GET", "?" .. query) end)
  end
end)

describe("create_key of the emulator", function()
  local function create(change)
    local body = { keyName = "billing", keyType = "AES256", isAutoRotation = false, protectionType = "BASIC" }
    for name, value in pairs(change or {}) do body[name] = value end
    return body
  end

  it("create_key returns the key with its defaults, and get_key finds it", function()
    local now = math.floor(cloud:now() * 1000)
    local key = ncloud:call("POST", "", create())
    assert.truthy(key.keyTag:find "^%x+$")
    assert.equal(64, #key.keyTag)
    assert.same({
      keyId = 9, keyTag = key.keyTag, keyName = "billing", keyType = "AES256", status = "ENABLE", keystoreId = 1,
      protectionType = "BASIC", memo = "", isConvergent = false, isAutoRotation = false, rotationPeriod = 90,
      nextRotationDate = cjson.null, registerDate = now,
    }, key)
    local found = ncloud:call("GET", "/" .. key.keyTag)
    assert.equal(1, found.currentVersion)
    assert.equal("nrn:PUB:KMS::demo:Key/" .. key.keyTag, found.nrn)
  end)

  it("create_key sets all properties of a key", function()
    local key = ncloud:call("POST", "", create { memo = "m", isConvergent = true, isAutoRotation = true, rotationPeriod = 730,
      protectionType = "COMMON_HSM" })
    assert.same({ "m", true, true, 730, "COMMON_HSM" },
      { key.memo, key.isConvergent, key.isAutoRotation, key.rotationPeriod, key.protectionType })
    assert.equal(math.floor(cloud:now() * 1000) + 730 * DAY * 1000, key.nextRotationDate)
  end)

  it("create_key makes a key in the zone of the host", function()
    local key = emulated_ncloud.new(cloud, { host = "ocapi-jp.ncloud.com" }):call("POST", "", create())
    assert.equal("jp", cloud:key(key.keyTag).zone)
    ncloud:call("POST", "", create())
  end)

  for _, case in ipairs {
    { "a name of another key in other letter case", "UNPROCESSABLE_ENTITY", { keyName = "TAKENNAME" } },
    { "a name of two characters", "INVALID_REQUEST", { keyName = "ab" } },
    { "an unknown type", "INVALID_REQUEST", { keyType = "AES128" } },
    { "an unknown protection", "INVALID_REQUEST", { protectionType = "HSM" } },
    { "a number in place of a boolean", "INVALID_REQUEST", { isAutoRotation = 1 } },
    { "a memo of 101 characters", "INVALID_REQUEST", { memo = ("x"):rep(101) } },
    { "a rotation period of 731 days", "INVALID_REQUEST", { rotationPeriod = 731 } },
    { "convergent encryption with RSA", "INVALID_REQUEST", { keyType = "RSA2048", isConvergent = true } },
  } do
    it("create_key refuses " .. case[1], function()
      ncloud:assert_refused(case[2], "POST", "", create(case[3]))
      assert.equal(8, ncloud:call("GET", "").totalCount)
    end)
  end

  it("create_key refuses a body without a protection type", function()
    ncloud:assert_refused("INVALID_REQUEST", "POST", "", { keyName = "billing", keyType = "AES256", isAutoRotation = false })
  end)
end)

describe("settings of NAVER Cloud KMS in the emulator", function()
  local function rename(name) return (handle { name = name }) end

  it("with inferred_key_name_case = \"distinguished\" names may differ in letter case only", function()
    assert.equal(422, rename "TakenName")
    cloud:settings { inferred_key_name_case = "distinguished" }
    assert.equal(200, rename "TakenName")
    assert.equal(422, rename "takenName")
  end)

  it("with inferred_present_key_name = \"refused\" a key cannot be renamed to its present name", function()
    cloud:settings { inferred_present_key_name = "refused" }
    assert.equal(422, rename "oldKeyName")
    assert.equal(422, rename "OLDKEYNAME")
    assert.equal(200, rename "otherName")
  end)

  it("inferred_other_zone is the code for a key of another zone", function()
    cloud:settings { inferred_other_zone = "INVALID_REQUEST" }
    local elsewhere = emulated_ncloud.new(cloud, { host = "ocapi-kr.ncloud.com" })
    elsewhere:assert_refused("INVALID_REQUEST", "GET", "/" .. TAG)
    elsewhere:assert_refused("NOT_FOUND", "GET", "/unknown")
  end)

  it("with key_list = \"table\" the list has the form of the table of fields", function()
    cloud:settings { key_list = "table" }
    local _, object = ncloud:send("GET", "?pageSize=2")
    assert.same({ 1, 4, 8 }, { object.currentPageNo, object.totalPageNo, object.totalCount })
    assert.equal(2, #object.data.KeyList)
    assert.is_nil(object.data.keyList)
  end)

  it("reads return the old state until consistency_delay is over, and changes see the new one", function()
    cloud:settings { consistency_delay = 5 }
    assert.equal(200, rename "newName")
    ncloud:call("POST", "/" .. TAG .. "/disable")
    cloud:advance(4.999)
    local key = ncloud:call("GET", "/" .. TAG)
    assert.same({ "oldKeyName", "ENABLE" }, { key.keyName, key.status })
    assert.equal("oldKeyName", list_names()[8])
    assert.equal(422, (ncloud:send("PUT", "/" .. emulated_ncloud.RSA_TAG .. "/name", { keyName = "newName" })))
    cloud:advance(0.001)
    key = ncloud:call("GET", "/" .. TAG)
    assert.same({ "newName", "DISABLE" }, { key.keyName, key.status })
    assert.equal("newName", list_names()[8])
  end)
end)

describe("update_memo of the emulator", function()
  it("update_memo changes the memo of a key", function()
    local memo = ("é"):rep(100)
    assert.same({ keyTag = TAG, memo = memo }, ncloud:call("PUT", "/" .. TAG .. "/memo", { memo = memo }))
    assert.equal(memo, ncloud:call("GET", "/" .. TAG).memo)
  end)

  it("update_memo refuses a memo of 101 characters and a key pending deletion", function()
    ncloud:assert_refused("INVALID_REQUEST", "PUT", "/" .. TAG .. "/memo", { memo = ("é"):rep(101) })
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "PUT", "/" .. requests.PENDING_DELETION_TAG .. "/memo", { memo = "m" })
  end)
end)

describe("the state of a key in the emulator", function()
  local function change(action) return ncloud:call("POST", "/" .. TAG .. "/" .. action) end

  it("disable_key and enable_key change the state and its date, also twice", function()
    for _, case in ipairs { { "disable", "DISABLE" }, { "disable", "DISABLE" }, { "enable", "ENABLE" }, { "enable", "ENABLE" } } do
      cloud:advance(10)
      assert.same({ keyTag = TAG, status = case[2], statusDate = math.floor(cloud:now() * 1000) }, change(case[1]))
    end
  end)

  it("a key pending deletion can be neither enabled nor disabled", function()
    for _, action in ipairs { "enable", "disable", "request-deletion" } do
      ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", "/" .. requests.PENDING_DELETION_TAG .. "/" .. action)
    end
  end)

  it("request_key_deletion deletes a key 72 hours later, and its name is free then", function()
    assert.equal("REVOKE", change("request-deletion").status)
    assert.equal(math.floor(cloud:now() * 1000) + 72 * HOUR * 1000, ncloud:call("GET", "?pageSize=1&pageNo=8").keyList[1].destroyDate)
    cloud:advance(72 * HOUR - 1)
    assert.equal("REVOKE", ncloud:call("GET", "/" .. TAG).status)
    cloud:advance(1)
    ncloud:assert_refused("NOT_FOUND", "GET", "/" .. TAG)
    assert.is_nil(cloud:key(TAG))
    ncloud:call("PUT", "/" .. emulated_ncloud.RSA_TAG .. "/name", { keyName = "oldKeyName" })
  end)

  it("cancel_key_deletion leaves a disabled key", function()
    change "request-deletion"
    assert.equal("DISABLE", change("cancel-deletion").status)
    cloud:advance(100 * DAY)
    assert.equal("DISABLE", ncloud:call("GET", "/" .. TAG).status)
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", "/" .. TAG .. "/cancel-deletion")
  end)

  it("delete_key deletes a key at once, and only one that is pending deletion", function()
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "DELETE", "/" .. TAG)
    change "request-deletion"
    assert.equal(cjson.null, ncloud:call("DELETE", "/" .. TAG))
    ncloud:assert_refused("NOT_FOUND", "GET", "/" .. TAG)
  end)
end)

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

  it("rename_key accepts the present name of a key, also in other letter case", function()
    assert_accepted { name = "oldKeyName" }
    assert_accepted { name = "OldKeyName" }
    assert.equal("OldKeyName", cloud:key(TAG).key_name)
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
    { "the name of another key in other letter case", 422, "UNPROCESSABLE_ENTITY", { name = "TakenName" } },
    { "a key pending deletion", 422, "UNPROCESSABLE_ENTITY", { tag = requests.PENDING_DELETION_TAG } },
  } do
    it("rename_key refuses " .. case[1] .. " and changes no name", function()
      local before = list_names()
      assert_refused(case[2], case[3], case[4])
      assert.same(before, list_names())
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
