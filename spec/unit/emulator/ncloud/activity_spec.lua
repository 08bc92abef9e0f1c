--- kms.emulator.ncloud.activity: the log of a key and its latest use.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local time = require "kms.emulator.time"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG = emulated_ncloud.TAG
local DAY = 24 * 3600

local cloud, ncloud

local function list(query) return ncloud:call("GET", ("/%s/activities%s"):format(TAG, query or "")) end

local function list_actions(query)
  local actions = {}
  for i, entry in ipairs(list(query).activityLogList) do actions[i] = entry.data.api.action end
  return actions
end

local function post(action, body) return ncloud:call("POST", ("/%s/%s"):format(TAG, action), body) end

before_each(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

describe("the activity log in the emulator", function()
  it("the log shows what changed or used a key, the latest entry first, and no reads", function()
    post "rotate"
    ncloud:call("GET", "/" .. TAG)
    post("encrypt", { plaintext = "" })
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "DELETE", "/" .. TAG)
    assert.same({ "DeleteKey", "Encrypt", "RotateKey" }, list_actions())
  end)

  it("an entry has the documented form", function()
    post "rotate"
    assert.same({
      pageSize = 100, currentPageNo = 1, totalPageNo = 1, totalCount = 1,
      activityLogList = { {
        timestamp = time.format_iso(cloud:now()),
        data = {
          kmsKey = { keyTag = TAG, keyName = "oldKeyName", nrn = "nrn:PUB:KMS::demo:Key/" .. TAG },
          requestor = { requestType = "API", id = "demo", ip = "127.0.0.1" },
          api = { result = "SUCCESS", action = "RotateKey", type = "ACCOUNT" },
        },
        message = "Success",
      } },
    }, list())
  end)

  it("a refusal is in the log with its code, and so is the way of authentication", function()
    post "token-generator"
    ncloud:with_token(post("token-set").accessToken, "10.0.0.1"):assert_refused("INVALID_REQUEST", "POST",
      "/" .. TAG .. "/decrypt", { ciphertext = "ncpkms:v1:AAAA" })
    local entry = list().activityLogList[1]
    assert.same({ result = "INVALID_REQUEST", action = "Decrypt", type = "TOKEN" }, entry.data.api)
    assert.equal("10.0.0.1", entry.data.requestor.ip)
    assert.equal("Invalid request", entry.message)
  end)

  it("automatic rotations are in the log as requests of the system", function()
    post "enable-auto-rotation"
    cloud:advance(90 * DAY)
    local entry = list().activityLogList[1]
    assert.same({ "SYSTEM", "RotateKey" }, { entry.data.requestor.requestType, entry.data.api.action })
  end)

  it("the log shows the last day, or the period that the request asks for", function()
    local start = cloud:now()
    post "rotate"
    cloud:advance(DAY + 1)
    post "disable"
    assert.same({ "DisableKey" }, list_actions())
    local function query(from, to) return ("?timestampFrom=%.0f&timestampTo=%.0f"):format(from * 1000, to * 1000) end
    assert.same({ "DisableKey", "RotateKey" }, list_actions(query(start, cloud:now())))
    assert.same({ "RotateKey" }, list_actions(query(start, start)))
  end)

  it("a keyword selects entries that contain it", function()
    post "rotate"
    post "disable"
    assert.same({ "RotateKey" }, list_actions "?keyword=Rotate")
    assert.same({}, list_actions "?keyword=nothing")
  end)

  it("the log has pages", function()
    for _ = 1, 5 do post "rotate" end
    local page = list "?pageNo=2&pageSize=2"
    assert.same({ 2, 2, 3, 5, 2 },
      { page.pageSize, page.currentPageNo, page.totalPageNo, page.totalCount, #page.activityLogList })
  end)

  for _, query in ipairs { "pageSize=201", "timestampFrom=x", "timestampTo=-1" } do
    it("list_key_activities refuses " .. query, function()
      ncloud:assert_refused("INVALID_REQUEST", "GET", ("/%s/activities?%s"):format(TAG, query))
    end)
  end
end)

describe("get_latest_use of the emulator", function()
  local function get() return ncloud:call("GET", "/" .. TAG .. "/last-use-info") end

  it("get_latest_use returns the latest cryptographic operation that succeeded", function()
    assert.equal(cjson.null, get())
    post("encrypt", { plaintext = "" })
    local used = time.format_iso(cloud:now())
    cloud:advance(60)
    post "rotate"
    ncloud:assert_refused("INVALID_REQUEST", "POST", "/" .. TAG .. "/decrypt", { ciphertext = "x" })
    local use = get()
    assert.same({ used, "Encrypt", TAG }, { use.timestamp, use.data.api.action, use.data.kmsKey.keyTag })
  end)
end)
