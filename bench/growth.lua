--- Shows how time and memory grow with the number of calls. Run through `make bench-growth`.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

local PLACE = "Huawei Cloud, TLS"
local COUNTS = { 1, 10, 100, 1000, 10000, 100000, 1000000 }
local UNDER_WAY = { 1, 10, 100, 1000 }
local CALLS = 10000

local function place()
  for _, found in ipairs(workload.places()) do
    if found.title == PLACE then return found end
  end
end

--- A cell for each count up to which a program is brought.
local function in_a_row(program)
  local running, done, cells = process.start(program, place()), 0, { program.name }
  running:ask(0)
  for _, count in ipairs(COUNTS) do
    local _, cpu = running:ask(count - done)
    cells[#cells + 1] = ("%.1f, %.2f"):format(cpu / (count - done) * 1e6, running:memory "VmRSS" / 1024)
    done = count
    tables.progress("%s: %d", program.name, count)
  end
  running:stop()
  return cells
end

--- A cell for each number of calls under way.
local function at_once(i)
  local cells = { workload.parallel(1)[i].name }
  for _, concurrency in ipairs(UNDER_WAY) do
    local running = process.start(workload.parallel(concurrency)[i], place())
    running:ask(concurrency) -- makes the connections
    local _, cpu = running:ask(CALLS)
    cells[#cells + 1] = ("%.1f, %.2f"):format(cpu / CALLS * 1e6, running:memory "VmHWM" / 1024)
    running:stop()
  end
  return cells
end

local function head(counts)
  local titles = { "" }
  for i, count in ipairs(counts) do titles[i + 1] = ("%d"):format(count) end
  tables.head(titles)
end

tables.section("How cost grows", "bench-growth", PLACE .. ". Client and server on one core.")
print "\nCalls one after another by one client: its CPU, µs a call since the last column, and memory in MB then:\n"
head(COUNTS)
for _, program in ipairs(workload.programs) do tables.row(in_a_row(program)) end
print(("\n%d calls with so many under way at once: CPU, µs a call, and peak memory in MB:\n"):format(CALLS))
head(UNDER_WAY)
for i = 1, #workload.parallel(1) do tables.row(at_once(i)) end
