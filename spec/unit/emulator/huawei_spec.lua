--- kms.emulator.huawei: the operations of Huawei Cloud KMS.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT = emulator.fixtures.accounts[1]
local KEY = requests.KEY

local cloud

local function handle(change) return requests.handle(cloud, requests.move(cloud, change)) end

local function assert_accepted(change) requests.assert_accepted(cloud, requests.move(cloud, change)) end

local function assert_refused(status, code, change)
  requests.assert_refused(cloud, { status, code }, requests.move(cloud, change))
end

before_each(function() cloud = emulator.new() end)

describe("update_primary_region of the emulator", function()
  it("update_primary_region moves a key and makes its old primary region a replica region", function()
    local status, object, response = handle()
    assert.equal(200, status)
    assert.same({ key_id = KEY, primary_region = "cn-east-3" }, object)
    assert.equal("cn-east-3", cloud:key(KEY).primary)
    assert.same({ "cn-north-4" }, cloud:key(KEY).replicas)
    assert.equal("application/json", response.headers["content-type"])
    assert.truthy(response.headers["x-request-id"]:find "^%x+$")
    assert.truthy(response.headers.date:find "^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d GMT$")
  end)

  it("update_primary_region moves a key back from its new primary region, not from its old one", function()
    assert_accepted()
    assert_refused(400, "KMS.0106", { target = "cn-north-4" })
    assert_accepted { region = "cn-east-3", target = "cn-north-4" }
    assert.equal("cn-north-4", cloud:key(KEY).primary)
  end)

  it("update_primary_region succeeds when the key is already primary in the target region", function()
    local status, object = handle { target = "cn-north-4" }
    assert.equal(200, status)
    assert.equal("cn-north-4", object.primary_region)
    assert.same({ "cn-east-3" }, cloud:key(KEY).replicas)
  end)

  it("Huawei Cloud KMS in Europe has a host of its own", function()
    cloud = emulator.new {
      accounts = { { provider = "huawei", access_key = "A", secret_key = "S", projects = { ["eu-west-101"] = "p" } } },
    }
    assert_refused(404, "KMS.0207", { host = "kms.eu-west-101.myhuaweicloud.eu", access_key = "A", secret_key = "S",
      project = "p", header = "p" })
  end)

  local other_key = "9" .. KEY:sub(2)
  for _, case in ipairs {
    { "a body that is not JSON", 400, "KMS.0202", { body = "{" } },
    { "a body that is not an object", 400, "KMS.0202", { body = '"x"' } },
    { "a body without key_id", 400, "KMS.0204", { body = '{"primary_region":"cn-east-3"}' } },
    { "a body without primary_region", 400, "KMS.0204", { body = ('{"key_id":"%s"}'):format(KEY) } },
    { "a key id in upper case", 400, "KMS.0205", { key_id = KEY:upper() } },
    { "a key id that is a number", 400, "KMS.0205", { body = '{"key_id":1,"primary_region":"cn-east-3"}' } },
    { "different key ids in path and body", 400, "KMS.0205", { path_id = other_key } },
    { "an unknown key", 404, "KMS.0207", { key_id = other_key } },
    { "a key that is not in this region", 404, "KMS.0207", { key_id = requests.KEY_WITHOUT_REPLICA, region = "cn-east-3" } },
    { "a key that is a replica in this region", 400, "KMS.0106", { region = "cn-east-3", target = "cn-north-4" } },
    { "a disabled key", 400, "KMS.0209", { key_id = requests.DISABLED_KEY } },
    { "a key pending deletion", 400, "KMS.0210", { key_id = requests.PENDING_DELETION_KEY } },
    { "a default master key", 400, "KMS.0211", { key_id = requests.DEFAULT_MASTER_KEY } },
    { "a target region without a replica", 400, "KMS.0308", { key_id = requests.KEY_WITHOUT_REPLICA } },
    { "a target region that is not a string", 400, "KMS.0308", { body = ('{"key_id":"%s","primary_region":{}}'):format(KEY) } },
    { "another project in the path", 403, "KMS.0321", { project = ACCOUNT.projects["cn-east-3"] } },
    { "another project in X-Project-Id", 403, "KMS.0321", { header = ACCOUNT.projects["cn-east-3"] } },
    { "another method", 405, "KMS.0215", { method = "POST" } },
  } do
    it("update_primary_region refuses " .. case[1] .. " and changes no key", function()
      local before = cloud:state().keys
      assert_refused(case[2], case[3], case[4])
      assert.same(before, cloud:state().keys)
    end)
  end

  it("update_primary_region does not find a key of another owner", function()
    cloud = emulator.new {
      accounts = { { provider = "huawei", access_key = "A", secret_key = "S", owner = "other", projects = ACCOUNT.projects } },
    }
    assert_refused(404, "KMS.0207", { access_key = "A", secret_key = "S" })
  end)

  it("update_primary_region reports KMS.0106 with its published text", function()
    local _, object = handle { region = "cn-east-3", target = "cn-north-4" }
    assert.equal("It is replica service, readonly api allowed.", object.error.error_msg)
  end)
end)
