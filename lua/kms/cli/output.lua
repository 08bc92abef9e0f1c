--- Writes to a standard stream, and keeps the first failure: a result that was not written must not go unnoticed.

local output = {}

local EPIPE = 32

---@class kms.cli.Output
---@field stream file*
---@field failure string? what the system said first
---@field is_broken boolean the reader of the pipe has ended
local Output = {}
Output.__index = Output

local function keep_failure(self, message, code)
  if self.failure then return end
  self.failure, self.is_broken = message or "unknown error", code == EPIPE
end

--- Writes texts.
---@return boolean is_written
function Output:write(...)
  if self.failure then return false end
  local ok, message, code = self.stream:write(...)
  if not ok then keep_failure(self, message, code) end
  return self.failure == nil
end

--- Writes all that is kept in memory.
---@return boolean is_written
function Output:flush()
  if self.failure then return false end
  local ok, message, code = self.stream:flush()
  if not ok then keep_failure(self, message, code) end
  return self.failure == nil
end

-- Compiled by LuaJIT, a flush that fails is called once more, and succeeds then, because nothing is left to write.
local jit = rawget(_G, "jit")
if jit then
  jit.off(Output.write)
  jit.off(Output.flush)
end

--- Creates the output of a stream.
---@param stream file*
---@return kms.cli.Output
function output.new(stream)
  return setmetatable({ stream = stream, failure = nil, is_broken = false }, Output)
end

return output
