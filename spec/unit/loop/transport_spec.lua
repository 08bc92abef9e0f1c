--- The common part of the adapters, with a host that does nothing by itself; and what happens to calls that nobody waits
--- for any more.

local coroutines = require "kms.util.coroutines"
local curl_requests = require "spec.helpers.curl_requests"
local interruption = require "spec.helpers.interruption"
local kms = require "kms"
local loop_transport = require "kms.loop.transport"
local lua_features = require "spec.helpers.lua_features"
local scheduler = require "kms.transport.scheduler"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

local new_request = curl_requests.new_request

--- A host whose coroutines wait by yielding. It records what the loop tells it.
local function new_host()
  local host = { wakes = 0, updates = 0 }
  function host.can_suspend()
    local thread, is_main = coroutine.running()
    return host.is_suspending ~= false and thread ~= nil and not is_main
  end
  function host.suspend(call)
    call.thread = coroutine.running()
    while not call.is_done do coroutine.yield() end
  end
  function host.wake(call)
    host.wakes = host.wakes + 1
    assert(coroutine.resume(call.thread))
  end
  function host.update() host.updates = host.updates + 1 end
  return host
end

local function run_until_idle(loop)
  local deadline = loop.multi:clock() + WAIT_LIMIT
  while not loop:is_idle() do
    assert.is_true(loop.multi:clock() < deadline, "the loop does not become idle")
    loop:step(WAIT_LIMIT)
  end
end

describe("kms.loop.transport", function()
  local host, loop, transport

  before_each(function()
    host = new_host()
    loop = loop_transport.new_loop(host)
    transport = loop_transport.new(loop, { ca_file = servers.ca_file })
  end)

  local function start(fn)
    local thread = coroutine.create(fn)
    assert(coroutine.resume(thread))
    return thread
  end

  it("new takes a transport of kms.transport.curl, or its options", function()
    local connections = curl_requests.new_transport()
    local first, second = loop_transport.new(loop, connections), loop_transport.new(loop, connections)
    local response
    start(function() response = first:send(new_request "https") end)
    run_until_idle(loop)
    assert.equal(200, response.status)
    assert.equal(1, second:stats().requests)
    assert.equal("kms.loop.transport (open)", tostring(first))
    assert.is_true(math.abs(first:clock() - connections:clock()) < WAIT_LIMIT)
    assert.is_true(math.abs(first:now() - os.time()) < WAIT_LIMIT)
    first:close()
    assert.equal("kms.loop.transport (closed)", tostring(second))
  end)

  it("a coroutine that is resumed by others while it waits keeps waiting", function()
    local response
    local thread = start(function() response = transport:send(new_request "https") end)
    for _ = 1, 3 do assert(coroutine.resume(thread)) end
    assert.is_nil(response)
    run_until_idle(loop)
    assert.equal(200, response.status)
  end)

  it("timeout is the seconds until the earliest timer, and nil without timers and requests", function()
    assert.is_nil(loop:timeout())
    start(function() transport:sleep(5) end)
    local seconds = loop:timeout()
    assert.is_true(seconds > 0 and seconds <= 5)
    start(function() transport:sleep(0) end)
    assert.equal(0, loop:timeout())
  end)

  it("the host is told when requests and timers start, and when they have ended", function()
    start(function() transport:sleep(0) end)
    assert.equal(1, host.updates)
    loop:step()
    assert.same({ 2, 1, true }, { host.updates, host.wakes, loop:is_idle() })
  end)

  it("step raises the first error of a callback after it has called all of them, those that raise twice", function()
    local called = {}
    for i = 1, 3 do
      loop:start_timer(0, function()
        called[#called + 1] = i
        error("callback " .. i, 0)
      end)
    end
    local ok, problem = pcall(loop.step, loop)
    table.sort(called)
    assert.same({ false, { 1, 1, 2, 2, 3, 3 } }, { ok, called })
    assert.matches("^callback %d$", problem)
    assert.is_true(loop:is_idle())
  end)

  it("a step calls callbacks for 5 ms, and the next steps call the others", function()
    local COUNT = 8 -- requests, and as many timers, whose callbacks take 2 ms each
    local time, ended_count, called_count = 0, 0, 0
    local function count()
      called_count = called_count + 1
      time = time + 0.002
    end
    -- A multi whose requests have all ended.
    loop.multi = {
      clock = function() return time end, timeout = function() return 0 end, descriptor = function() return 0 end,
      pending = function() return COUNT - ended_count end,
      add = function(_, id) return id end,
      step = function()
        if ended_count == COUNT then return nil end
        ended_count = ended_count + 1
        return ended_count
      end,
    }
    for i = 1, COUNT do
      assert(loop:start(i, {}, count))
      loop:start_timer(0, count)
    end
    local counts = {}
    while not loop:is_idle() do
      loop:step()
      counts[#counts + 1] = called_count
      assert.equal(0, loop:timeout())
    end
    assert.same({ 4, 8, 11, 14, 16 }, counts)
  end)

  it("a coroutine whose response a debug hook discarded is resumed with an error by the next step", function()
    local response, err
    start(function() response, err = transport:send(new_request "https") end)
    interruption.follow_next_response(loop)
    interruption.catch(function() run_until_idle(loop) end)
    assert.same({ false, 0 }, { loop:is_idle(), loop:timeout() })
    loop:step()
    assert.is_nil(response)
    assert.same({ "transport", "other", true }, { err.kind, err.code, err.uncertain })
    assert.is_true(loop:is_idle())
    start(function() response = transport:send(new_request "https") end)
    run_until_idle(loop)
    assert.equal(200, response.status)
  end)

  it("an error that a debug hook raises anywhere in a step keeps no callback of a timer from being called", function()
    local is_called, count = {}, 0
    local function start_timers()
      is_called = {}
      for i = 1, 3 do loop:start_timer(0, function() is_called[i] = true end) end
    end
    start_timers()
    interruption.interrupt_everywhere(function() loop:step() end, function()
      run_until_idle(loop)
      assert.same({ true, true, true }, is_called)
      count = count + 1
      start_timers()
    end)
    run_until_idle(loop)
    assert.is_true(count > 50)
  end)

  it("a response that a debug hook discarded while other requests are under way is an error once its timeout is over", function()
    local err, clock, offset = nil, loop.multi.clock, 0
    local request = new_request("https", "/", { timeout = 5 })
    start(function() err = select(2, transport:send(request)) end)
    start(function() transport:send(new_request("https", "/fault/silent", { timeout = 60 })) end)
    interruption.follow_next_response(loop)
    loop.multi.clock = function() return clock(loop.multi) + offset end
    interruption.catch(function() run_until_idle(loop) end)
    loop:step(0.01)
    assert.is_nil(err)
    offset = 20
    loop:step(0.01)
    assert.same({ "transport", "other", true }, { err.kind, err.code, err.uncertain })
    assert.is_false(loop:is_idle())
  end)

  it("a request of a coroutine that was abandoned ends with its response, and the coroutine can be collected", function()
    local weak = setmetatable({}, { __mode = "v" })
    host.wake = function() end -- the host has given up the coroutine
    weak[1] = start(function() transport:send(new_request "https") end)
    run_until_idle(loop)
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak[1])
    assert.is_nil(next(loop.callbacks))
  end)

  it("a send that cannot be suspended blocks: in the main coroutine, and where the host says so", function()
    host.is_suspending = false
    local response
    start(function() response = transport:send(new_request "https") end)
    assert.same({ 200, 0, 0 }, { response.status, host.wakes, host.updates })
    start(function() transport:sleep(0.001) end)
    assert.is_true(loop:is_idle())
  end)

  it("a run of kms.parallel that waits in a coroutine can be closed where nothing can be suspended", function()
    if lua_features.is_lua51 then
      pending "Lua 5.1 cannot suspend the iterator of a loop, so it blocks"
      return
    end
    local run, number, body
    start(function()
      run = kms.parallel():map({ 1, 2 }, function() return scheduler.send(transport, new_request "https").status end)
      number, body = run()
    end)
    assert.is_nil(number)
    host.is_suspending = false
    run:close()
    assert.same({ 1, 200 }, { number, body })
    assert.same({ 2, 200 }, { run() })
    assert.is_nil(run())
    assert.is_true(loop:is_idle())
  end)

  it("tasks over the transports of two adapters and over one that blocks return their results", function()
    local other = loop_transport.new(loop_transport.new_loop(new_host()), { ca_file = servers.ca_file })
    local transports, statuses = { transport, other, curl_requests.new_transport() }, {}
    start(function()
      for number, status, err in kms.parallel():map({ 1, 2, 3, 1, 2, 3 }, function(i)
        return scheduler.send(transports[i], new_request "https").status
      end) do
        statuses[number] = status or err
      end
    end)
    run_until_idle(loop)
    assert.same({ 200, 200, 200, 200, 200, 200 }, statuses)
  end)

  it("a second kms.parallel inside a task blocks, and returns its results", function()
    local results = {}
    start(function()
      for _, sum in kms.parallel():map({ 1, 2 }, function()
        local sum = 0
        for _, status in kms.parallel():map({ 1, 2 }, function() return scheduler.send(transport, new_request "https").status end) do
          sum = sum + status
        end
        return sum
      end) do
        results[#results + 1] = sum
      end
    end)
    run_until_idle(loop)
    assert.same({ 400, 400 }, results)
  end)

  it("a send where the coroutine cannot yield is refused before anything is sent, and the next one succeeds", function()
    local request_count = transport:stats().requests
    local ok, response, err, status
    start(function()
      ok, response, err = coroutines.pcall(function()
        local result = {}
        string.gsub("x", "x", function() result = { transport:send(new_request "https") } end)
        return result[1], result[2]
      end)
      status = transport:send(new_request "https").status
    end)
    run_until_idle(loop)
    if lua_features.is_lua51 then -- only raises
      assert.is_false(ok)
      assert.matches("attempt to yield across", response)
    else
      assert.is_nil(response)
      assert.same({ "invalid", "coroutine", false }, { err.kind, err.code, err.uncertain })
    end
    assert.equal(200, status)
    assert.equal(request_count + 1, transport:stats().requests)
  end)

  it("a coroutine whose send cannot yield is not resumed by the loop when it then yields to its own program", function()
    local was_resumed = false
    local thread = start(function()
      pcall(string.gsub, "x", "x", function() transport:send(new_request "https") end)
      coroutine.yield()
      was_resumed = true
    end)
    run_until_idle(loop)
    assert.same({ false, "suspended" }, { was_resumed, coroutine.status(thread) })
    assert(coroutine.resume(thread))
    assert.is_true(was_resumed)
  end)

  it("a call over the transport is refused before it asks for credentials where the coroutine cannot yield", function()
    if not rawget(coroutine, "isyieldable") then
      pending "Lua 5.1 and 5.2 learn only from the transport whether a coroutine can yield"
      return
    end
    local was_asked, result, err = false, nil, nil
    local client = kms.huawei { region = "cn-north-4", project_id = ("0"):rep(32), transport = transport, credentials = function()
      was_asked = true
    end }
    start(function()
      string.gsub("x", "x", function() result, err = client:list_keys() end)
    end)
    assert.is_nil(result)
    assert.same({ "invalid", "coroutine", 0, false }, { err.kind, err.code, err.attempts, was_asked })
  end)
end)

-- Programs that end with a call in flight, by adapter: { start, rest }. `rest` comes after the call has started.
local PROGRAMS = {
  luv = { "coroutine.wrap(call)()", "require 'luv'.run 'nowait'" },
  cqueues = { "local controller = require 'cqueues'.new() controller:wrap(call)", "controller:step(0) controller = nil collectgarbage()" },
  polling = { "local thread = coroutine.create(call) coroutine.resume(thread)", "thread = nil collectgarbage()" },
}

describe("calls in flight", function()
  for name, program in pairs(PROGRAMS) do
    it(("a program with kms.loop.%s can end, and make other calls, while one is in flight"):format(name), function()
      if not require("spec.helpers.loop_hosts").find(name) then
        pending(name .. " is not installed for this Lua")
        return
      end
      local output, ok = subprocess.run(([[
        local name, started = "%s", false
        local adapter = require("kms.loop." .. name)
        local options = { ca_file = os.getenv "CA_FILE" }
        local transport = name == "polling" and adapter.new({ sleep = coroutine.yield }, options) or adapter.new(options)
        local function request(target)
          return { method = "GET", scheme = "https", host = os.getenv "TEST_HOST", target = target }
        end
        local function call() started = true transport:send(request "/fault/silent") error "not reached" end
        %s
        %s
        assert(started)
        print(transport:send(request "/").status)
      ]]):format(name, program[1], program[2]), { CA_FILE = servers.ca_file, TEST_HOST = servers.host "https" })
      assert.is_true(ok, output)
      assert.equal("200\n", output)
    end)
  end
end)
