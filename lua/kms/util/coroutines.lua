--- pcall and coroutine.running for functions that may suspend their coroutine. In Lua 5.1 itself a coroutine cannot
--- yield across pcall, so there they are made of the module coxpcall, where it is installed.

local coroutines = { pcall = pcall, running = coroutine.running }

local function can_yield_across(protected_call)
  local probe = coroutine.create(function() protected_call(coroutine.yield) end)
  coroutine.resume(probe)
  return coroutine.status(probe) == "suspended"
end

--- Whether Lua itself can suspend a coroutine inside pcall, and inside the iterator of a `for` loop.
coroutines.is_native = can_yield_across(pcall)

local function get_error(_, err) return err end

if not coroutines.is_native then
  local is_found, coxpcall = pcall(require, "coxpcall")
  if is_found and type(coxpcall) == "table" and coxpcall.running then
    -- Runs the function in a coroutine of its own, and passes on what that yields. Its own pcall adds a traceback.
    coroutines.running = coxpcall.running
    function coroutines.pcall(fn, ...)
      if not coroutine.running() then return pcall(fn, ...) end
      return coxpcall.xpcall(fn, get_error, ...)
    end
  end
end

--- Whether a coroutine can be suspended inside `coroutines.pcall`, as calls need it.
coroutines.can_suspend = coroutines.is_native or can_yield_across(coroutines.pcall)

return coroutines
