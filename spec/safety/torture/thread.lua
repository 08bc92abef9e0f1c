--- What each thread of spec/safety/torture/threads.c does: load the library, call both clouds, sign, fail, close, collect.

local number, calls = ...

local curl = require "kms.transport.curl"
local kms = require "kms"
local sign = require "kms.sign"

local TAG, KEY_ID = os.getenv "KMS_EMULATOR_KEY_TAG", os.getenv "KMS_EMULATOR_KEY_ID"
local KEYS = { access_key = "access", secret_key = "secret" }

local function signature(path)
  return assert(sign.huawei({ method = "PUT", host = "localhost", path = path, body = "{}" }, KEYS, 1e9)).Authorization
end

local expected = signature "/a b"
for call = 1, calls do
  local on = curl.new { ca_file = os.getenv "KMS_CA_FILE" }
  local ncloud = kms.ncloud { endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = on }
  local huawei = kms.huawei { transport = on }
  for _ = 1, 2 do assert(ncloud:rename_key { key_tag = TAG, key_name = "tortured" }) end
  local moved, err = huawei:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" }
  assert(moved or err.code == "KMS.0106", tostring(err))
  local none, untrusted = kms.ncloud({
    endpoint = os.getenv "NCLOUD_KMS_ENDPOINT", transport = curl.new { connect_timeout = 5 },
  }):rename_key { key_tag = TAG, key_name = "tortured" }
  assert(none == nil and untrusted.code == "tls", tostring(untrusted))
  assert(signature "/a b" == expected)
  assert(sign.huawei({ method = "PUT", host = "", path = "/" }, KEYS, 1e9) == nil)
  if (number + call) % 2 == 0 then on:close() end
  collectgarbage()
end
return "done"
