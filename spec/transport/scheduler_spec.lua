--- The scheduler with a runner and transports that record their calls.

local coroutines = require "kms.util.coroutines"
local scheduler = require "kms.transport.scheduler"

local function new_transport()
  local transport = { calls = {} }
  function transport:send(request)
    self.calls[#self.calls + 1] = "send " .. request
    return "response"
  end
  function transport:sleep(seconds) self.calls[#self.calls + 1] = "sleep " .. seconds end
  return transport
end

--- A runner of one task that drives one transport. Its send and sleep suspend the task.
local function new_runner(transport)
  local runner = { active = 0, calls = {} }
  function runner.can_drive(_, other) return other == transport end
  function runner:send(_, _, request)
    self.calls[#self.calls + 1] = "send " .. request
    return coroutine.yield()
  end
  function runner:sleep(_, _, seconds)
    self.calls[#self.calls + 1] = "sleep " .. seconds
    coroutine.yield()
  end
  function runner:run_for(seconds)
    self.calls[#self.calls + 1] = "run_for " .. seconds
    return seconds - 1
  end
  scheduler.register(runner)
  return runner
end

local function new_task(runner, fn)
  return { runner = runner, coroutine = coroutine.create(fn) }
end

describe("kms.transport.scheduler", function()
  local transport, runner

  before_each(function()
    transport = new_transport()
    runner = new_runner(transport)
  end)

  it("outside a task the scheduler sends and sleeps through the transport", function()
    assert.equal("response", scheduler.send(transport, "a"))
    scheduler.sleep(transport, 2)
    assert.same({ "send a", "sleep 2" }, transport.calls)
  end)

  it("inside a task the scheduler sends and sleeps through the runner", function()
    local task = new_task(runner, function()
      local response = scheduler.send(transport, "a")
      scheduler.sleep(transport, 2)
      return response
    end)
    assert.is_true(scheduler.resume(task))
    assert.is_true(scheduler.resume(task, "the response"))
    local _, response = scheduler.resume(task)
    assert.equal("the response", response)
    assert.same({ "send a", "sleep 2" }, runner.calls)
    assert.same({}, transport.calls)
  end)

  it("a send inside a task blocks if the runner cannot drive the transport", function()
    local other = new_transport()
    scheduler.resume(new_task(runner, function() scheduler.send(other, "a") end))
    assert.same({ "send a" }, other.calls)
    assert.same({}, runner.calls)
  end)

  it("a send in a coroutine that a task has started blocks", function()
    scheduler.resume(new_task(runner, function()
      coroutine.wrap(function() scheduler.send(transport, "a") end)()
    end))
    assert.same({ "send a" }, transport.calls)
  end)

  it("a send outside blocks while a task is suspended, and after it has ended", function()
    local task = new_task(runner, function() scheduler.sleep(transport, 1) end)
    scheduler.resume(task)
    scheduler.send(transport, "a")
    scheduler.resume(task)
    scheduler.send(transport, "b")
    assert.same({ "send a", "send b" }, transport.calls)
  end)

  it("a task uses its own runner again after a task of another runner inside it has stopped", function()
    local inner_transport = new_transport()
    local inner = new_runner(inner_transport)
    local outer_task = new_task(runner, function()
      scheduler.resume(new_task(inner, function() scheduler.send(inner_transport, "inner") end))
      scheduler.send(transport, "outer")
    end)
    scheduler.resume(outer_task)
    assert.same({ "send inner" }, inner.calls)
    assert.same({ "send outer" }, runner.calls)
  end)

  it("a sleep outside a task runs the pending tasks of the transport, and sleeps for the rest", function()
    scheduler.resume(new_task(runner, function() end))
    runner.active = 1
    scheduler.sleep(transport, 3)
    assert.same({ "run_for 3" }, runner.calls)
    assert.same({ "sleep 2" }, transport.calls)
    runner.calls, transport.calls = {}, {}
    scheduler.sleep(transport, 1)
    assert.same({ "run_for 1" }, runner.calls)
    assert.same({}, transport.calls)
    runner.active = 0
  end)

  it("a sleep in a coroutine that a task has started blocks, and runs no other task", function()
    scheduler.resume(new_task(runner, function()
      runner.active = 2
      coroutine.wrap(function() scheduler.sleep(transport, 5) end)()
    end))
    assert.same({}, runner.calls)
    assert.same({ "sleep 5" }, transport.calls)
  end)

  if coroutines.is_native then
    it("a send inside a task is refused where the task cannot yield, and check_suspension says so before", function()
      local response, err, refusal
      scheduler.resume(new_task(runner, function()
        assert.is_nil(scheduler.check_suspension(transport))
        string.gsub("x", "x", function()
          refusal = scheduler.check_suspension(transport)
          response, err = scheduler.send(transport, "a")
        end)
      end))
      assert.is_nil(response)
      assert.same({ "invalid", "coroutine", false }, { err.kind, err.code, err.uncertain })
      assert.equal(tostring(err), tostring(refusal))
      assert.same({}, transport.calls)
      assert.same({}, runner.calls)
    end)
  else
    it("check_suspension raises only inside a task that cannot yield", function()
      local is_alive, problem = scheduler.resume(new_task(runner, function()
        scheduler.check_suspension(transport)
        return ("x"):gsub("x", function() scheduler.check_suspension(transport) end)
      end))
      assert.is_false(is_alive)
      assert.matches("attempt to yield across", problem)
      scheduler.check_suspension(transport)
    end)
  end

  it("is_running is true for the coroutine that runs and for those that wait for it", function()
    local thread
    thread = coroutine.create(function()
      assert.is_true(scheduler.is_running(thread))
      coroutine.wrap(function() assert.is_true(scheduler.is_running(thread)) end)()
      coroutine.yield()
    end)
    assert.is_false(scheduler.is_running(thread))
    assert.is_true(coroutine.resume(thread))
    assert.is_false(scheduler.is_running(thread))
  end)
end)
