--- Counts the instructions of a call, as the slope between two lengths of run under callgrind. Run through
--- `make bench-instructions`.

local process = require "bench.process"
local workload = require "bench.workload"

local SHORT, LONG = 200, 700

local function total(program, place, calls)
  local out = os.tmpname()
  local pipe = io.popen(("echo %d | (%s) 2>&1"):format(calls,
    process.command(program, place, "valgrind --tool=callgrind --callgrind-out-file=" .. out)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(out)
  return tonumber(text:match "Collected : (%d+)") or error(text, 0)
end

for _, place in ipairs(workload.places()) do
  for _, program in ipairs(workload.programs) do
    local short, long = total(program, place, SHORT), total(program, place, LONG)
    print(place.title, program.name, (long - short) / (LONG - SHORT))
  end
end
