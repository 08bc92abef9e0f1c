--- Programs under measurement: started, given batches of work, watched from outside.

local socket = require "socket"
local workload = require "bench.workload"

---@class bench.Process
local Process = {}
Process.__index = Process

local process = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- The shell line that runs a program at a place.
---@param program bench.Program
---@param place table
---@param before string? a command that runs it
function process.command(program, place, before)
  local words = { "export" }
  for name, value in pairs(workload.environment(program, place)) do words[#words + 1] = name .. "=" .. quoted(value) end
  words[#words + 1] = "; exec " .. (before or "")
  for _, word in ipairs(program.words(place)) do words[#words + 1] = quoted(word) end
  return table.concat(words, " ")
end

--- Starts a program; it waits for its first batch.
---@param program bench.Program
---@param place table
---@return bench.Process
function process.start(program, place)
  local self = setmetatable({ name = program.name, fifo = os.tmpname() }, Process)
  assert(os.execute(("rm -f %s && mkfifo %s"):format(self.fifo, self.fifo)))
  self.output = assert(io.popen(("echo $$; %s < %s 2>&1"):format(process.command(program, place), self.fifo)))
  self.pid = assert(tonumber(self.output:read "*l"))
  self.started = socket.gettime()
  self.input = assert(io.open(self.fifo, "w")) -- the shell goes on now
  self.used = 0
  return self
end

--- Gives work, without waiting for it.
---@param count integer
function Process:give(count)
  self.given = socket.gettime()
  self.input:write(count, "\n")
  self.input:flush()
end

--- Waits for the work that was given.
---@return number wall seconds
---@return number cpu seconds of the program's own
function Process:await()
  local line = self.output:read "*l"
  local wall = socket.gettime() - self.given
  local used = tonumber(line or "")
  if not used then error(("%s: %s"):format(self.name, line or "ended before its work was done"), 0) end
  local cpu = used - self.used
  self.used = used
  return wall, cpu
end

--- Has work done; returns what `await` does.
function Process:ask(count)
  self:give(count)
  return self:await()
end

--- Seconds since the start.
function Process:age() return socket.gettime() - self.started end

--- A field of /proc/PID/status in kB, such as "VmHWM" and "VmRSS".
---@param name string
---@return integer
function Process:memory(name)
  local file = assert(io.open(("/proc/%d/status"):format(self.pid)))
  local text = file:read "*a"
  file:close()
  return tonumber(text:match(name .. ":%s+(%d+) kB"))
end

--- Lets the program come to its end.
function Process:stop()
  -- In so many words: processes started later have this pipe open as well.
  self.input:write "end\n"
  self.input:close()
  self.output:close()
  os.remove(self.fifo)
end

return process
