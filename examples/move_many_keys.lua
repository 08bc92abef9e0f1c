--- Moves the primary region of many Huawei Cloud KMS keys with kms.bulk, and prints the outcome of each.
---   lua5.4 examples/move_many_keys.lua NEW_REGION [KEY_ID...] [--journal FILE] [--rate N] [--dry-run]
--- Without key ids it reads them from standard input, one per line. Run it again with the same journal and the same
--- list to continue. Region, project and credentials come from the environment, as in update_primary_region.lua.
--- The exit status is 0 if all keys are there, 1 if the list is not valid, 2 if keys failed, 3 if keys are uncertain,
--- 4 if the run stopped early.

local argparse = require "argparse"
local kms = require "kms"

local parser = argparse("move_many_keys", "Moves the primary region of many Huawei Cloud KMS keys.")
parser:argument("region", "Code of the new primary region.")
parser:argument("key_id", "Ids of the keys; without any, one per line of standard input."):args "*"
parser:option("--journal", "File that records each request, to continue a run that was cut.")
parser:option("--rate", "Requests per second, at most."):convert(tonumber)
parser:option("--endpoint", "https://host[:port] in place of the region's endpoint.")
parser:option("--ca-file", "PEM file of the certificates to trust, in place of the system's.")
parser:flag("--dry-run", "Print the plan, and send nothing.")
local arguments = parser:parse()

local huawei = kms.huawei { endpoint = arguments.endpoint, transport = { ca_file = arguments.ca_file } }

local function print_outcome(event)
  if not event.key then return end
  local outcome = event.outcome == "done" and "moved" or event.outcome
  print(event.key, outcome .. (event.inferred and " (inferred)" or ""), event.error and event.error.message or "")
  io.stdout:flush()
end

local run, err = kms.bulk {
  client = huawei,
  operation = "update_primary_region",
  params = { primary_region = arguments.region },
  items = arguments.key_id[1] and arguments.key_id or kms.bulk.lines(io.stdin),
  journal = arguments.journal,
  rate = arguments.rate,
  on_progress = print_outcome,
}
if not run then
  for _, problem in ipairs(err.problems or {}) do
    io.stderr:write(("item %d: %s\n"):format(problem.line, problem.message))
  end
  io.stderr:write(err.message, "; nothing was sent\n")
  os.exit(1, true)
end

if arguments.dry_run then
  for step in run:each() do print(step.key, step.before .. " -> " .. step.params.primary_region) end
  os.exit(0, true)
end

local summary
summary, err = run:execute()
if not summary then
  io.stderr:write(err.message, "; nothing was sent\n")
  os.exit(4, true)
end
local counts = "%d moved, %d already there, %d failed, %d uncertain, %d not tried; %d requests in %.1f s\n"
io.stderr:write(counts:format(summary.done, summary.already, summary.failed, summary.uncertain, summary.not_tried,
  summary.requests, summary.seconds))
if summary.stop then io.stderr:write("stopped: ", summary.stop.message, "\n") end
os.exit(summary.stop and 4 or summary.uncertain > 0 and 3 or summary.failed > 0 and 2 or 0, true)
