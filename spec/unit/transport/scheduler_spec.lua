local scheduler = require "kms.transport.scheduler"

local is_yieldable = rawget(coroutine, "isyieldable") -- Lua 5.4; LuaJIT without it cannot tell

--- Creates a transport that notes what blocks.
local function new_transport()
  local transport = { blocked = {} }
  function transport:send(request)
    self.blocked[#self.blocked + 1] = "send " .. request
    return "response of the transport"
  end
  function transport:sleep(seconds) self.blocked[#self.blocked + 1] = "sleep " .. seconds end
  return transport
end

--- Creates a runner that suspends its tasks, and notes why.
local function new_runner(transport)
  local runner = { active = 0, suspended = {}, runs = {} }
  function runner:can_drive(other) return other == transport end -- luacheck: no unused args
  function runner:send(_, request)
    self.suspended[#self.suspended + 1] = "send " .. request
    return coroutine.yield()
  end
  function runner:sleep(seconds)
    self.suspended[#self.suspended + 1] = "sleep " .. seconds
    coroutine.yield()
  end
  function runner:run_for(seconds)
    self.runs[#self.runs + 1] = seconds
    return self.time_left or 0
  end
  return runner
end

describe("kms.transport.scheduler", function()
  local transport, runner

  before_each(function()
    transport = new_transport()
    runner = new_runner(transport)
  end)

  it("outside a task, send and sleep go to the transport", function()
    assert.equal("response of the transport", scheduler.send(transport, "a"))
    scheduler.sleep(transport, 2)
    assert.same({ "send a", "sleep 2" }, transport.blocked)
  end)

  it("inside a task, send and sleep suspend it", function()
    local task = coroutine.create(function()
      scheduler.sleep(transport, 2)
      return scheduler.send(transport, "a")
    end)
    assert(scheduler.resume(runner, task))
    assert(scheduler.resume(runner, task))
    assert.same({ "sleep 2", "send a" }, runner.suspended)
    assert.same({ true, "response of the runner" }, { scheduler.resume(runner, task, "response of the runner") })
    assert.same({}, transport.blocked)
  end)

  it("a task blocks on a transport that its runner cannot drive", function()
    local other = new_transport()
    local task = coroutine.create(function() return scheduler.send(other, "a") end)
    assert.same({ true, "response of the transport" }, { scheduler.resume(runner, task) })
    assert.same({ "send a" }, other.blocked)
  end)

  it("a coroutine that a task starts blocks", function()
    local task = coroutine.create(function()
      return coroutine.wrap(function() return scheduler.send(transport, "a") end)()
    end)
    assert.same({ true, "response of the transport" }, { scheduler.resume(runner, task) })
    assert.same({ "send a" }, transport.blocked)
  end)

  if is_yieldable then
    it("code that cannot yield blocks, also inside a task", function()
      local task = coroutine.create(function()
        return ("x"):gsub("x", function() return scheduler.send(transport, "a") end)
      end)
      assert.is_true((scheduler.resume(runner, task)))
      assert.same({ "send a" }, transport.blocked)
    end)
  end

  it("a task of one runner may resume a task of another", function()
    local other = new_runner(transport)
    local inner = coroutine.create(function() scheduler.sleep(transport, 1) end)
    local outer = coroutine.create(function()
      assert(scheduler.resume(other, inner))
      scheduler.sleep(transport, 2)
    end)
    assert(scheduler.resume(runner, outer))
    assert.same({ "sleep 1" }, other.suspended)
    assert.same({ "sleep 2" }, runner.suspended)
  end)

  it("sleep outside a task runs the tasks that are pending, and blocks for the time that is left", function()
    local task = coroutine.create(function() coroutine.yield() end)
    assert(scheduler.resume(runner, task))
    runner.active, runner.time_left = 1, 3
    scheduler.sleep(transport, 5)
    assert.same({ 5 }, runner.runs)
    assert.same({ "sleep 3" }, transport.blocked)
    runner.time_left = 0
    scheduler.sleep(transport, 5)
    assert.same({ "sleep 3" }, transport.blocked)
  end)

  it("sleep inside a coroutine of a task runs no other task", function()
    local task = coroutine.create(function()
      runner.active = 2
      coroutine.wrap(function() scheduler.sleep(transport, 5) end)()
    end)
    assert(scheduler.resume(runner, task))
    assert.same({}, runner.runs)
    assert.same({ "sleep 5" }, transport.blocked)
  end)

  it("is_running tells a coroutine that runs or waits for another from one that is suspended or dead", function()
    local outer, states = nil, {}
    local inner = coroutine.create(function() states[1] = scheduler.is_running(outer) end)
    outer = coroutine.create(function()
      states[2] = scheduler.is_running(outer)
      assert(coroutine.resume(inner))
    end)
    assert.is_false(scheduler.is_running(outer))
    assert(coroutine.resume(outer))
    assert.same({ true, true }, states)
    assert.is_false(scheduler.is_running(outer))
  end)
end)
