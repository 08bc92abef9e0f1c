--- Makes calls with one client that has all checks on and no options besides credentials, endpoint and CA file.
---   calls.lua huawei|ncloud SCHEME://HOST CA_FILE [CONCURRENCY]
--- With CONCURRENCY, kms.parallel makes the calls of a batch, so many at once.

local kms = require "kms"
local batches = require "bench.programs.batches"

local cloud, base, ca_file, concurrency = ...
local transport = { ca_file = ca_file }

-- One function per cloud, which makes a client and returns the function that makes a call.
local CLIENTS = {}

function CLIENTS.huawei()
  local huawei = kms.huawei {
    region = "cn-north-4", endpoint = base, project_id = os.getenv "HUAWEICLOUD_SDK_PROJECT_ID",
    credentials = { access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK" },
    transport = transport,
  }
  local key_id, primary_region = os.getenv "KMS_BENCH_KEY_ID", os.getenv "KMS_BENCH_PRIMARY_REGION"
  return function()
    assert(huawei:update_primary_region { key_id = key_id, primary_region = primary_region })
  end
end

function CLIENTS.ncloud()
  local ncloud = kms.ncloud {
    endpoint = base,
    credentials = { access_key = os.getenv "NCLOUD_ACCESS_KEY", secret_key = os.getenv "NCLOUD_SECRET_KEY" },
    transport = transport,
  }
  local key_tag, key_name = os.getenv "KMS_BENCH_KEY_TAG", os.getenv "KMS_BENCH_KEY_NAME"
  return function()
    assert(ncloud:rename_key { key_tag = key_tag, key_name = key_name })
  end
end

local function run_in_parallel(call)
  local parallel = kms.parallel { concurrency = tonumber(concurrency) }
  batches.run(function(count)
    local remaining = count
    local function next_item()
      remaining = remaining - 1
      return remaining >= 0 or nil
    end
    for _, _, err in parallel:map(next_item, call) do assert(not err, err) end
  end)
end

local call = CLIENTS[cloud]()
if concurrency then run_in_parallel(call) else batches.run_each(call) end
