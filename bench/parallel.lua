--- Measures many calls at once against a server that takes 50 ms to answer. Run through `make bench-parallel`.

local process = require "bench.process"
local server = require "bench.server"
local tables = require "bench.tables"
local workload = require "bench.workload"

local ROUNDS = tonumber(os.getenv "ROUNDS") or 9
local CALLS, CONCURRENCY, SECONDS = 1000, 64, 0.05
local IDEAL = math.ceil(CALLS / CONCURRENCY) * SECONDS

--- A round: the first calls of a new process, which make its connections, and as many again.
local function round(program, place)
  local running = process.start(program, place)
  running:ask(0)
  local connections, found = server.connections(), {}
  found.cold = running:ask(CALLS)
  found.warm, found.cpu = running:ask(CALLS)
  found.connections = server.connections() - connections - 1
  found.memory = running:memory "VmHWM"
  running:stop()
  return found
end

tables.section("Many calls at once", "bench-parallel", ([[
%d calls, %d under way at once, to a server that answers after %.0f ms: ideally %.0f ms.
P0: bare libcurl in C, a handle for each call under way, over its socket interface.
%d rounds; median (least … most).]]):format(CALLS, CONCURRENCY, SECONDS * 1000, IDEAL * 1000, ROUNDS))

for _, place in ipairs(workload.slow_places()) do
  print(("\n%s:\n"):format(place.title))
  tables.head { "", "to the ideal, first calls", "to the ideal, connections made", "connections",
    "client's CPU, µs a call", "peak memory, MB" }
  for _, program in ipairs(workload.parallel(CONCURRENCY)) do
    local rounds = {}
    for i = 1, ROUNDS do rounds[i] = round(program, place) end
    tables.progress("%s: %s", place.title, program.name)
    local function of(form, pick) return tables.spread(tables.each(rounds, pick), form) end
    tables.row { program.name,
      of("%.2f", function(found) return found.cold / IDEAL end),
      of("%.2f", function(found) return found.warm / IDEAL end),
      of("%.0f", function(found) return found.connections end),
      of("%.0f", function(found) return found.cpu / CALLS * 1e6 end),
      of("%.1f", function(found) return found.memory / 1024 end) }
  end
end
