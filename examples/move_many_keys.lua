--- Changes the primary region of many Huawei Cloud KMS keys, several at once, and prints the outcome of each.
---   lua5.4 examples/move_many_keys.lua NEW_REGION [KEY_ID...] [--concurrency N] [--ca-file FILE] [--endpoint URL]
--- Without key ids it reads them from standard input, one per line. Region, project and credentials come from the
--- environment, as in update_primary_region.lua. The exit status is 1 unless every key was moved.

local argparse = require "argparse"
local kms = require "kms"

local parser = argparse("move_many_keys", "Changes the primary region of many Huawei Cloud KMS keys.")
parser:argument("region", "Code of the new primary region.")
parser:argument("key_id", "Ids of the keys; without any, one per line of standard input."):args "*"
parser:option("--concurrency", "How many calls are made at once."):default "16":convert(tonumber)
parser:option("--endpoint", "https://host[:port] in place of the region's endpoint.")
parser:option("--ca-file", "PEM file of the certificates to trust, in place of the system's.")
local arguments = parser:parse()

local transport = require("kms.transport.curl").new { ca_file = arguments.ca_file or os.getenv "KMS_CA_FILE" }
local huawei = kms.huawei { endpoint = arguments.endpoint, transport = transport }
local parallel = kms.parallel { concurrency = arguments.concurrency, order = "finished" }

local read_count, is_refused = 0, false

--- Returns the next key id. Stops once the credentials were refused, because the next key would fail in the same way.
local function next_key_id()
  if is_refused then return nil end
  read_count = read_count + 1
  if arguments.key_id[1] then return arguments.key_id[read_count] end
  return io.read "*l"
end

local function move(key_id)
  local moved, err = huawei:update_primary_region { key_id = key_id, primary_region = arguments.region }
  return { key_id = key_id, outcome = moved and "moved" or err.uncertain and "uncertain" or "failed", err = err }
end

local counts = { moved = 0, failed = 0, uncertain = 0 }
for _, result, raised in parallel:map(next_key_id, move) do
  assert(result, raised)
  counts[result.outcome] = counts[result.outcome] + 1
  print(result.key_id, result.outcome, result.err and tostring(result.err) or "")
  is_refused = is_refused or result.err and (result.err.status == 401 or result.err.kind == "credentials")
end
parallel:close()

local stats = transport:stats()
print(("%d moved, %d failed, %d uncertain; %d requests, %d connections"):format(
  counts.moved, counts.failed, counts.uncertain, stats.requests, stats.connections))
os.exit(counts.failed + counts.uncertain == 0 and not is_refused, true)
