--- Errors that a debug hook raises where Ctrl-C raises one in the interpreter of Lua: after a step of the event loop.

local interruption = {}

local MESSAGE = "interrupted!"

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

return interruption
