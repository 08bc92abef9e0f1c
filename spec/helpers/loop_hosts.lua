--- The event loops that kms.loop has adapters for: how a spec starts coroutines in them and runs them.

local coroutines = require "kms.util.coroutines"

local loop_hosts = {}

---@class spec.LoopHost
---@field spawn fun(fn: function) starts a coroutine
---@field run fun() runs the loop until all coroutines have ended
---@field new fun(options: table?): kms.loop.Transport

local makers = {}

function makers.luv()
  local uv = require "luv"
  return {
    spawn = function(fn) coroutine.wrap(fn)() end,
    run = function() uv.run() end,
    new = require("kms.loop.luv").new,
  }
end

function makers.cqueues()
  local controller = require("cqueues").new()
  return {
    spawn = function(fn) controller:wrap(fn) end,
    run = function() assert(controller:loop()) end,
    new = require("kms.loop.cqueues").new,
  }
end

--- Copas 1 has no timers, so its steps end after 10 ms.
function makers.copas()
  local copas, running_count = require "copas", 0
  return {
    spawn = function(fn)
      running_count = running_count + 1
      copas.addthread(function()
        fn()
        running_count = running_count - 1
      end)
    end,
    run = function()
      while running_count > 0 do copas.step(0.01) end
    end,
    new = require("kms.loop.copas").new,
  }
end

--- A scheduler that offers a sleep only: it resumes its coroutines in turn.
function makers.polling()
  local threads = {}
  local function sleep(seconds) coroutine.yield(seconds) end
  return {
    spawn = function(fn) threads[#threads + 1] = coroutine.create(fn) end,
    run = function()
      while #threads > 0 do
        for i = #threads, 1, -1 do
          assert(coroutine.resume(threads[i]))
          if coroutine.status(threads[i]) == "dead" then table.remove(threads, i) end
        end
      end
    end,
    new = function(options) return require("kms.loop.polling").new({ sleep = sleep }, options) end,
  }
end

--- Returns a host, or nil and why it is missing. In CI a missing host is an error.
---@param name "luv"|"cqueues"|"copas"|"polling"
---@return spec.LoopHost? host, string? reason
function loop_hosts.find(name)
  local ok, host = pcall(makers[name])
  if ok then return host end
  assert(not os.getenv "CI", host)
  return nil, ("%s is not installed for this Lua"):format(name)
end

--- Runs a function in a coroutine of the host, and the host until the coroutine ends.
---@param host spec.LoopHost
---@return any ... what the function returns
function loop_hosts.run_inside(host, fn)
  local results
  host.spawn(function()
    results = { coroutines.pcall(fn) }
  end)
  host.run()
  assert(results, "the coroutine did not end")
  if not results[1] then error(results[2], 0) end
  return results[2], results[3]
end

return loop_hosts
