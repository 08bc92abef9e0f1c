--- Moves many Huawei Cloud KMS keys to another primary region over one kept connection, telling of each what happened.
---   lua5.4 examples/move_many_keys.lua NEW_REGION KEY_ID... [--ca-file FILE]
--- The environment is that of update_primary_region.lua. Ends with status 1 when a key was not moved for certain.

local argparse = require "argparse"
local kms = require "kms"
local curl = require "kms.transport.curl"

local parser = argparse("move_many_keys", "Moves many Huawei Cloud KMS keys to another primary region.")
parser:argument("region", "The code of the new primary region.")
parser:argument("key_id", "The keys."):args "+"
parser:option("--endpoint", "https://host[:port] in place of the region's own.")
parser:option("--ca-file", "Certificates to trust, a PEM file, in place of the system's.")
local arguments = parser:parse()

local transport = curl.new { ca_file = arguments.ca_file }
local huawei = kms.huawei { endpoint = arguments.endpoint, transport = transport }

local count = { moved = 0, failed = 0, uncertain = 0 }
for _, key_id in ipairs(arguments.key_id) do
  local moved, err = huawei:update_primary_region { key_id = key_id, primary_region = arguments.region }
  local outcome = moved and "moved" or err.uncertain and "uncertain" or "failed"
  count[outcome] = count[outcome] + 1
  print(key_id, outcome, err and tostring(err) or "")
  -- A refused key or signature would be refused for the next key too, and five in a row lock the access key.
  if err and err.status == 401 then break end
end

local stats = transport:stats()
print(("%d moved, %d failed, %d uncertain; %d requests, %d connections made"):format(
  count.moved, count.failed, count.uncertain, stats.requests, stats.connections))
os.exit(count.moved == #arguments.key_id, true)
