--- Asks a person at the terminal whether to go on.

local terminal = require "kms.cli.terminal"

local question = {}

local TERMINAL_PATH = "/dev/tty" -- standard input may be the list of keys
local MAX_LINE = 1000 -- bytes

local is_found, uv = pcall(require, "luv")
if not is_found then uv = nil end

--- Returns whether there is a person to ask: standard error is a terminal that can be read.
---@return boolean
function question.can_ask()
  if not terminal.is_terminal(2) then return false end
  local file = io.open(TERMINAL_PATH, "r")
  if file then file:close() end
  return file ~= nil
end

--- Reads a line. Signals are handled meanwhile.
---@param should_stop fun(): boolean whether a signal has ended the question
---@return string? line
local function read_line(should_stop)
  if not uv then
    local file = assert(io.open(TERMINAL_PATH, "r"))
    local line = file:read "*l"
    file:close()
    return line
  end
  local descriptor = assert(uv.fs_open(TERMINAL_PATH, "r", 0))
  local poll, is_readable = assert(uv.new_poll(descriptor)), false
  poll:start("r", function() is_readable = true end)
  while not is_readable and not should_stop() do uv.run "once" end
  local line = is_readable and uv.fs_read(descriptor, MAX_LINE, -1) or nil
  poll:stop()
  poll:close()
  uv.run "nowait"
  uv.fs_close(descriptor)
  return line
end

--- Asks a question. Anything but yes is no.
---@param output kms.cli.Output standard error
---@param text string
---@param should_stop fun(): boolean
---@return boolean is_yes
function question.ask(output, text, should_stop)
  output:write(text, " [y/N] ")
  output:flush()
  local line = read_line(should_stop)
  if not line or line == "" then output:write "\n" end
  return line ~= nil and line:lower():match "^%s*(.-)%s*$":find "^y" ~= nil
end

return question
