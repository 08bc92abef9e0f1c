--- kms.parallel in NGINX: light threads, and the loop in the handler's own.

local many = require "spec.helpers.parallel_cloud"
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

--- Each result's number, and its key or what the error says.
local function run(order)
  order.endpoint = "https://" .. servers.host "many"
  return nginx.call("/parallel", order)
end

local function expected(keys)
  local list = {}
  for i, key in ipairs(keys) do list[i] = { i, key } end
  return list
end

describe("kms.parallel in NGINX", function()
  before_each(function() many.state "reset" end)

  it("makes 500 calls, 64 at a time", function()
    local keys = many.keys(500, { crowd = 64 })
    assert.same(expected(keys), run { keys = keys, concurrency = 64 })
    local state = many.state()
    assert.equal(500, state.calls)
    assert.equal(64, state.most)
    assert.is_true(state.connections <= 64)
  end)

  it("gives results as they come, where that is asked for", function()
    local keys = many.keys(12)
    keys[1] = many.key(1, { after = 11 })
    local given = run { keys = keys, concurrency = 4, order = "finished" }
    assert.equal(12, #given)
    assert.same({ 1, keys[1] }, given[12])
  end)

  it("is ahead of what was given by a window only, in the order given", function()
    local keys = many.keys(40)
    keys[1] = many.key(1, { after = 15 })
    assert.same(expected(keys), run { keys = keys, concurrency = 4 })
  end)

  it("lets a failing call harm no other, tries again, and gives what a task raises", function()
    local keys, wanted = {}, {}
    local acts = { "good", "refused", "passing", "closed" }
    for i = 1, 40 do
      local act = acts[i % 4 + 1]
      keys[i] = many.key(i, { act = act })
      wanted[i] = { i, act == "refused" and "KMS.0207" or act == "closed" and "closed" or keys[i] }
    end
    keys[41], wanted[41] = "raise", { 41, "raised" }
    assert.same(wanted, run { keys = keys, concurrency = 8, retry = { attempts = 2, base = 0.01 } })
  end)

  it("begins no new calls when it is left, finishes those begun, and keeps their results", function()
    local given = run { keys = many.keys(100, { delay = 20 }), concurrency = 8, leave = 10 }
    local state = many.state()
    assert.is_true(state.calls < 100)
    assert.equal(state.calls, state.answered)
    assert.equal(state.calls, #given)
  end)

  it("waits at its close for what was begun", function()
    local begun, ended = unpack(nginx.call "/parallel/close")
    assert.is_true(begun >= 4 and begun < 8)
    assert.equal(begun, ended)
  end)

  it("does not wait for what another request left behind", function()
    assert.equal(1, nginx.call "/parallel/left")
    assert.equal("kms.parallel (closed)", nginx.call "/parallel/close_left")
  end)

  it("may run itself within a task, but no task its own loop", function()
    local told = nginx.call "/parallel/inside"
    assert.matches("the iterator of kms.parallel is called from one of its own tasks", told[1])
    assert.equal("6", told[2])
  end)

  it("raises where no phase lets it wait", function()
    assert.equal("works", nginx.noted "parallel_timer_of_init_worker")
    for _, phase in ipairs { "init", "init_worker" } do
      assert.matches("^nothing can wait in NGINX's " .. phase .. " phase: ", nginx.noted("parallel_" .. phase))
    end
  end)

  it("leaves nothing in the log that nobody wants to see", function()
    assert.same({}, nginx.complaints())
  end)
end)
