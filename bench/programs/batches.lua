--- Runs the work of a benchmark program in batches. Each line of standard input is the size of a batch; after the
--- batch the program prints the CPU seconds it has used since its start. Any other line ends the program.

local batches = {}

---@param work fun(count: integer) raises when it fails, which ends the program
function batches.run(work)
  for line in io.lines() do
    local count = tonumber(line)
    if not count then break end
    work(count)
    print(("%.6f"):format(os.clock()))
    io.stdout:flush()
  end
end

---@param once fun() does one piece of work; raises when it fails
function batches.run_each(once)
  batches.run(function(count)
    for _ = 1, count do once() end
  end)
end

return batches
