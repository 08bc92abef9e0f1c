--- A context of the kms command whose streams are in memory.

local attempts = require "kms.cli.attempts"
local context = require "kms.cli.context"
local output = require "kms.cli.output"
local style = require "kms.cli.style"

local cli_context = {}

--- Creates a stream that keeps what is written.
function cli_context.new_stream()
  local stream = { parts = {} }
  function stream:write(...)
    for i = 1, select("#", ...) do self.parts[#self.parts + 1] = (select(i, ...)) end
    return self
  end
  function stream:flush() return self end
  function stream:text() return table.concat(self.parts) end
  return stream
end

--- Creates a context.
---@param options table? of the command line
---@param fields table? replace those of the context
---@return kms.cli.Context
function cli_context.new(options, fields)
  local out, err = cli_context.new_stream(), cli_context.new_stream()
  local self = assert(context.new { options = options or {}, path = "kms test", out = output.new(out),
    err = output.new(err), input = assert(io.open "/dev/null") })
  self.style = style.new(1, function() end)
  self.style.width = nil
  self.attempts = assert(attempts.open(self.options, self.err))
  for name, value in pairs(fields or {}) do self[name] = value end
  function self.get_output() return out:text(), err:text() end
  return self
end

return cli_context
