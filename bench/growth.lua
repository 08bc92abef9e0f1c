--- Shows how time and memory grow with the number of calls. Run through `make bench-growth`.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

-- Each kind of growth: a place, and the counts up to which every program is brought, step by step.
local SERIES = {
  { title = "Calls one after another, by one client", place = "Huawei Cloud, TLS",
    counts = { 1, 10, 100, 1000, 10000, 100000, 1000000 }, programs = workload.programs },
}

local function placed(title)
  for _, place in ipairs(workload.places()) do
    if place.title == title then return place end
  end
end

--- A cell for each count: time of a call since the count before, memory then.
local function cells_of(program, series)
  local running, done, cells = process.start(program, placed(series.place)), 0, { program.name }
  for _, count in ipairs(series.counts) do
    local wall = running:ask(count - done)
    cells[#cells + 1] = ("%.1f, %.2f"):format(wall / (count - done) * 1e6, running:memory "VmRSS" / 1024)
    done = count
    tables.progress("%s: %d", program.name, count)
  end
  running:stop()
  return cells
end

tables.section("How cost grows", "bench-growth", "Client and server on one core.")
for _, series in ipairs(SERIES) do
  print(("\n%s; %s. µs of a call since the last column, memory in MB after it:\n"):format(series.title, series.place))
  local titles = { "" }
  for i, count in ipairs(series.counts) do titles[i + 1] = ("%d"):format(count) end
  tables.head(titles)
  for _, program in ipairs(series.programs) do tables.row(cells_of(program, series)) end
end
