--- Measures how time and memory grow with the number of calls, and with the number of calls in flight. Run through
--- `make bench-growth`.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

local TITLE = "Huawei Cloud, TLS"
local COUNTS = { 1, 10, 100, 1000, 10000, 100000, 1000000 }
local CONCURRENCIES = { 1, 10, 100, 1000 }
local CALLS = 10000

local function scenario()
  for _, candidate in ipairs(workload.scenarios()) do
    if candidate.title == TITLE then return candidate end
  end
end

--- Makes one call after another up to each of COUNTS.
---@return string[] cells
local function measure_sequence(program)
  local running, done, cells = process.start(program, scenario()), 0, { program.name }
  running:run_batch(0)
  for _, count in ipairs(COUNTS) do
    local _, cpu = running:run_batch(count - done)
    cells[#cells + 1] = ("%.1f, %.2f"):format(cpu / (count - done) * 1e6, running:memory "VmRSS" / 1024)
    done = count
    tables.print_progress("%s: %d", program.name, count)
  end
  running:stop()
  return cells
end

--- Makes CALLS calls with each of CONCURRENCIES in flight.
---@param i integer which of workload.parallel_programs
---@return string[] cells
local function measure_concurrency(i)
  local cells = { workload.parallel_programs(1)[i].name }
  for _, concurrency in ipairs(CONCURRENCIES) do
    local running = process.start(workload.parallel_programs(concurrency)[i], scenario())
    running:run_batch(concurrency) -- opens the connections
    local _, cpu = running:run_batch(CALLS)
    cells[#cells + 1] = ("%.1f, %.2f"):format(cpu / CALLS * 1e6, running:memory "VmHWM" / 1024)
    running:stop()
  end
  return cells
end

local function print_header(counts)
  local titles = { "" }
  for i, count in ipairs(counts) do titles[i + 1] = ("%d"):format(count) end
  tables.print_header(titles)
end

tables.print_section("How cost grows", "bench-growth", TITLE .. ". Client and server on one core.")
print "\nOne call after another by one client: CPU in µs per call since the last column, and memory in MB:\n"
print_header(COUNTS)
for _, program in ipairs(workload.programs) do tables.print_row(measure_sequence(program)) end
print(("\n%d calls by the number in flight: CPU in µs per call, and peak memory in MB:\n"):format(CALLS))
print_header(CONCURRENCIES)
for i = 1, #workload.parallel_programs(1) do tables.print_row(measure_concurrency(i)) end
