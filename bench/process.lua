--- Runs the programs of the benchmark: starts them, gives them batches of work, and reads their time and memory.

local socket = require "socket"
local subprocess = require "spec.helpers.subprocess"
local workload = require "bench.workload"

---@class bench.Process
local Process = {}
Process.__index = Process

local process = {}

--- The shell command that runs a program.
---@param program bench.Program
---@param scenario table
---@param wrapper string? a command that runs the program
---@return string
function process.command(program, scenario, wrapper)
  local words = { "export" }
  for name, value in pairs(workload.environment(program, scenario)) do
    words[#words + 1] = name .. "=" .. subprocess.quote(value)
  end
  words[#words + 1] = "; exec " .. (wrapper or "")
  for _, word in ipairs(program.words(scenario)) do words[#words + 1] = subprocess.quote(word) end
  return table.concat(words, " ")
end

--- Starts a program. It waits for its first batch.
---@param program bench.Program
---@param scenario table
---@return bench.Process
function process.start(program, scenario)
  local self = setmetatable({ name = program.name, fifo = os.tmpname() }, Process)
  assert(os.execute(("rm -f %s && mkfifo %s"):format(self.fifo, self.fifo)))
  self.output = assert(io.popen(("echo $$; %s < %s 2>&1"):format(process.command(program, scenario), self.fifo)))
  self.pid = assert(tonumber(self.output:read "*l"))
  self.start_time = socket.gettime()
  self.input = assert(io.open(self.fifo, "w")) -- blocks until the shell opens the other end
  self.cpu_seconds = 0
  return self
end

--- Starts a batch without waiting for its end.
---@param count integer
function Process:start_batch(count)
  self.batch_time = socket.gettime()
  self.input:write(count, "\n")
  self.input:flush()
end

--- Waits for the end of the batch.
---@return number wall seconds
---@return number cpu seconds that the program used
function Process:await_batch()
  local line = self.output:read "*l"
  local wall = socket.gettime() - self.batch_time
  local total = tonumber(line or "")
  if not total then error(("%s: %s"):format(self.name, line or "ended before the end of its batch"), 0) end
  local cpu = total - self.cpu_seconds
  self.cpu_seconds = total
  return wall, cpu
end

--- Runs a batch; returns what `await_batch` returns.
---@param count integer
function Process:run_batch(count)
  self:start_batch(count)
  return self:await_batch()
end

--- Seconds since the start.
---@return number
function Process:age() return socket.gettime() - self.start_time end

--- A field of /proc/PID/status in kB, such as "VmHWM" and "VmRSS".
---@param name string
---@return integer
function Process:memory(name)
  local file = assert(io.open(("/proc/%d/status"):format(self.pid)))
  local text = file:read "*a"
  file:close()
  return tonumber(text:match(name .. ":%s+(%d+) kB"))
end

--- Ends the program.
function Process:stop()
  -- Closing the pipe is not enough, because processes that were started later inherited it.
  self.input:write "end\n"
  self.input:close()
  self.output:close()
  os.remove(self.fifo)
end

return process
