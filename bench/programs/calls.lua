--- The calls that are measured: one client, every check on, no option but keys, place and CA file.
---   calls.lua huawei|ncloud SCHEME://HOST CA_FILE [CONCURRENCY HTTP_VERSION]
--- With the latter so many at once, by kms.parallel.

local kms = require "kms"
local batches = require "bench.programs.batches"

local cloud, base, ca_file, concurrency, http_version = ...
local transport = { ca_file = ca_file, http_version = http_version }

local CALLS = {}

function CALLS.huawei()
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

function CALLS.ncloud()
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

--- Makes the calls of a batch with kms.parallel.
local function together(call)
  local parallel = kms.parallel { concurrency = tonumber(concurrency) }
  return function(count)
    local left = count
    local function next_item()
      left = left - 1
      return left >= 0 or nil
    end
    for _, _, err in parallel:map(next_item, call) do assert(not err, err) end
  end
end

local call = CALLS[cloud]()
if concurrency then batches.whole(together(call)) else batches.each(call) end
