--- The calls that are measured: one client, every check on, no option but keys, place and CA file.
---   calls.lua huawei|ncloud SCHEME://HOST CA_FILE

local kms = require "kms"
local batches = require "bench.programs.batches"

local cloud, base, ca_file = ...

local CALLS = {}

function CALLS.huawei()
  local huawei = kms.huawei {
    region = "cn-north-4", endpoint = base, project_id = os.getenv "HUAWEICLOUD_SDK_PROJECT_ID",
    credentials = { access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK" },
    transport = { ca_file = ca_file },
  }
  local key_id, primary_region = os.getenv "KMS_BENCH_KEY_ID", os.getenv "KMS_BENCH_PRIMARY_REGION"
  return function()
    assert(huawei:update_primary_region { key_id = key_id, primary_region = primary_region })
  end
end

function CALLS.ncloud()
  local ncloud = kms.ncloud {
    endpoint = base,
    credentials = { access_key = os.getenv "NCLOUD_ACCESS_KEY", secret_key = os.getenv "NCLOUD_SECRET_KEY" },
    transport = { ca_file = ca_file },
  }
  local key_tag, key_name = os.getenv "KMS_BENCH_KEY_TAG", os.getenv "KMS_BENCH_KEY_NAME"
  return function()
    assert(ncloud:rename_key { key_tag = key_tag, key_name = key_name })
  end
end

batches(CALLS[cloud]())
