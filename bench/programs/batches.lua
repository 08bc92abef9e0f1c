--- How a program of the benchmark is driven: for each number on standard input it does its work that many times, then
--- prints the processor time it has used since it started, in seconds. Anything else ends it.

local batches = {}

---@param work fun(count: integer) ends the program itself, by an error, when the work fails
function batches.whole(work)
  for line in io.lines() do
    local count = tonumber(line)
    if not count then break end
    work(count)
    print(("%.6f"):format(os.clock()))
    io.stdout:flush()
  end
end

---@param once fun() likewise
function batches.each(once)
  batches.whole(function(count)
    for _ = 1, count do once() end
  end)
end

return batches
