--- Compares calls with P0 and P0s, which send the same request with libcurl alone. Run through `make bench`: client and
--- server share one core, so that no process waits until another core wakes up. The programs take turns, so that other
--- load on the machine affects all of them.
---   calls.lua [peers]

local emulator_client = require "spec.helpers.emulator_client"
local process = require "bench.process"
local server = require "bench.server"
local tables = require "bench.tables"
local workload = require "bench.workload"

local is_peers = ... == "peers"
local ROUNDS = tonumber(os.getenv "ROUNDS") or is_peers and 5 or 9 -- each with new processes
local BATCHES = tonumber(os.getenv "BATCHES") or 25 -- per round; the programs take turns batch by batch
local CALLS = tonumber(os.getenv "CALLS") or 200 -- per batch
local STARTS = tonumber(os.getenv "STARTS") or 21
local WARM_UP_CALLS = 1000
local SIGNATURES = 20000

local EMULATOR_BASES = { huawei = emulator_client.huawei["cn-north-4"], ncloud = emulator_client.ncloud }

--- Checks that the emulator accepts the call of each program, with signature and fields.
local function check(programs, scenarios)
  for _, scenario in ipairs(scenarios) do
    local checked = workload.new_scenario(scenario.cloud, EMULATOR_BASES[scenario.cloud], emulator_client.ca_file)
    for _, program in ipairs(programs) do
      emulator_client.reset()
      local running = process.start(program, checked)
      running:run_batch(1)
      running:stop()
    end
  end
end

--- Measures one round of a scenario.
---@return table<string, table> results by the name of the program: medians over the batches; ratios to P0 and P0s are
---  within one turn
local function run_round(programs, scenario)
  local running, results = {}, {}
  for i, program in ipairs(programs) do
    running[i] = process.start(program, scenario)
    local connections = server.count_connections()
    running[i]:run_batch(WARM_UP_CALLS)
    local opened = server.count_connections() - connections - 1
    results[program.name] = { to_p0 = {}, to_p0s = {}, cpu = {}, connections = opened }
  end
  for turn = 1, BATCHES do
    local wall = {}
    for i, program in ipairs(programs) do
      wall[program.name], results[program.name].cpu[turn] = running[i]:run_batch(CALLS)
    end
    for name, seconds in pairs(wall) do
      results[name].to_p0[turn], results[name].to_p0s[turn] = seconds / wall.P0, seconds / wall.P0s
    end
  end
  for i, program in ipairs(programs) do
    local result = results[program.name]
    for _, name in ipairs { "to_p0", "to_p0s", "cpu" } do result[name] = tables.median(result[name]) end
    result.memory = running[i]:memory "VmHWM"
    running[i]:stop()
  end
  return results
end

--- Measures the milliseconds from the start of a process to its first response.
---@return table<string, number[]> milliseconds by the name of the program
local function measure_starts(programs, scenario)
  local results = {}
  for _, program in ipairs(programs) do results[program.name] = {} end
  for i = 1, STARTS do
    for _, program in ipairs(programs) do
      local running = process.start(program, scenario)
      running:run_batch(1)
      results[program.name][i] = running:age() * 1000
      running:stop()
    end
  end
  return results
end

local function measure_calls(programs, scenario)
  local rounds = {}
  for i = 1, ROUNDS do
    rounds[i] = run_round(programs, scenario)
    tables.print_progress("%s: round %d of %d", scenario.title, i, ROUNDS)
  end
  local starts = measure_starts(programs, scenario)
  print(("\n%s:\n"):format(scenario.title))
  tables.print_header { "", "time to P0", "time to P0s", "CPU of the client, µs per call", "connections, 1,000 calls",
    "peak memory, MB", "start to first response, ms" }
  for _, program in ipairs(programs) do
    local name = program.name
    local function spread(format, select) return tables.format_spread(tables.map(rounds, select), format) end
    tables.print_row { name,
      spread("%.2f", function(results) return results[name].to_p0 end),
      spread("%.2f", function(results) return results[name].to_p0s end),
      spread("%.1f", function(results) return results[name].cpu / CALLS * 1e6 end),
      ("%d"):format(tables.median(tables.map(rounds, function(results) return results[name].connections end))),
      ("%.1f"):format(tables.median(tables.map(rounds, function(results) return results[name].memory / 1024 end))),
      tables.format_spread(starts[name], "%.1f") }
  end
end

--- Measures the CPU seconds of one batch of each program for each scenario, ROUNDS times.
---@return table<table, table<bench.Program, number[]>> seconds by scenario and program
local function measure_batches(programs, scenarios, warm_up, batch)
  local results = {}
  for i = 1, ROUNDS do
    for _, scenario in ipairs(scenarios) do
      results[scenario] = results[scenario] or {}
      for _, program in ipairs(programs) do
        local list = results[scenario][program] or {}
        local running = process.start(program, scenario)
        running:run_batch(warm_up)
        list[i], results[scenario][program] = select(2, running:run_batch(batch)), list
        running:stop()
      end
    end
  end
  return results
end

local function measure_signatures()
  local scenarios = { workload.new_signature_scenario "huawei", workload.new_signature_scenario "ncloud" }
  local results = measure_batches(workload.signers, scenarios, SIGNATURES, SIGNATURES)
  print "\nA signature, ns:\n"
  tables.print_header { "", scenarios[1].title, scenarios[2].title }
  for _, program in ipairs(workload.signers) do
    local cells = { program.name }
    for i, scenario in ipairs(scenarios) do
      local seconds = results[scenario][program]
      cells[i + 1] = tables.format_spread(tables.map(seconds, function(s) return s / SIGNATURES * 1e9 end), "%.0f")
    end
    tables.print_row(cells)
  end
end

local function measure_loading()
  local scenario = {}
  local results = measure_batches(workload.loaders, { scenario }, 0, 1)[scenario]
  print "\n`require \"kms\"`, with its shared libraries already loaded:\n"
  tables.print_header { "", "ms" }
  for _, program in ipairs(workload.loaders) do
    local milliseconds = tables.map(results[program], function(seconds) return seconds * 1000 end)
    tables.print_row { program.name, tables.format_spread(milliseconds, "%.2f") }
  end
end

local programs, scenarios = workload[is_peers and "peers" or "programs"], workload.scenarios()
check(programs, scenarios)
local DETAILS = [[
Client and server on one core, one kept connection. %d rounds of %d calls per program, in batches of %d that take turns;
%d starts. Median of the rounds (minimum … maximum).]]
local details = DETAILS:format(ROUNDS, BATCHES * CALLS, CALLS, STARTS)
if is_peers then
  tables.print_section("Other ways to make the call", "bench-peers", details)
else
  tables.print_section("What a call costs", "bench", details)
end
for _, scenario in ipairs(scenarios) do measure_calls(programs, scenario) end
if not is_peers then
  measure_signatures()
  measure_loading()
end
