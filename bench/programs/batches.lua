--- How a program of the benchmark is driven: for each number on standard input it does its work that many times, then
--- prints the processor time it has used since it started, in seconds. Anything else ends it.

---@param once function ends the program itself, by an error, when the work fails
return function(once)
  for line in io.lines() do
    local count = tonumber(line)
    if not count then break end
    for _ = 1, count do once() end
    print(("%.6f"):format(os.clock()))
    io.stdout:flush()
  end
end
