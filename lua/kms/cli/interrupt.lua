--- Runs calls so that Ctrl-C and SIGTERM end the program at once, with a word about what may have happened.

local coroutines = require "kms.util.coroutines"
local exit_status = require "kms.cli.exit_status"
local kms = require "kms"
local terminal = require "kms.cli.terminal"

local interrupt = {}

local MIN_WAIT, MAX_WAIT = 0.001, 0.1 -- seconds between two looks for a signal
local PART = 0.1 -- of the time of a call that the last look may add

local STATUSES = { sigint = exit_status.INTERRUPTED, sigterm = exit_status.TERMINATED }

--- Ends the program. Tasks that run are not waited for.
local function end_program(context, word, note)
  context.out:flush()
  context.err:write(word == "sigint" and "\n" or "", context.path, ": interrupted", note and "; " .. note or "", "\n")
  os.exit(STATUSES[word])
end

--- Runs a function that makes calls, in a task. Without luv a signal has its default action.
---@param client kms.Huawei|kms.Ncloud
---@param context kms.cli.Context
---@param note string? what to say after an interruption
---@param call fun(): any
---@return any result of `call`
function interrupt.run(client, context, note, call)
  if not terminal.has_signals() or not coroutines.can_suspend then return call() end
  local signals = terminal.handle_signals {
    sigint = function() end_program(context, "sigint", note) end,
    sigterm = function() end_program(context, "sigterm", note) end,
  }
  local is_done, is_ok, result = false, nil, nil
  local began = client:clock()
  local function run_call()
    is_ok, result = coroutines.pcall(call)
    is_done = true
  end
  local function wait()
    client:sleep(math.max(MIN_WAIT, math.min((client:clock() - began) * PART, MAX_WAIT)))
  end
  local next_task = run_call
  local parallel = kms.parallel { concurrency = 2, order = "finished" }
  local results = parallel:map(function()
    local task = next_task
    next_task = wait
    return not is_done and task or nil
  end, function(task) task() end)
  -- Signals are looked for between the tasks, because luv must not call handlers inside of one.
  for number, _, problem in results do
    if number == 1 then -- an error of a debug hook may have ended that task anywhere
      is_done = true
      if is_ok == nil then is_ok, result = false, problem end
    end
    signals:poll()
  end
  parallel:close()
  signals:close()
  if not is_ok then error(result, 0) end
  return result
end

return interrupt
