--- Counts the instructions of a call and of a signature in user space: the slope between two lengths of a run
--- under callgrind. Run through `make bench-instructions`. Other load on the machine does not change the count.
--- valgrind hides the processor's SHA instructions, so hashing counts more than it costs.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

local REPEATS = tonumber(os.getenv "REPEATS") or 2

local function count_instructions(program, scenario, count)
  local out = os.tmpname()
  local pipe = io.popen(("echo %d | (%s) 2>&1"):format(count,
    process.command(program, scenario, "valgrind --tool=callgrind --callgrind-out-file=" .. out)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(out)
  -- callgrind counts failed programs too, but only a successful batch prints its CPU seconds.
  if not text:find "%f[%d]%d+%.%d%d%d%d%d%d\n" then error(text, 0) end
  return tonumber(text:match "Collected : (%d+)")
end

--- The slopes of a scenario: a list per program.
local function measure_slopes(programs, scenario, short, long)
  local results = {}
  for _, program in ipairs(programs) do
    local list = {}
    for i = 1, REPEATS do
      local more, fewer = count_instructions(program, scenario, long), count_instructions(program, scenario, short)
      list[i] = (more - fewer) / (long - short)
    end
    results[program] = list
    tables.print_progress("%s: %s", scenario.title, program.name)
  end
  return results
end

--- What is measured: the slope from `short` to `long` repetitions, and its ratio to that of the program `base`.
---@class bench.InstructionRun
---@field title string
---@field programs bench.Program[]
---@field scenarios table[]
---@field short integer
---@field long integer
---@field base string

--- Prints a table with one column per scenario, and the largest deviation of a slope.
---@param run bench.InstructionRun
local function measure(run)
  local results, titles, deviation, base = {}, { "" }, 0, nil
  for i, scenario in ipairs(run.scenarios) do
    results[i], titles[i + 1] = measure_slopes(run.programs, scenario, run.short, run.long), scenario.title
  end
  for _, program in ipairs(run.programs) do
    if program.name == run.base then base = program end
  end
  print(("\n%s: slope from %d to %d, and its ratio to that of %s:\n"):format(run.title, run.short, run.long, run.base))
  tables.print_header(titles)
  for _, program in ipairs(run.programs) do
    local cells = { program.name }
    for i = 1, #run.scenarios do
      local median = tables.median(results[i][program])
      cells[i + 1] = ("%.0f, %.2f"):format(median, median / tables.median(results[i][base]))
      for _, slope in ipairs(results[i][program]) do deviation = math.max(deviation, math.abs(slope / median - 1)) end
    end
    tables.print_row(cells)
  end
  print(("\nEach slope was measured %d times; none deviates from its median by more than %.2f %%."):format(
    REPEATS, deviation * 100))
end

tables.print_section("How many instructions a call takes", "bench-instructions", [[
User space, counted by callgrind. valgrind hides the processor's SHA instructions: hashing counts more than it costs.]])
measure {
  title = "A call", programs = workload.programs, scenarios = workload.scenarios(),
  short = 200, long = 700, base = "P0s",
}
measure {
  title = "A signature", programs = workload.signers,
  scenarios = { workload.new_signature_scenario "huawei", workload.new_signature_scenario "ncloud" },
  short = 1000, long = 6000, base = "P0s",
}
