--- Errors that a debug hook raises: where Ctrl-C raises one in the interpreter of Lua, after a step of the event loop, and
--- anywhere else.

local interruption = {}

local MESSAGE = "interrupted!"
local jit = rawget(_G, "jit")

local function raise_at_next_instruction()
  local hook, mask, count = debug.gethook()
  debug.sethook(function()
    debug.sethook(hook, mask, count)
    error(MESSAGE, 0)
  end, "", 1)
end

--- The next step of a multi that returns a request is followed by an error.
---@param owner { multi: kms.transport.curl.Multi } gets a stand-in for its multi
function interruption.follow_next_response(owner)
  local multi, is_armed = owner.multi, true
  local function step(_, seconds)
    local id, response, err = multi:step(seconds)
    if id and is_armed then
      is_armed = false
      raise_at_next_instruction()
    end
    return id, response, err
  end
  owner.multi = setmetatable({ step = step }, {
    __index = function(_, name) return function(_, ...) return multi[name](multi, ...) end end,
  })
end

--- Calls a function that must be interrupted.
---@param fn function
function interruption.catch(fn)
  local ok, problem = pcall(fn)
  if ok or problem ~= MESSAGE then error("the function was not interrupted: " .. tostring(problem), 2) end
end

--- Interrupts a function after one instruction of the running coroutine, then after two, and so on, until it ends before.
---@param run function
---@param check fun(instructions: integer) called after each interruption
---@param interval integer? instructions between two interruptions; default 1
function interruption.interrupt_everywhere(run, check, interval)
  local hook, mask, count = debug.gethook()
  local instructions, is_interrupted = 1
  if jit then jit.off() end -- because compiled code calls no hooks
  repeat
    is_interrupted = false
    local function interrupt()
      debug.sethook(hook, mask, count)
      is_interrupted = true
      error(MESSAGE, 0)
    end
    pcall(function()
      debug.sethook(interrupt, "", instructions)
      run()
      debug.sethook(hook, mask, count)
    end)
    debug.sethook(hook, mask, count) -- if the function itself has raised
    check(instructions)
    instructions = instructions + (interval or 1)
  until not is_interrupted
  if jit then jit.on() end
end

return interruption
