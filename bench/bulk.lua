--- Measures runs of kms.bulk with a journal: time compared with the ideal, and memory. Run through `make bench-bulk`.

local subprocess = require "spec.helpers.subprocess"
local tables = require "bench.tables"

local ROUNDS = tonumber(os.getenv "ROUNDS") or 9
local CALLS, CONCURRENCY, RESPONSE_TIME = 1000, 64, 0.05
local IDEAL = (1 + math.ceil((CALLS - 1) / CONCURRENCY)) * RESPONSE_TIME -- the first item runs alone
local MANY = tonumber(os.getenv "CALLS") or 100000

local PORT, DIR = tonumber(os.getenv "KMS_BENCH_PORT"), os.getenv "KMS_BENCH_DIR"
local FAST, SLOW = PORT + 1, PORT + 3 -- see bench/server.conf

local LUAS = { { "Lua 5.4", "lua5.4" }, { "LuaJIT", "luajit" } }

--- Makes one run in a process of its own.
---@param lua string command
---@param port integer of the server
---@param count integer items
---@return { seconds: number, memory: number }
local function run_once(lua, port, count)
  local journal = os.tmpname()
  os.remove(journal)
  local variables = ("KMS_BENCH_BASE=https://127.0.0.1:%d KMS_BENCH_CA_FILE=%s KMS_BENCH_JOURNAL=%s"):format(port,
    subprocess.quote(DIR .. "/ca.pem"), journal)
  local pipe = assert(io.popen(('eval "$(make -s env LUA=%s)"; %s exec %s bench/programs/bulk.lua %d %d'):format(
    lua, variables, lua, count, CONCURRENCY)))
  local seconds, memory = pipe:read("*a"):match "^([%d.]+) ([%d.]+)\n$"
  pipe:close()
  os.remove(journal)
  return { seconds = assert(tonumber(seconds), "the run has failed"), memory = tonumber(memory) }
end

tables.print_section("Many keys with a journal", "bench-bulk", ([[
kms.bulk over TLS with a journal that is synced to the disk, %d requests at once.
%d rounds of %d items, to a server that responds after %.0f ms: ideally %.0f ms, because the first item runs alone;
median (minimum … maximum). One round of %d items, to a server that responds at once.]]):format(CONCURRENCY, ROUNDS,
  CALLS, RESPONSE_TIME * 1000, IDEAL * 1000, MANY) .. "\n")
tables.print_header { "", ("%d items, to ideal"):format(CALLS), ("%d items, s"):format(MANY),
  "peak memory of those, MB" }
for _, row in ipairs(LUAS) do
  local rounds = {}
  for i = 1, ROUNDS do rounds[i] = run_once(row[2], SLOW, CALLS).seconds / IDEAL end
  tables.print_progress("%s: %d rounds of %d items", row[1], ROUNDS, CALLS)
  local many = run_once(row[2], FAST, MANY)
  tables.print_row { row[1], tables.format_spread(rounds, "%.2f"), ("%.1f"):format(many.seconds),
    ("%.0f"):format(many.memory) }
end
