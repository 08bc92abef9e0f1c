--- kms.emulator.huawei.multi_region: replicas and the primary region of a key.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
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
  it("with consistency_delay a moved key is primary in its old region for some seconds", function()
    cloud:settings { consistency_delay = 5 }
    assert_accepted()
    assert.equal("cn-east-3", cloud:key(KEY).primary)
    cloud:advance(4.999)
    assert_accepted()
    assert_refused(400, "KMS.0106", { region = "cn-east-3", target = "cn-north-4" })
    cloud:advance(0.001)
    assert_refused(400, "KMS.0106")
    assert_accepted { region = "cn-east-3", target = "cn-north-4" }
    assert.equal("cn-north-4", cloud:key(KEY).primary)
  end)

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

describe("replicate_key of the emulator", function()
  local keys
  before_each(function() keys = emulated_keys.new(cloud) end)

  local PROJECT = ACCOUNT.projects["cn-east-3"]

  it("replicate_key makes a replica with name, description, project and tags of its own", function()
    local key_id = keys:create()
    local response = keys:call("replicate_key", { key_id = key_id, replica_region = "cn-east-3", key_alias = "east",
      key_description = "eastern", enterprise_project_id = "7", replica_project_id = PROJECT,
      tags = { { key = "a", value = "b" } } })
    assert.same({ key_id = key_id, domain_id = response.domain_id, region = "cn-east-3" }, response)
    local east = emulated_keys.new(cloud, "cn-east-3")
    local details = east:describe(key_id)
    assert.same({ "east", "eastern", "7", "cn-east-3" },
      { details.key_alias, details.key_description, details.sys_enterprise_project_id, details.realm })
    assert.same({ { key = "a", value = "b" } }, cloud:key(key_id).copies["cn-east-3"].tags)
  end)

  it("a key moves to a replica that replicate_key made, and is found under the id of each region", function()
    cloud:settings { inferred_replica_key_ids = "new" }
    local key_id = keys:create()
    local east, replica_id = keys:replicate(key_id)
    assert.are_not.equal(key_id, replica_id)
    east:refuse("KMS.0207", "list_key_detail", { key_id = key_id })
    keys:refuse("KMS.0207", "list_key_detail", { key_id = replica_id })
    keys:call("update_primary_region", { key_id = key_id, primary_region = "cn-east-3" })
    assert.same({ key_id = replica_id, primary_region = "cn-north-4" },
      east:call("update_primary_region", { key_id = replica_id, primary_region = "cn-north-4" }))
  end)

  it("replicate_key refuses a replica, also when replicas accept changes", function()
    cloud:settings { inferred_replica_changes = "accepted" }
    emulated_keys.new(cloud, "cn-east-3"):refuse("KMS.0106", "replicate_key", { key_id = KEY,
      replica_region = "cn-south-1", key_alias = "a", replica_project_id = PROJECT })
  end)

  for _, case in ipairs {
    { "another key id in the body", "KMS.0205", { key_id = "9" .. KEY:sub(2) }, { key_id = KEY } },
    { "a disabled key", "KMS.0209", { key_id = requests.DISABLED_KEY } },
    { "a key pending deletion", "KMS.0210", { key_id = requests.PENDING_DELETION_KEY } },
    { "a default master key", "KMS.0211", { key_id = requests.DEFAULT_MASTER_KEY } },
    { "a region that has a replica", "KMS.0308", { key_id = KEY } },
    { "the region of the key", "KMS.0308", { replica_region = "cn-north-4" } },
    { "a region of another area", "KMS.0308", { replica_region = "ap-southeast-3" } },
    { "an unknown region", "KMS.0308", { replica_region = "xx-north-1" } },
    { "a region that is not a string", "KMS.0308", { replica_region = 4 } },
    { "a project of another region", "KMS.0308", { replica_project_id = ACCOUNT.projects["cn-north-4"] } },
    { "a name of a default key", "KMS.1101", { key_alias = "a/default" } },
    { "a name that is taken in the region", "KMS.1104", { key_alias = "taken" } },
    { "a long description", "KMS.1103", { key_description = ("x"):rep(256) } },
    { "an empty list of tags", "KMS.0401", { tags = {} } },
    { "a wrong tag", "KMS.0411", { tags = { { key = "" } } } },
  } do
    it("replicate_key refuses " .. case[1], function()
      emulated_keys.new(cloud, "cn-east-3"):create { key_alias = "taken" }
      local body = { key_id = requests.KEY_WITHOUT_REPLICA, replica_region = "cn-east-3", key_alias = "a",
        replica_project_id = PROJECT }
      for name, value in pairs(case[3]) do body[name] = value end
      keys:refuse(case[2], "replicate_key", body, case[4])
    end)
  end

  it("replicate_key refuses a replica above the quota of its region", function()
    cloud:settings { key_quota = 0 }
    keys:refuse("KMS.1105", "replicate_key", { key_id = requests.KEY_WITHOUT_REPLICA, replica_region = "cn-east-3",
      key_alias = "a", replica_project_id = PROJECT })
  end)
end)

describe("list_support_regions of the emulator", function()
  it("list_support_regions lists the regions of multi-region keys by pages", function()
    local keys = emulated_keys.new(cloud)
    local regions = keys:call("list_support_regions").regions
    assert.equal(7, #regions)
    assert.equal("cn-north-4", regions[1])
    assert.same({ regions[6], regions[7] }, keys:call("list_support_regions", nil, { limit = "5", offset = "5" }).regions)
    assert.same({}, keys:call("list_support_regions", nil, { limit = "0" }).regions)
    keys:refuse("KMS.1601", "list_support_regions", nil, { limit = "101" })
    keys:refuse("KMS.1603", "list_support_regions", nil, { offset = "x" })
  end)
end)
