--- The library in NGINX handlers: both operations over HTTPS, every transport failure, many at once, phases, reload, the end.

local emulated = require "spec.helpers.emulator_client"
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

--- Calls in a content handler; `options` make a client of its own, else it is the one that init_by_lua made.
local function call(cloud, params, options)
  local operation = cloud == "huawei" and "update_primary_region" or "rename_key"
  return nginx.call("/call", { cloud = cloud, call = operation, params = params, options = options })
end

local function rename(options, name)
  return call("ncloud", { key_tag = TAG, key_name = name or "newKeyName" }, options)
end

--- The path of a handler that renames by the client `by`.
local function path(by, tag, name, after)
  return ("/rename?by=%s&tag=%s&name=%s"):format(by, tag, name) .. (after and "&after=" .. after or "")
end

local function close_gate()
  for _, name in ipairs { "gate", "arrived", "returned" } do nginx.note(name) end
end

local function await_arrivals(count)
  nginx.eventually(function() return nginx.noted "arrived" == tostring(count) end)
end

describe("a handler", function()
  before_each(emulated.reset)

  it("moves a primary region and renames a key, with clients made in init_by_lua", function()
    local moved = assert(call("huawei", { key_id = KEY_ID, primary_region = "cn-east-3" }))
    assert.same({ KEY_ID, "cn-east-3" }, { moved.key_id, moved.primary_region })
    assert.equal("cn-east-3", emulated.state().keys[KEY_ID].primary)
    local renamed = assert(rename())
    assert.same({ TAG, "newKeyName" }, { renamed.key_tag, renamed.key_name })
    assert.equal("newKeyName", emulated.state().keys[TAG].key_name)
  end)

  it("gets the cloud's refusals", function()
    local _, err = call("huawei", { key_id = "1e1577c1-f838-4ead-c46e-095cc585b480", primary_region = "cn-east-3" })
    assert.equal("service", err.kind)
    _, err = rename(nil, "takenName")
    assert.equal("service", err.kind)
    assert.equal("rename_key", err.operation)
  end)

  local faults = {
    timeout = { { kind = "delay", seconds = 5 }, { timeout = 0.2 }, true },
    closed = { { kind = "close_before", times = 2 }, {}, true }, -- twice: what a kept connection loses is sent again
    too_large = { { kind = "endless" }, {}, true },
    dns = { nil, { endpoint = "https://x.invalid" }, false },
    connect = { nil, { endpoint = "https://" .. servers.host "nobody" }, false },
    tls = { nil, { endpoint = "https://" .. servers.host "unknown_ca" }, false },
    other = { nil, { endpoint = ("https://localhost:%d"):format(nginx.port + 2) }, true },
  }
  for code, case in pairs(faults) do
    it("gets the transport error " .. code, function()
      local stop = nginx.start_name_server()
      if case[1] then emulated.fault(case[1]) end
      case[2].endpoint, case[2].retry = case[2].endpoint or emulated.ncloud, false
      local renamed, err = rename(case[2])
      stop()
      assert.is_nil(renamed)
      assert.same({ "transport", code, case[3] }, { err.kind, err.code, err.uncertain })
    end)
  end

  it("meets the options that cosockets cannot honour as a mistake of its own", function()
    local ok, message = pcall(rename, { endpoint = emulated.ncloud, transport = { ca_file = "x" } })
    assert.is_false(ok)
    assert.is_truthy(message:find("bad argument #1 to 'ncloud' (option 'transport': option 'ca_file' is not for cosockets: "
      .. "name the certificates in lua_ssl_trusted_certificate)", 1, true), message)
  end)

  it("keeps its connection for the next call, whichever client makes it", function()
    assert(rename())
    local before = emulated.state()
    for i = 1, 10 do
      assert(rename(i > 5 and { endpoint = emulated.ncloud } or nil, "name" .. i))
    end
    local after = emulated.state()
    assert.equal(before.requests.ncloud + 10, after.requests.ncloud)
    assert.equal(before.connections, after.connections)
  end)
end)

describe("many handlers at once", function()
  setup(emulated.reset)

  it("get each its own answer, 200 of them", function()
    local running = {}
    for i = 1, 200 do running[i] = nginx.begin(path("ncloud", TAG, "name" .. i)) end
    for i = 1, 200 do assert.equal(TAG .. " name" .. i, nginx.finish(running[i])) end
  end)

  it("and light threads in them get each its own answer, 10,000 of them", function()
    local running = {}
    for i = 1, 4 do running[i] = nginx.begin(("/many?of=%d&threads=50&each=50"):format(i)) end
    for i = 1, 4 do assert.equal("2500 right", nginx.finish(running[i])) end
  end)

  it("leave the worker free to answer others", function()
    close_gate()
    local slow = {}
    for i = 1, 20 do slow[i] = nginx.begin(path("echo", "gate" .. i, "name" .. i)) end
    await_arrivals(20)
    assert.equal("pong", nginx.ask "/ping")
    for i = 1, 20 do assert.is_false(nginx.has_answer(slow[i])) end
    nginx.note("gate", "open")
    for i = 1, 20 do assert.equal(("gate%d name%d"):format(i, i), nginx.finish(slow[i])) end
  end)
end)

describe("a client that leaves in the middle of a call", function()
  before_each(close_gate)

  it("ends the handler where lua_check_client_abort is on, and no other call gets its answer", function()
    local leaving = {}
    for i = 1, 10 do leaving[i] = nginx.begin("/watched" .. path("echo", "gate" .. i, "name" .. i)) end
    await_arrivals(10)
    for i = 1, 10 do leaving[i]:close() end
    -- The handlers end in the order in which NGINX learns of it: it knows of these before it knows of the next.
    assert.equal("pong", nginx.ask "/ping")
    nginx.note("gate", "open")
    for i = 1, 100 do assert.equal(("t%d name%d"):format(i, i), nginx.ask(path("echo", "t" .. i, "name" .. i))) end
    assert.equal("100", nginx.noted "returned")
  end)

  it("lets the handler go on where it is off", function()
    local leaving = nginx.begin(path("echo", "gate", "name"))
    await_arrivals(1)
    leaving:close()
    nginx.note("gate", "open")
    nginx.eventually(function() return nginx.noted "returned" == "1" end)
  end)
end)

describe("phase", function()
  for _, phase in ipairs { "rewrite", "access", "content", "thread", "timer" } do
    it(phase .. ": works", function()
      nginx.note(phase)
      nginx.ask("/phase/" .. phase)
      nginx.eventually(function() return nginx.noted(phase) ~= "" end)
      assert.equal("noted", nginx.noted(phase))
    end)
  end

  it("timer of init_worker: works", function()
    assert.equal("noted", nginx.noted "timer_of_init_worker")
  end)

  for _, phase in ipairs { "set", "header_filter", "body_filter", "log", "balancer", "init_worker", "init", "exit_worker" } do
    it(phase .. ": is refused", function()
      if phase == "exit_worker" then
        local worker = nginx.worker()
        nginx.signal(worker, "QUIT")
        nginx.await_successor(worker)
      elseif not phase:find "^init" then
        nginx.note(phase)
        nginx.ask("/phase/" .. phase)
        nginx.eventually(function() return nginx.noted(phase) ~= "" end)
      end
      local advice = phase == "init" and "give kms.transport.curl, which blocks, as the transport, or call from a timer of init_worker"
        or "call from a timer without delay: ngx.timer.at(0, ...)"
      assert.equal(("invalid phase: nothing can wait in NGINX's %s phase: %s"):format(phase, advice), nginx.noted(phase))
    end)
  end
end)

describe("a worker", function()
  it("has not loaded libcurl", function()
    local maps = nginx.maps(nginx.worker())
    assert.is_truthy(maps:find("kms/sign.so", 1, true))
    assert.is_truthy(maps:find("kms/http1/reader.so", 1, true))
    assert.is_nil(maps:find("libcurl", 1, true))
    assert.is_nil(maps:find("kms/transport/curl.so", 1, true))
  end)

  it("that is told to quit waits for its calls", function()
    emulated.reset()
    emulated.fault { kind = "delay", seconds = 0.3 }
    local worker = nginx.worker()
    local in_flight = nginx.begin(path("ncloud", TAG, "newKeyName"))
    nginx.eventually(function() return emulated.state().requests.ncloud > 0 end)
    nginx.signal(worker, "QUIT")
    assert.is_false(nginx.has_answer(in_flight))
    assert.equal(TAG .. " newKeyName", nginx.finish(in_flight))
    nginx.await_successor(worker)
  end)

  it("that is replaced by a reload under load loses no call", function()
    emulated.reset()
    close_gate()
    nginx.note "start"
    local old = nginx.worker()
    local in_flight, waiting = {}, {}
    for i = 1, 50 do in_flight[i] = nginx.begin(path("echo", "gate" .. i, "name" .. i)) end
    for i = 1, 50 do waiting[i] = nginx.begin(path("ncloud", TAG, "name" .. i, "start")) end
    await_arrivals(50)
    nginx.signal(nginx.master(), "HUP")
    local between = {}
    nginx.eventually(function() -- load on both sides of the change
      between[#between + 1] = nginx.begin(path("echo", "tag" .. #between, "name" .. #between))
      socket.sleep(0.002)
      return nginx.worker() ~= old
    end)
    nginx.note("start", "now") -- these begin their call in a worker that is shutting down
    nginx.note("gate", "open")
    for i = 1, 50 do assert.equal(("gate%d name%d"):format(i, i), nginx.finish(in_flight[i])) end
    for i = 1, 50 do assert.equal(TAG .. " name" .. i, nginx.finish(waiting[i])) end
    for i, connection in ipairs(between) do
      assert.equal(("tag%d name%d"):format(i - 1, i - 1), nginx.finish(connection))
    end
    nginx.await_successor(old)
  end)

  it("had nothing to complain of in all this", function()
    assert.same({}, nginx.complaints())
  end)
end)
