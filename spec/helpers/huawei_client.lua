--- Clients of Huawei Cloud over a transport of the spec, without retries.

local kms = require "kms"
local merge = require "spec.helpers.merge"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

local huawei_client = {
  KEY_ID = KEY_ID,
  PROJECT_ID = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b",
  KEYS = { access_key = "AK", secret_key = "hush-secret", security_token = "hush-token" },
  PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" },
  MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }, -- the response to these params
}

---@param transport table|userdata|nil
---@param options table?
---@return kms.Huawei
function huawei_client.new(transport, options)
  return kms.huawei(merge({ region = "cn-north-4", project_id = huawei_client.PROJECT_ID,
    credentials = huawei_client.KEYS, transport = transport, retry = false }, options))
end

return huawei_client
