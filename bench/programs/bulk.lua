--- Makes one run of kms.bulk with a journal, and prints the seconds that it took and its peak memory in MB.
--- Arguments: items, requests at once.

local kms = require "kms"

local count, concurrency = tonumber(arg[1]), tonumber(arg[2])

local journal = os.getenv "KMS_BENCH_JOURNAL"
local number = 0
local client = kms.huawei {
  region = "cn-north-4", project_id = ("0"):rep(32), endpoint = os.getenv "KMS_BENCH_BASE",
  credentials = { access_key = "AKFAKE0000000001", secret_key = "SKFAKE0000000001" },
  transport = { ca_file = os.getenv "KMS_BENCH_CA_FILE" },
}
local run = assert(kms.bulk {
  client = client, operation = "update_primary_region", params = { primary_region = "cn-east-3" },
  journal = journal, concurrency = concurrency,
  items = function()
    number = number + 1
    return number <= count and ("%08x-e727-4d9c-b35d-f84bb474a37f"):format(number) or nil
  end,
})
local summary = assert(run:execute())
assert(summary.done == count, summary.stop and summary.stop.message)
local memory
for line in io.lines "/proc/self/status" do memory = line:match "^VmHWM:%s*(%d+)" or memory end
print(("%.4f %.1f"):format(summary.seconds, memory / 1024))
