--- Runs calls so that Ctrl-C and SIGTERM end the program at once, with a word about what may have happened.

local exit_status = require "kms.cli.exit_status"
local kms = require "kms"
local terminal = require "kms.cli.terminal"

local interrupt = {}

local MIN_WAIT, MAX_WAIT = 0.001, 0.1 -- seconds between two looks for a signal
local PART = 0.1 -- of the time of a call that the last look may add

local STATUSES = { sigint = exit_status.INTERRUPTED, sigterm = exit_status.TERMINATED }

--- Looks for signals until a call is done.
local function watch(client, signals, state)
  local began = client:clock()
  while not state.is_done do
    local wait = (client:clock() - began) * PART
    client:sleep(math.max(MIN_WAIT, math.min(wait, MAX_WAIT)))
    signals:poll()
  end
end

--- Ends the program. Tasks that run are not waited for.
local function end_program(context, word, note)
  context.out:flush()
  context.err:write(word == "sigint" and "\n" or "", context.path, ": interrupted", note and "; " .. note or "", "\n")
  os.exit(STATUSES[word])
end

--- Runs a function that makes calls. Without luv a signal has its default action.
---@param client kms.Huawei|kms.Ncloud
---@param context kms.cli.Context
---@param note string? what to say after an interruption
---@param call fun(): any
---@return any result of `call`
function interrupt.run(client, context, note, call)
  if not terminal.has_signals() or _VERSION == "Lua 5.1" and not rawget(_G, "jit") then return call() end
  local signals = terminal.handle_signals {
    sigint = function() end_program(context, "sigint", note) end,
    sigterm = function() end_program(context, "sigterm", note) end,
  }
  local state, raised = { is_done = false, result = nil }, nil
  local function run_task(task)
    if task == "watch" then return watch(client, signals, state) end
    local ok
    ok, state.result = pcall(call)
    state.is_done = true
    if not ok then raised = { state.result } end
  end
  local parallel = kms.parallel { concurrency = 2 }
  local steps = parallel:map({ "call", "watch" }, run_task)
  for _, _, problem in steps do
    if problem and not raised then raised = { problem } end
  end
  parallel:close()
  signals:close()
  if raised then error(raised[1], 0) end
  return state.result
end

return interrupt
