--- Changes the primary region of a Huawei Cloud KMS key.
---   lua5.4 examples/update_primary_region.lua KEY_ID NEW_REGION [--ca-file FILE] [--endpoint URL] [--timeout N]
--- Call it for the region where the key is primary now. Region, project and credentials come from the environment:
--- HUAWEICLOUD_SDK_REGION, HUAWEICLOUD_SDK_PROJECT_ID, HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK.

local argparse = require "argparse"
local kms = require "kms"

--- Converts an option to a number of seconds.
local function parse_seconds(text)
  local seconds = tonumber(text)
  if seconds and seconds > 0 then return seconds end
  return nil, "--timeout must be a number of seconds above 0; got " .. text
end

local parser = argparse("update_primary_region", "Changes the primary region of a Huawei Cloud KMS key.")
parser:argument("key_id", "Id of the key, 36 characters.")
parser:argument("region", "Code of the new primary region, for example cn-east-3.")
parser:option("--endpoint", "https://host[:port] in place of the region's endpoint.")
parser:option("--ca-file", "PEM file of the certificates to trust, in place of the system's.")
parser:option("--timeout", "Seconds for the whole call.", 30):convert(parse_seconds)
local arguments = parser:parse()

local huawei = kms.huawei {
  endpoint = arguments.endpoint,
  timeout = arguments.timeout,
  transport = { ca_file = arguments.ca_file },
}

local moved, err = huawei:update_primary_region { key_id = arguments.key_id, primary_region = arguments.region }
if not moved then
  io.stderr:write(tostring(err), "\n")
  os.exit(1, true)
end

print(("key %s is now primary in %s"):format(moved.key_id, moved.primary_region))
