--- Runs in each thread of spec/safety/torture/threads.c: loads the library, calls both clouds, signs, fails, closes, collects.

local thread_number, call_count = ...

local curl = require "kms.transport.curl"
local kms = require "kms"
local sign = require "kms.sign"

local TAG, KEY_ID = os.getenv "KMS_EMULATOR_KEY_TAG", os.getenv "KMS_EMULATOR_KEY_ID"
local CREDENTIALS = { access_key = "access", secret_key = "secret" }

local function sign_path(path)
  local request = { method = "PUT", host = "localhost", path = path, body = "{}" }
  return assert(sign.huawei(request, CREDENTIALS, 1e9)).Authorization
end

local expected = sign_path "/a b"
for call = 1, call_count do
  local transport = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  local ncloud = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = transport }
  local huawei = kms.huawei { transport = transport }
  for _ = 1, 2 do assert(ncloud:rename_key { key_tag = TAG, key_name = "tortured" }) end
  local result, err = huawei:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" }
  assert(result or err.code == "KMS.0106", tostring(err))
  result, err = kms.ncloud({
    endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = curl.new { connect_timeout = 5 }, -- without the CA
  }):rename_key { key_tag = TAG, key_name = "tortured" }
  assert(result == nil and err.code == "tls", tostring(err))
  assert(sign_path "/a b" == expected)
  assert(sign.huawei({ method = "PUT", host = "", path = "/" }, CREDENTIALS, 1e9) == nil)
  if (thread_number + call) % 2 == 0 then transport:close() end
  collectgarbage()
end
return "done"
