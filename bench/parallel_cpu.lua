--- Compares calls in kms.parallel with single calls: the CPU time of a call, and the calls per second. Run through
--- `make bench-parallel`: client and server share one core, and the server responds at once. The programs take turns,
--- batch by batch.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

local ROUNDS = tonumber(os.getenv "ROUNDS") or 9 -- each with new processes
local BATCHES = tonumber(os.getenv "BATCHES") or 5
-- Per batch. At its start the processor's caches contain the memory of the program before, so short batches measure how
-- long it takes to fill the caches: with 500 calls, 64 in flight cost libcurl alone 1.12 instead of 1.07 single calls.
local CALLS = tonumber(os.getenv "CALLS") or 5000
local CONCURRENCIES = { 1, 8, 64 }
local WARM_UP_CALLS = 1000
local MANY_ITEMS = tonumber(os.getenv "ITEMS") or 10000 -- of one `map` call
local MANY_CONCURRENCY = 256
local MANY_TURNS = 3

--- Programs that make single calls, and the matching ones that make calls at once: a title, and their names.
local PAIRS = {
  { "libcurl alone in C", "P0", "P0m" },
  { "lua-kms, Lua 5.4", "lua-kms, Lua 5.4", "lua-kms, Lua 5.4" },
  { "lua-kms, LuaJIT", "lua-kms, LuaJIT", "lua-kms, LuaJIT" },
}

local function find_program(programs, name)
  for _, program in ipairs(programs) do
    if program.name == name then return program end
  end
end

--- The programs of a pair: single calls, then calls at once with each of CONCURRENCIES.
local function programs_of(pair)
  local list = { find_program(workload.programs, pair[2]) }
  for i, concurrency in ipairs(CONCURRENCIES) do
    list[i + 1] = find_program(workload.parallel_programs(concurrency), pair[3])
  end
  return list
end

--- Measures one round.
---@return number single µs of CPU per single call
---@return number[] ratios to it, one per concurrency; medians over the turns
local function run_round(programs, scenario)
  local running, single, ratios = {}, {}, {}
  for i, program in ipairs(programs) do
    running[i], ratios[i] = process.start(program, scenario), {}
    running[i]:run_batch(WARM_UP_CALLS)
  end
  for turn = 1, BATCHES do
    for i = 1, #programs do
      local _, cpu = running[i]:run_batch(CALLS)
      if i == 1 then single[turn] = cpu end
      ratios[i][turn] = cpu / single[turn]
    end
  end
  for _, program in ipairs(running) do program:stop() end
  table.remove(ratios, 1)
  return tables.median(single) / CALLS * 1e6, tables.map(ratios, tables.median)
end

--- Measures how many calls per second a map call over many items makes, compared with single calls.
---@return number[] ratios
local function measure_rates(pair, scenario)
  local ratios = {}
  for round = 1, ROUNDS do
    local single = process.start(find_program(workload.programs, pair[2]), scenario)
    local parallel = process.start(find_program(workload.parallel_programs(MANY_CONCURRENCY), pair[3]), scenario)
    single:run_batch(WARM_UP_CALLS)
    parallel:run_batch(WARM_UP_CALLS)
    for _ = 1, MANY_TURNS do
      local single_seconds = single:run_batch(MANY_ITEMS)
      ratios[#ratios + 1] = single_seconds / parallel:run_batch(MANY_ITEMS)
    end
    single:stop()
    parallel:stop()
    tables.print_progress("%s, %s: calls per second, round %d of %d", scenario.title, pair[1], round, ROUNDS)
  end
  return ratios
end

local function measure(pair, scenario)
  local programs, single, ratios = programs_of(pair), {}, {}
  for round = 1, ROUNDS do
    single[round], ratios[round] = run_round(programs, scenario)
    tables.print_progress("%s, %s: round %d of %d", scenario.title, pair[1], round, ROUNDS)
  end
  local cells = { pair[1], tables.format_spread(single, "%.1f") }
  for i = 1, #CONCURRENCIES do
    cells[#cells + 1] = tables.format_spread(tables.map(ratios, function(list) return list[i] end), "%.2f")
  end
  cells[#cells + 1] = tables.format_spread(measure_rates(pair, scenario), "%.2f")
  tables.print_row(cells)
end

tables.print_section("What a call in kms.parallel costs", "bench-parallel", ([[
CPU of the client, compared with single calls, by the number of calls in flight. Client and server on one core; the
server responds at once. %d rounds of %d calls per program, in batches of %d that take turns. Median of the rounds
(minimum … maximum). Last column: calls per second of %d items, %d in flight, compared with single calls.]]):format(
  ROUNDS, BATCHES * CALLS, CALLS, MANY_ITEMS, MANY_CONCURRENCY))
for _, scenario in ipairs(workload.scenarios()) do
  if scenario.cloud == "huawei" then
    print(("\n%s:\n"):format(scenario.title))
    local titles = { "", "single call, µs" }
    for i, concurrency in ipairs(CONCURRENCIES) do titles[i + 2] = ("%d in flight, to single"):format(concurrency) end
    titles[#titles + 1] = ("calls/s of %d items, %d in flight, to single"):format(MANY_ITEMS, MANY_CONCURRENCY)
    tables.print_header(titles)
    for _, pair in ipairs(PAIRS) do measure(pair, scenario) end
  end
end
print ""
