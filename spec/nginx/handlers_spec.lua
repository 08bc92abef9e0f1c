--- Calls in NGINX handlers: both operations, transport errors, concurrency, phases, reload and shutdown.

local emulator = require "spec.helpers.emulator_client"
local nginx = require "spec.helpers.nginx_server"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"

if nginx.no_cosockets then
  it("a handler calls both clouds", function() pending(nginx.no_cosockets) end)
  return
end

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local METADATA_TIMEOUT = 3 -- seconds of one request to a metadata service
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

--- Makes a call in a content handler, with the client that init_by_lua made or, with `options`, a new one.
local function call(cloud, params, options, operation)
  operation = operation or cloud == "huawei" and "update_primary_region" or "rename_key"
  return nginx.call("/call", { cloud = cloud, operation = operation, params = params, options = options })
end

local function rename(options, name)
  return call("ncloud", { key_tag = TAG, key_name = name or "newKeyName" }, options)
end

--- The path of a handler that renames a key, after the record `after` exists.
local function rename_path(client, tag, name, after)
  return ("/rename?client=%s&tag=%s&name=%s"):format(client, tag, name) .. (after and "&after=" .. after or "")
end

local function close_gate()
  for _, name in ipairs { "gate", "arrived", "returned" } do nginx.set_record(name) end
end

local function await_arrivals(count)
  nginx.eventually(function() return nginx.get_record "arrived" == tostring(count) end)
end

describe("a handler", function()
  before_each(emulator.reset)

  it("moves a primary region and renames a key with clients that init_by_lua made", function()
    local moved = assert(call("huawei", { key_id = KEY_ID, primary_region = "cn-east-3" }))
    assert.same({ KEY_ID, "cn-east-3" }, { moved.key_id, moved.primary_region })
    assert.equal("cn-east-3", emulator.state().keys[KEY_ID].primary)
    local renamed = assert(rename())
    assert.same({ TAG, "newKeyName" }, { renamed.key_tag, renamed.key_name })
    assert.equal("newKeyName", emulator.state().keys[TAG].key_name)
  end)

  it("gets a service error when the cloud refuses a call", function()
    local _, err = call("huawei", { key_id = "1e1577c1-f838-4ead-c46e-095cc585b480", primary_region = "cn-east-3" })
    assert.equal("service", err.kind)
    _, err = rename(nil, "takenName")
    assert.equal("service", err.kind)
    assert.equal("rename_key", err.operation)
  end)

  -- By error code: the emulator's fault, the client's options, whether the error is uncertain.
  local faults = {
    timeout = { { kind = "delay", seconds = 5 }, { timeout = 0.2 }, true },
    closed = { { kind = "close_before", times = 2 }, {}, true }, -- twice: on a kept connection the request is resent
    too_large = { { kind = "endless" }, {}, true },
    dns = { nil, { endpoint = "https://x.invalid" }, false },
    connect = { nil, { endpoint = "https://" .. servers.host "nobody" }, false },
    tls = { nil, { endpoint = "https://" .. servers.host "unknown_ca" }, false },
    other = { nil, { endpoint = ("https://localhost:%d"):format(nginx.port + 2) }, true },
  }
  for code, case in pairs(faults) do
    it("gets the transport error " .. code, function()
      local stop_name_server = nginx.start_name_server()
      if case[1] then emulator.fault(case[1]) end
      case[2].endpoint, case[2].retry = case[2].endpoint or emulator.ncloud, false
      local renamed, err = rename(case[2])
      stop_name_server()
      assert.is_nil(renamed)
      assert.same({ "transport", code, case[3] }, { err.kind, err.code, err.uncertain })
    end)
  end

  it("gets an argument error for an option that cosockets cannot honour", function()
    local ok, message = pcall(rename, { endpoint = emulator.ncloud, transport = { ca_file = "x" } })
    assert.is_false(ok)
    assert.is_truthy(message:find("bad argument #1 to 'ncloud' (option 'transport': bad argument #1 to 'new' (option 'ca_file' ", 1, true), message)
    assert.is_truthy(message:find("lua_ssl_trusted_certificate", 1, true), message)
  end)

  it("gets the items of all pages by each, in two light threads at once", function()
    local all, tags = assert(call("ncloud", { page_size = 200 }, nil, "list_keys")).key_list, {}
    for i, key in ipairs(all) do tags[i] = key.key_tag end
    assert.is_true(#tags > 4)
    local before = emulator.state().requests.ncloud
    local expected = { tags = tags }
    assert.same({ expected, expected }, nginx.call("/list_keys", { params = { page_size = 2 } }))
    assert.equal(before + 2 * math.ceil(#tags / 2), emulator.state().requests.ncloud)
  end)

  it("gets the error of a page by each", function()
    emulator.fault { kind = "status", status = 404, times = 2 }
    for _, result in ipairs(nginx.call("/list_keys", { params = {} })) do
      assert.same({ {}, "list_keys", 404 }, { result.tags, result.err.operation, result.err.status })
    end
  end)

  it("reuses a connection that another client of the worker has kept", function()
    assert(rename())
    local before = emulator.state()
    for i = 1, 10 do
      assert(rename(i > 5 and { endpoint = emulator.ncloud } or nil, "name" .. i))
    end
    local after = emulator.state()
    assert.equal(before.requests.ncloud + 10, after.requests.ncloud)
    assert.equal(before.connections, after.connections)
  end)
end)

describe("concurrent handlers", function()
  setup(emulator.reset)

  it("each get the response to their own request, 200 handlers at once", function()
    local connections = {}
    for i = 1, 200 do connections[i] = nginx.send_request(rename_path("ncloud", TAG, "name" .. i)) end
    for i = 1, 200 do assert.equal(TAG .. " name" .. i, nginx.receive_body(connections[i])) end
  end)

  it("each get the responses to their own requests, 10,000 calls in 200 light threads", function()
    local connections = {}
    for i = 1, 4 do
      connections[i] = nginx.send_request(("/rename_many?request=%d&threads=50&calls=50"):format(i))
    end
    for i = 1, 4 do assert.equal("2500 right", nginx.receive_body(connections[i])) end
  end)

  it("do not block the worker while they wait", function()
    close_gate()
    local waiting = {}
    for i = 1, 20 do waiting[i] = nginx.send_request(rename_path("echo", "gate" .. i, "name" .. i)) end
    await_arrivals(20)
    assert.equal("pong", nginx.get "/ping")
    for i = 1, 20 do assert.is_false(nginx.has_response(waiting[i])) end
    nginx.set_record("gate", "open")
    for i = 1, 20 do assert.equal(("gate%d name%d"):format(i, i), nginx.receive_body(waiting[i])) end
  end)
end)

describe("a caller that closes its connection during a call", function()
  before_each(close_gate)

  it("ends the handler if lua_check_client_abort is on, and no other call gets the response", function()
    local closing = {}
    for i = 1, 10 do
      closing[i] = nginx.send_request("/abortable" .. rename_path("echo", "gate" .. i, "name" .. i))
    end
    await_arrivals(10)
    for i = 1, 10 do closing[i]:close() end
    -- NGINX handles events in order: when it responds to the ping, it has ended these handlers.
    assert.equal("pong", nginx.get "/ping")
    nginx.set_record("gate", "open")
    for i = 1, 100 do
      assert.equal(("t%d name%d"):format(i, i), nginx.get(rename_path("echo", "t" .. i, "name" .. i)))
    end
    assert.equal("100", nginx.get_record "returned")
  end)

  --- Asserts that calls succeed within `seconds` after the first one, which the upstream does not respond to, was aborted.
  local function assert_no_delay(seconds, aborted_path, create_path, expected)
    nginx.get "/new_clients"
    local closing = nginx.send_request("/abortable" .. aborted_path)
    await_arrivals(1)
    closing:close()
    assert.equal("pong", nginx.get "/ping")
    local started_at, waiting, bodies = socket.gettime(), {}, {}
    for i = 1, 10 do waiting[i] = nginx.send_request(create_path(i)) end
    for i = 1, 10 do bodies[i] = nginx.receive_body(waiting[i]) end
    local duration = socket.gettime() - started_at
    nginx.set_record("gate", "open")
    for i = 1, 10 do assert.equal(expected(i), bodies[i]) end
    assert.is_true(duration < seconds, duration)
  end

  it("does not delay calls with the same credentials, about which nothing is known", function()
    assert_no_delay(1, rename_path("unproven", "gate1", "name"),
      function(i) return rename_path("unproven", "t" .. i, "name" .. i) end,
      function(i) return ("t%d name%d"):format(i, i) end)
  end)

  it("delays calls that wait for the credentials that it asked for no longer than one request to their service", function()
    assert_no_delay(METADATA_TIMEOUT + 1, "/move", function() return "/move" end, function() return "cn-east-3" end)
  end)

  it("does not end the handler if lua_check_client_abort is off", function()
    local closing = nginx.send_request(rename_path("echo", "gate", "name"))
    await_arrivals(1)
    closing:close()
    nginx.set_record("gate", "open")
    nginx.eventually(function() return nginx.get_record "returned" == "1" end)
  end)
end)

describe("a call", function()
  for _, phase in ipairs { "rewrite", "access", "content", "thread", "timer" } do
    it("works in the phase " .. phase, function()
      nginx.set_record(phase)
      nginx.get("/phase/" .. phase)
      nginx.eventually(function() return nginx.get_record(phase) ~= "" end)
      assert.equal("recorded", nginx.get_record(phase))
    end)
  end

  it("works in a timer of init_worker", function()
    assert.equal("recorded", nginx.get_record "timer_of_init_worker")
  end)

  for _, phase in ipairs { "set", "header_filter", "body_filter", "log", "balancer", "init_worker", "init", "exit_worker" } do
    it("is refused in the phase " .. phase, function()
      if phase == "exit_worker" then
        local worker = nginx.get_worker()
        nginx.signal(worker, "QUIT")
        nginx.await_successor(worker)
      elseif not phase:find "^init" then
        nginx.set_record(phase)
        nginx.get("/phase/" .. phase)
        nginx.eventually(function() return nginx.get_record(phase) ~= "" end)
      end
      local advice = phase == "init" and "call from a timer of init_worker, or use kms.transport.curl, which blocks"
        or "call from a timer: ngx.timer.at(0, ...)"
      assert.equal(("invalid phase: a call cannot wait in NGINX's %s phase; %s"):format(phase, advice), nginx.get_record(phase))
    end)
  end
end)

describe("a worker", function()
  it("does not load libcurl", function()
    local maps = nginx.read_maps(nginx.get_worker())
    assert.is_truthy(maps:find("kms/sign.so", 1, true))
    assert.is_truthy(maps:find("kms/http1", 1, true))
    assert.is_nil(maps:find("libcurl", 1, true))
    assert.is_nil(maps:find("kms/transport/curl.so", 1, true))
  end)

  it("finishes its calls before it quits", function()
    emulator.reset()
    emulator.fault { kind = "delay", seconds = 0.3 }
    local worker = nginx.get_worker()
    local connection = nginx.send_request(rename_path("ncloud", TAG, "newKeyName"))
    nginx.eventually(function() return emulator.state().requests.ncloud > 0 end)
    nginx.signal(worker, "QUIT")
    assert.is_false(nginx.has_response(connection))
    assert.equal(TAG .. " newKeyName", nginx.receive_body(connection))
    nginx.await_successor(worker)
  end)

  it("loses no call when a reload replaces it under load", function()
    emulator.reset()
    close_gate()
    nginx.set_record "start"
    local old = nginx.get_worker()
    local in_flight, waiting = {}, {}
    for i = 1, 50 do in_flight[i] = nginx.send_request(rename_path("echo", "gate" .. i, "name" .. i)) end
    for i = 1, 50 do waiting[i] = nginx.send_request(rename_path("ncloud", TAG, "name" .. i, "start")) end
    await_arrivals(50)
    nginx.signal(nginx.get_master(), "HUP")
    local during = {}
    nginx.eventually(function() -- requests to the old worker and to the new one
      during[#during + 1] = nginx.send_request(rename_path("echo", "tag" .. #during, "name" .. #during))
      socket.sleep(0.002)
      return nginx.get_worker() ~= old
    end)
    nginx.set_record("start", "now") -- these start their call in a worker that is shutting down
    nginx.set_record("gate", "open")
    for i = 1, 50 do assert.equal(("gate%d name%d"):format(i, i), nginx.receive_body(in_flight[i])) end
    for i = 1, 50 do assert.equal(TAG .. " name" .. i, nginx.receive_body(waiting[i])) end
    for i, connection in ipairs(during) do
      assert.equal(("tag%d name%d"):format(i - 1, i - 1), nginx.receive_body(connection))
    end
    nginx.await_successor(old)
  end)

  it("cannot use kms.bulk, which says so and is not loaded", function()
    local message = "[^\n]*handlers.lua:%d+: kms.bulk does not work inside NGINX, because it would block the worker: "
      .. "run it in a program of its own\n"
    assert.matches("^" .. message .. message .. "nil$", nginx.get "/bulk")
  end)

  it("logs no problem during these specs", function()
    assert.same({}, nginx.find_problems())
  end)
end)
