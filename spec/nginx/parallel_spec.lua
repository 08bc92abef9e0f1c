--- kms.parallel in NGINX: light threads, and the loop in the handler's own coroutine.

local cloud = require "spec.helpers.parallel_cloud"
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"

if nginx.no_cosockets then
  it("kms.parallel works in NGINX", function() pending(nginx.no_cosockets) end)
  return
end

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

--- A list of each result's number, and its key or its error code.
local function move(order)
  order.endpoint = "https://" .. servers.host "many"
  return nginx.call("/parallel/move", order)
end

local function number_all(keys)
  local results = {}
  for i, key in ipairs(keys) do results[i] = { i, key } end
  return results
end

describe("kms.parallel in NGINX", function()
  before_each(function() cloud.reset() end)

  it("makes 500 calls, 64 at a time", function()
    local keys = cloud.make_key_ids(500, { crowd = 64 })
    assert.same(number_all(keys), move { keys = keys, concurrency = 64 })
    local state = cloud.read_counters()
    assert.equal(500, state.calls)
    assert.equal(64, state.max_in_flight)
    assert.is_true(state.connections <= 64)
  end)

  it("returns results in the order in which tasks end if order is \"finished\"", function()
    local keys = cloud.make_key_ids(12)
    keys[1] = cloud.make_key_id(1, { after = 11 })
    local results = move { keys = keys, concurrency = 4, order = "finished" }
    assert.equal(12, #results)
    assert.same({ 1, keys[1] }, results[12])
  end)

  it("returns results in the order of the items by default", function()
    local keys = cloud.make_key_ids(40)
    keys[1] = cloud.make_key_id(1, { after = 15 })
    assert.same(number_all(keys), move { keys = keys, concurrency = 4 })
  end)

  it("returns the error of a failed call and of a task that raises, and retries", function()
    local keys, expected = {}, {}
    local acts = { "good", "refused", "passing", "closed" }
    for i = 1, 40 do
      local act = acts[i % 4 + 1]
      keys[i] = cloud.make_key_id(i, { act = act })
      expected[i] = { i, act == "refused" and "KMS.0207" or act == "closed" and "closed" or keys[i] }
    end
    keys[41], expected[41] = "raise", { 41, "raised" }
    assert.same(expected, move { keys = keys, concurrency = 8, retry = { attempts = 2, base = 0.01 } })
  end)

  it("starts no call after close, finishes the started ones, and returns their results", function()
    local results = move { keys = cloud.make_key_ids(100, { delay = 20 }), concurrency = 8, result_limit = 10 }
    local state = cloud.read_counters()
    assert.is_true(state.calls < 100)
    assert.equal(state.calls, state.completed)
    assert.equal(state.calls, #results)
  end)

  it("waits in close for the tasks that have started", function()
    local started, ended = unpack(nginx.call "/parallel/close")
    assert.is_true(started >= 4 and started < 8)
    assert.equal(started, ended)
  end)

  it("does not wait in close for the tasks of another request", function()
    assert.equal(1, nginx.call "/parallel/abandon")
    assert.equal("kms.parallel (closed)", nginx.call "/parallel/close_abandoned")
  end)

  it("runs in a task of its own, but raises if a task calls its own run", function()
    local results = nginx.call "/parallel/nested"
    assert.matches("the iterator of kms.parallel is called from one of its own tasks", results[1])
    assert.equal("6", results[2])
  end)

  it("raises in a phase that cannot wait", function()
    assert.equal("works", nginx.get_record "parallel_timer_of_init_worker")
    for _, phase in ipairs { "init", "init_worker" } do
      assert.matches("^a call cannot wait in NGINX's " .. phase .. " phase; ", nginx.get_record("parallel_" .. phase))
    end
  end)

  it("logs no problem during these specs", function()
    assert.same({}, nginx.find_problems())
  end)
end)
