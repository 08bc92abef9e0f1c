--- What the run of a command works with: its options, streams, styles and client, and the ways to report a failure.

local attempts = require "kms.cli.attempts"
local client = require "kms.cli.client"
local exit_status = require "kms.cli.exit_status"
local layout = require "kms.cli.layout"
local style = require "kms.cli.style"
local summary = require "kms.cli.summary"

local context = {}

---@class kms.cli.Context
---@field options table of the command line
---@field path string "kms huawei list-keys"
---@field out kms.cli.Output standard output: results
---@field err kms.cli.Output standard error: everything else
---@field input file* standard input
---@field style kms.cli.Style of standard output
---@field err_style kms.cli.Style of standard error
---@field attempts kms.cli.Attempts
---@field option_names table<string, string>? options of the command by those of the client, where the names differ
local Context = {}
Context.__index = Context

--- Prints a line on standard error, unless --quiet. A line that is too long for the terminal is wrapped.
---@param text string for string.format, if arguments follow
function Context:note(text, ...)
  if self.options.quiet then return end
  local line, width = select("#", ...) > 0 and text:format(...) or text, self.err_style.width
  self.out:flush() -- if both streams go to one place, the order is right
  if width and style.get_length(line) > width then line = table.concat(layout.wrap(line, width), "\n") end
  self.err:write(line, "\n")
  self.err:flush()
end

--- Prints what is wrong with the command line or an input.
---@param problem string
---@return integer exit_status
function Context:refuse(problem)
  self.err:write(self.path, ": ", problem, "\n")
  self.err:flush()
  return exit_status.USAGE
end

--- Formats an error for people: what failed, the hint, and what to quote to the cloud's support.
---@param err kms.Error
---@param option_names table<string, string>? options of the command by those of the client, where the names differ
---@return string
function context.describe(err, option_names)
  local code = err.kind == "service" and err.code and err.code .. ": " or ""
  local lines = { code .. summary.name_options(err.message, option_names) }
  if err.hint then lines[#lines + 1] = summary.format_hint(err.hint) end
  local details = {}
  if err.status then details[#details + 1] = ("HTTP %d"):format(err.status) end
  if err.request_id then details[#details + 1] = "request id " .. err.request_id end
  if (err.attempts or 0) > 1 then details[#details + 1] = ("%d attempts"):format(err.attempts) end
  if details[1] then lines[#lines + 1] = table.concat(details, ", ") end
  if err.uncertain then lines[#lines + 1] = "Uncertain: the change may have been made." end
  return table.concat(lines, "\n  ")
end

--- Prints the error of a call.
---@param err kms.Error
---@return integer exit_status
function Context:fail(err)
  self.err:write(self.path, ": ", context.describe(err, self.option_names), "\n")
  self.err:flush()
  return exit_status.of_error(err)
end

--- Creates a client from the options of the command line.
---@param cloud "huawei"|"ncloud"
---@param changes table? options of the client that are set besides
---@return kms.Huawei|kms.Ncloud
function Context:client(cloud, changes)
  local settings = { on_attempt = self.attempts:hook() }
  for name, value in pairs(changes or {}) do settings[name] = value end
  return client.new(cloud, self.options, settings)
end

--- Reports what could not be written.
---@param status integer of the command
---@return integer exit_status
function Context:finish(status)
  self.attempts:close()
  if self.attempts.failure then
    self.err:write(self.path, ": the log is not complete: ", self.attempts.failure, "\n")
    status = exit_status.choose(status, exit_status.FAILED)
  end
  if self.out:flush() then return status end
  if self.out.is_broken then return exit_status.choose(status, exit_status.BROKEN_PIPE) end
  self.err:write(self.path, ": the result was not written: ", self.out.failure, "\n")
  return exit_status.choose(status, exit_status.FAILED)
end

--- Creates a context.
---@param fields table `options`, `path`, `out`, `err`, `input`
---@return kms.cli.Context? context
---@return string? problem
function context.new(fields)
  local self = setmetatable({}, Context)
  for name, value in pairs(fields) do self[name] = value end
  self.style, self.err_style = style.new(1), style.new(2)
  local problem
  self.attempts, problem = attempts.open(fields.options, fields.err)
  if not self.attempts then return nil, problem end
  return self
end

return context
