--- Moves many Huawei Cloud KMS keys to another primary region, many at once, telling of each what happened.
---   lua5.4 examples/move_many_keys.lua NEW_REGION [KEY_ID...] [--at-once 64] [--ca-file FILE]
--- Without keys it reads them from its input, one a line, whatever their number. The environment is that of
--- update_primary_region.lua. Ends with status 1 when a key was not moved for certain.

local argparse = require "argparse"
local kms = require "kms"

local parser = argparse("move_many_keys", "Moves many Huawei Cloud KMS keys to another primary region.")
parser:argument("region", "The code of the new primary region.")
parser:argument("key_id", "The keys; without any, one a line of the input."):args "*"
parser:option("--at-once", "How many calls are under way at most."):default "64":convert(tonumber)
parser:option("--endpoint", "https://host[:port] in place of the region's own.")
parser:option("--ca-file", "Certificates to trust, a PEM file, in place of the system's.")
local arguments = parser:parse()

-- Over HTTP/2, where the cloud speaks it, all calls share one connection.
local huawei = kms.huawei {
  endpoint = arguments.endpoint,
  transport = { ca_file = arguments.ca_file, http_version = "2" },
}
local parallel = kms.parallel { concurrency = arguments.at_once }

local read, refused = 0, false

--- The next key; no more once the credentials were refused, for the next key would fare no better.
local function next_key()
  if refused then return nil end
  read = read + 1
  if arguments.key_id[1] then return arguments.key_id[read] end
  return io.read "*l"
end

local function move(key_id)
  local moved, err = huawei:update_primary_region { key_id = key_id, primary_region = arguments.region }
  return { key_id = key_id, err = err, outcome = moved and "moved" or err.uncertain and "uncertain" or "failed" }
end

local count = { moved = 0, failed = 0, uncertain = 0 }
for _, told, raised in parallel:map(next_key, move) do
  assert(told, raised)
  count[told.outcome] = count[told.outcome] + 1
  print(told.key_id, told.outcome, told.err and tostring(told.err) or "")
  refused = refused or told.err and (told.err.status == 401 or told.err.kind == "credentials")
end
parallel:close()

local stats = parallel:stats()
print(("%d moved, %d failed, %d uncertain; %d requests, %d connections made"):format(
  count.moved, count.failed, count.uncertain, stats.requests, stats.connections))
os.exit(count.failed + count.uncertain == 0 and not refused, true)
