--- The terminal and signals, with the module luv. Without luv, no signal is handled.

local terminal = {}

local unpack = rawget(table, "unpack") or _G.unpack

local DEFAULT_WIDTH = 80
local MIN_WIDTH = 20

local is_found, uv = pcall(require, "luv")
if not is_found then uv = nil end

-- A write to a closed pipe is an error instead of the end of the process: a run ends in order, with its journal.
local pipe_signal = uv and uv.new_signal()
if pipe_signal then
  pipe_signal:start("sigpipe", function() end)
  pipe_signal:unref()
end

--- Returns whether the module luv is there.
---@return boolean
function terminal.has_signals() return uv ~= nil end

--- Returns whether a file descriptor is a terminal.
---@param descriptor integer
---@return boolean
function terminal.is_terminal(descriptor)
  if uv then return uv.guess_handle(descriptor) == "tty" end
  local result = os.execute(("test -t %d"):format(descriptor)) -- a child has the same descriptors
  return result == true or result == 0
end

local function ask_width(descriptor)
  if not uv or uv.guess_handle(descriptor) ~= "tty" then return nil end
  local handle = uv.new_tty(descriptor, false)
  local width = handle and handle:get_winsize()
  if handle then
    handle:close()
    uv.run "nowait"
  end
  return width
end

--- Returns the number of columns: of the terminal, else of the variable COLUMNS, else 80.
---@param descriptor integer
---@return integer
function terminal.get_width(descriptor)
  local width = ask_width(descriptor)
  if not width or width <= 0 then width = tonumber(os.getenv "COLUMNS" or "") end
  if not width or width % 1 ~= 0 or width <= 0 then width = DEFAULT_WIDTH end
  return math.max(width, MIN_WIDTH)
end

local Signals = {}
Signals.__index = Signals

--- Calls the handlers of the signals that have arrived. Does not wait.
function Signals:poll()
  if self.handles[1] or self.is_closing then uv.run "nowait" end
end

--- Restores the default actions of the signals.
function Signals:close()
  for _, handle in ipairs(self.handles) do
    handle:stop()
    handle:close()
  end
  self.handles, self.is_closing = {}, uv ~= nil
  self:poll()
  self.is_closing = false
end

--- Handles signals until `close`. A handler runs in `poll`, not when the signal arrives.
---@param handlers table<string, fun()> "sigint", "sigterm", "sighup"
---@return kms.cli.Signals
function terminal.handle_signals(handlers)
  local self = setmetatable({ handles = {}, is_closing = false }, Signals)
  if not uv then return self end
  for name, handler in pairs(handlers) do
    local handle = uv.new_signal()
    handle:start(name, handler)
    self.handles[#self.handles + 1] = handle
  end
  return self
end

--- Runs a program until it ends. What ends this process ends the program too; a terminal sends Ctrl-C to both.
---@param words string[] the program and its arguments
---@return integer status 0: success
function terminal.run_program(words)
  if not uv then
    local quoted = {}
    for i, word in ipairs(words) do quoted[i] = "'" .. word:gsub("'", "'\\''") .. "'" end
    local result, _, code = os.execute("exec " .. table.concat(quoted, " "))
    -- Lua 5.1 returns the status of wait(2).
    return code or type(result) == "number" and math.ceil(result / 256) or 0
  end
  local status, child
  local function stop() child:kill "sigterm" end
  local signals = terminal.handle_signals { sigterm = stop, sighup = stop, sigint = function() end }
  child = assert(uv.spawn(words[1], { args = { unpack(words, 2) }, stdio = { 0, 1, 2 } }, function(code, signal)
    status = code + signal
  end))
  repeat uv.run "once" until status
  child:close()
  signals:close()
  return status
end

return terminal
