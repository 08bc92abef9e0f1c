--- Signs, with kms.sign, the request that the client makes. Sends nothing.
---   signatures.lua huawei|ncloud SIGNATURE MILLISECONDS HOST TARGET BODY

local batches = require "bench.programs.batches"
local sign = require "kms.sign"

local cloud, expected, milliseconds, host, target, body = ...
local now = tonumber(milliseconds) / 1000

local SIGNERS = {}

function SIGNERS.huawei()
  local credentials = { access_key = os.getenv "HUAWEICLOUD_SDK_AK", secret_key = os.getenv "HUAWEICLOUD_SDK_SK" }
  local segments = {}
  for segment in target:gmatch "[^/]+" do segments[#segments + 1] = segment end
  local request = {
    method = "PUT", host = host, path = segments, body = body,
    headers = {
      { "Content-Type", "application/json" }, { "X-Project-Id", os.getenv "HUAWEICLOUD_SDK_PROJECT_ID" },
    },
  }
  return function() return sign.huawei(request, credentials, now).Authorization end
end

function SIGNERS.ncloud()
  local credentials = { access_key = os.getenv "NCLOUD_ACCESS_KEY", secret_key = os.getenv "NCLOUD_SECRET_KEY" }
  local request = { method = "PUT", target = target }
  return function() return sign.ncloud(request, credentials, now)["x-ncp-apigw-signature-v2"] end
end

local signer = SIGNERS[cloud]()
assert(signer():sub(-#expected) == expected, "not the expected signature")
batches.run_each(signer)
