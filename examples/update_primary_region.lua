--- Moves the primary region of a Huawei Cloud KMS key.
---   lua5.4 examples/update_primary_region.lua KEY_ID NEW_REGION [--ca-file FILE]
--- Run it against the region where the key is primary now. Who and where come from the environment: HUAWEICLOUD_SDK_AK,
--- HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_REGION and HUAWEICLOUD_SDK_PROJECT_ID.

local argparse = require "argparse"
local kms = require "kms"

--- What the command line gives is checked here, for a line of its own.
local function seconds(text)
  local number = tonumber(text)
  if number and number > 0 then return number end
  return nil, "a number of seconds above 0 is wanted, not " .. text
end

local parser = argparse("update_primary_region", "Moves the primary region of a Huawei Cloud KMS key.")
parser:argument("key_id", "The key, 36 characters.")
parser:argument("region", "The code of the new primary region, for example cn-east-3.")
parser:option("--endpoint", "https://host[:port] in place of the region's own.")
parser:option("--ca-file", "Certificates to trust, a PEM file, in place of the system's.")
parser:option("--timeout", "Seconds for the whole call.", 30):convert(seconds)
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
