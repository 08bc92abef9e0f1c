--- Measures many calls at once to a server that takes 50 ms per response. Run through `make bench-parallel`.

local process = require "bench.process"
local server = require "bench.server"
local tables = require "bench.tables"
local workload = require "bench.workload"

local ROUNDS = tonumber(os.getenv "ROUNDS") or 9
local CALLS, CONCURRENCY, RESPONSE_TIME = 1000, 64, 0.05
local IDEAL = math.ceil(CALLS / CONCURRENCY) * RESPONSE_TIME

--- Measures one round: the first calls of a new process, which open its connections, and then as many again.
local function run_round(program, scenario)
  local running, result = process.start(program, scenario), {}
  running:run_batch(0)
  local connections = server.count_connections()
  result.cold = running:run_batch(CALLS)
  result.warm, result.cpu = running:run_batch(CALLS)
  result.connections = server.count_connections() - connections - 1
  result.memory = running:memory "VmHWM"
  running:stop()
  return result
end

local scenario = workload.slow_scenario()
tables.print_section("Many calls at once", "bench-parallel", ([[
%s. %d calls, %d in flight, to a server that responds after %.0f ms: ideally %.0f ms.
P0m: libcurl alone in C, one easy handle per call in flight, over its socket interface.
%d rounds; median (minimum … maximum).]]):format(scenario.title, CALLS, CONCURRENCY, RESPONSE_TIME * 1000, IDEAL * 1000,
  ROUNDS) .. "\n")
tables.print_header { "", "first calls, to ideal", "warm connections, to ideal", "connections",
  "CPU of the client, µs per call", "peak memory, MB" }
for _, program in ipairs(workload.parallel_programs(CONCURRENCY)) do
  local rounds = {}
  for i = 1, ROUNDS do rounds[i] = run_round(program, scenario) end
  tables.print_progress("%s: %s", scenario.title, program.name)
  local function spread(format, select) return tables.format_spread(tables.map(rounds, select), format) end
  tables.print_row { program.name,
    spread("%.2f", function(result) return result.cold / IDEAL end),
    spread("%.2f", function(result) return result.warm / IDEAL end),
    spread("%.0f", function(result) return result.connections end),
    spread("%.0f", function(result) return result.cpu / CALLS * 1e6 end),
    spread("%.1f", function(result) return result.memory / 1024 end) }
end
