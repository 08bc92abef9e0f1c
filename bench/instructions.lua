--- Counts the instructions of a call and of a signature, in user space, as the slope between two lengths of run under
--- callgrind. Run through `make bench-instructions`. A busy machine does not change them, so they show what a wall
--- clock cannot; but valgrind hides the processor's instructions for SHA: hashing weighs more than it does in life.

local process = require "bench.process"
local tables = require "bench.tables"
local workload = require "bench.workload"

local REPEATS = tonumber(os.getenv "REPEATS") or 2

local function total(program, place, count)
  local out = os.tmpname()
  local pipe = io.popen(("echo %d | (%s) 2>&1"):format(count,
    process.command(program, place, "valgrind --tool=callgrind --callgrind-out-file=" .. out)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(out)
  -- A program that failed was counted all the same, but did not say what time it used.
  if not text:find "%f[%d]%d+%.%d%d%d%d%d%d\n" then error(text, 0) end
  return tonumber(text:match "Collected : (%d+)")
end

--- The slopes at a place, a list for each program.
local function slopes(programs, place, short, long)
  local found = {}
  for _, program in ipairs(programs) do
    local list = {}
    for i = 1, REPEATS do list[i] = (total(program, place, long) - total(program, place, short)) / (long - short) end
    found[program] = list
    tables.progress("%s: %s", place.title, program.name)
  end
  return found
end

--- Prints a table with a column for each place, "instructions, ratio to the base's", and how well it repeats.
local function measure(what, programs, places, short, long, base)
  local found, titles, spread = {}, { "" }, 0
  for i, place in ipairs(places) do
    found[i], titles[i + 1] = slopes(programs, place, short, long), place.title
  end
  print(("\n%s, the slope from %d to %d, and its ratio to that of %s:\n"):format(what, short, long, base.name))
  tables.head(titles)
  for _, program in ipairs(programs) do
    local cells = { program.name }
    for i = 1, #places do
      local middle = tables.median(found[i][program])
      cells[i + 1] = ("%.0f, %.2f"):format(middle, middle / tables.median(found[i][base]))
      for _, slope in ipairs(found[i][program]) do spread = math.max(spread, math.abs(slope / middle - 1)) end
    end
    tables.row(cells)
  end
  print(("\nNo slope of %d is further than %.2f %% from the one in the table."):format(REPEATS, spread * 100))
end

local function named(programs, name)
  for _, program in ipairs(programs) do
    if program.name == name then return program end
  end
end

tables.section("How many instructions a call takes", "bench-instructions", [[
User space, by callgrind. valgrind hides the processor's SHA instructions: hashing weighs more than in life.]])
measure("A call", workload.programs, workload.places(), 200, 700, named(workload.programs, "P0s"))
measure("A signature", workload.signers, { workload.signature "huawei", workload.signature "ncloud" }, 1000, 6000,
  named(workload.signers, "P0s's"))
