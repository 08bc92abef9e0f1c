--- What the reference pages say about a cloud that its entries do not.

local clouds = {}

clouds.huawei = {
  title = "Huawei Cloud KMS",
  intro = [[
Every call goes to one region, with the project id of that region. The client fills in `project_id`, from its option or
from a lookup ([usage](../usage.md#options-of-kmshuawei)).]],
  program = [[
local kms, emulator = require "kms", require "kms.emulator"

local huawei = kms.huawei {
  region = "cn-north-4", project_id = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b",
  transport = emulator.new(), -- both clouds in memory; leave it out to call the real one
  credentials = { access_key = "EMULATORHUAWEI000001", secret_key = "emulatorHuaweiSecretKeyForTestsOnly00001" },
}

local moved, err = huawei:update_primary_region {
  key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
  primary_region = "cn-east-3",
}
print(moved and moved.primary_region or err) --> cn-east-3]],
}

clouds.ncloud = {
  title = "NAVER Cloud KMS 2.0",
  intro = [[
A key is served in its own zone: global keys at one endpoint, keys isolated in Korea or Japan at others. The option
`zone` of the client selects the endpoint ([usage](../usage.md#options-of-kmsncloud)). A sub account needs the system
policy `NCP_KMS_MANAGER`, or `NCP_KMS_VIEWER` to view keys. The names of single permissions are not documented.]],
  program = [[
local kms, emulator = require "kms", require "kms.emulator"

local ncloud = kms.ncloud {
  transport = emulator.new(), -- both clouds in memory; leave it out to call the real one
  credentials = { access_key = "EMULATORNCLOUD000001", secret_key = "emulatorNcloudSecretKeyForTestsOnly00001" },
}

local key, err = ncloud:get_key { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6" }
print(key and key.key_name or err) --> oldKeyName]],
}

-- How requests of an operation are authenticated, by `auth`. Without it, by the keys of the account.
clouds.authentication = {
  account_or_token = "keys of the account, or an access token of the key: `credentials = { ocapi_token = TOKEN }`.",
  refresh_token = "a refresh token of the key: `credentials = { ocapi_token = TOKEN }`.",
}

return clouds
