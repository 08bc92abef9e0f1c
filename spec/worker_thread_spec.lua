--- kms.transport.worker_thread and kms.worker in a real NGINX: calls from handlers through ngx.run_worker_thread.

local ask_apart = require "spec.support.asking"
local cjson = require "cjson.safe"
local curl = require "kms.transport.curl"
local emulated = require "spec.support.emulated"
local servers = require "spec.servers"
local worker_thread = require "kms.transport.worker_thread"

local DIR, PORT = os.getenv "KMS_THREADS_DIR", os.getenv "KMS_THREADS_PORT"
local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

-- No connection is kept: an idle one could keep a worker that is to end.
local local_curl = curl.new { timeout = 30, max_response = 2 ^ 26, keepalive = 0 }

local function ask(path, value)
  local response = assert(local_curl:send {
    method = "POST", scheme = "http", host = "127.0.0.1:" .. PORT, target = path, headers = {},
    body = cjson.encode(value or {}),
  })
  assert.equal(200, response.status, response.body)
  return cjson.decode(response.body)
end

local function asking(path, value, times)
  return ask_apart("127.0.0.1:" .. PORT, path, value, { times = times })
end

--- Until `condition` gives something. Each look is a connection of its own: without a pause between them, a slow machine
--- would run out of ports.
local function wait(what, condition)
  local stop = local_curl:now() + 10
  repeat
    local value = condition()
    if value then return value end
    local_curl:sleep(0.01)
  until local_curl:now() > stop
  error("waited too long for " .. what, 2)
end

local function in_flight() return ask "/ping" end
local function none_in_flight() return in_flight() == 0 end

local function rename(name, fields)
  local all = { operation = "rename_key", params = { key_tag = TAG, key_name = name or "newKeyName" } }
  for field, value in pairs(fields or {}) do all[field] = value end
  return all
end

--- A transport on this side that has its work done by one in NGINX.
local function remote(options)
  local transport = {}
  local function method(name)
    return function(_, argument)
      local answer = ask("/transport", { options = { curl = options }, method = name, argument = argument })
      if answer.raised then error(answer.raised, 0) end
      return answer.result, answer.err
    end
  end
  transport.send, transport.sleep, transport.now = method "send", method "sleep", method "now"
  return transport
end

describe("the contract of transports, kept by worker_thread in NGINX:", function()
  require("spec.transport_contract")(remote, servers, { describe = describe, it = it, assert = assert })
end)

describe("worker_thread.new", function()
  local function refuses(text, ...)
    local ok, message = pcall(worker_thread.new, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("checks its options, outside NGINX too", function()
    assert.equal("kms.transport.worker_thread", tostring(worker_thread.new()))
    refuses("bad argument #1 to 'new' (table expected, got number)", 5)
    refuses("unknown option \"poool\"; known: pool, max_in_flight, curl", { poool = "kms" })
    refuses("option 'max_in_flight': a number above 0 expected, got 0", { max_in_flight = 0 })
    refuses("option 'curl': \"proxy\" is a function; names with strings or numbers expected", { curl = { proxy = print } })
  end)

  it("keeps no table of the caller's", function()
    local options = { proxy = "http://user:secret@proxy" }
    local transport = worker_thread.new { curl = options }
    assert.is_true(transport.curl ~= options)
    assert.is_nil(tostring(transport):find "secret")
  end)

  it("makes a transport that refuses to work outside NGINX", function()
    local response, err = worker_thread.new():send { method = "GET", scheme = "https", host = "localhost", target = "/" }
    assert.is_nil(response)
    assert.same({ "invalid", "phase", false }, { err.kind, err.code, err.uncertain })
  end)
end)

describe("kms.worker", function()
  it("says so where libcurl's part cannot be loaded", function()
    local name = "kms.transport.curl"
    local loaded = package.loaded[name]
    package.loaded[name], package.preload[name] = nil, function() error("libcurl.so.4: no such file", 0) end
    local answer = require("kms.worker").send({}, {})
    package.loaded[name], package.preload[name] = loaded, nil
    assert.same({ kind = "transport", code = "other", uncertain = false,
      message = "kms.transport.curl cannot be loaded: libcurl.so.4: no such file" }, answer.err)
  end)
end)

describe("worker_thread", function()
  before_each(function()
    emulated.reset()
    wait("the calls before", none_in_flight)
  end)

  it("carries both operations", function()
    local renamed = ask("/call", rename()).result
    assert.same({ TAG, "newKeyName" }, { renamed.key_tag, renamed.key_name })
    local moved = ask("/call", { operation = "update_primary_region",
      params = { key_id = KEY_ID, primary_region = "cn-east-3" } }).result
    assert.same({ KEY_ID, "cn-east-3" }, { moved.key_id, moved.primary_region })
    local state = emulated.state()
    assert.same({ "cn-east-3", "newKeyName" }, { state.keys[KEY_ID].primary, state.keys[TAG].key_name })
  end)

  it("hands back the cloud's refusals", function()
    local answer = ask("/call", rename "takenName")
    assert.is_true(answer.is_error)
    assert.same({ "service", false }, { answer.err.kind, answer.err.uncertain })
  end)

  it("hands back libcurl's failures as errors, with kind, code, cause and doubt", function()
    emulated.fault { kind = "close_within", part = "body" }
    local answer = ask("/call", rename())
    local err = answer.err
    assert.is_true(answer.is_error)
    assert.same({ "transport", "closed", true, true }, { err.kind, err.code, err.uncertain, err.retryable })
    assert.equal("number", type(err.cause.code))
    assert.equal("string", type(err.cause.message))
    assert.is_truthy(answer.text:find("the change may have been made", 1, true))

    emulated.fault { kind = "delay", seconds = 1 }
    err = ask("/call", rename(nil, { options = { timeout = 0.2 } })).err
    assert.same({ "timeout", true }, { err.code, err.uncertain })

    local response = ask("/transport", { method = "send", options = { curl = {} }, argument = {
      method = "GET", scheme = "http", host = servers.host "nobody", target = "/" } })
    assert.same({ "connect", false }, { response.err.code, response.err.uncertain })
  end)

  it("keeps the connections of each set of options", function()
    local function connection(keepalive)
      local answer = ask("/transport", { method = "send", options = { curl = { keepalive = keepalive } }, argument = {
        method = "GET", scheme = "http", host = servers.host "http", target = "/" } })
      return answer.result.headers["x-connection"]
    end
    local first = connection(31)
    for _ = 1, 9 do assert.equal(first, connection(31)) end
    assert.is_true(first ~= connection(32))
    -- More sets than a VM keeps: the oldest is closed, and made anew.
    for keepalive = 33, 41 do connection(keepalive) end
    assert.is_true(first ~= connection(31))
  end)

  it("speaks HTTP/2 where it is told to", function()
    local function line(version)
      local answer = ask("/transport", { method = "send", options = { curl = { ca_file = servers.ca_file, http_version = version } },
        argument = { method = "GET", scheme = "https", host = servers.host "http2", target = "/", headers = {} } })
      return answer.result.body:match "^[^\r]*"
    end
    assert.equal("GET / HTTP/2", line "2")
    assert.equal("GET / HTTP/1.1", line "1.1")
  end)

  it("mixes up no two of 400 calls from 8 clients", function()
    local reads = {}
    for client = 1, 8 do
      reads[client] = asking("/transport", { method = "send", options = { curl = { ca_file = servers.ca_file } },
        argument = { method = "PUT", scheme = "https", host = servers.host "https", target = "/of-" .. client .. "-%d",
          body = "body of " .. client .. "-%d;" } }, 50)
    end
    for client = 1, 8 do
      local answers = reads[client]()
      assert.equal(50, #answers)
      for i, answer in ipairs(answers) do
        local echo = answer.result and answer.result.body or ""
        assert.is_truthy(echo:find(("PUT /of-%d-%d HTTP/1.1\r\n"):format(client, i), 1, true), answer.text or answer.unreadable)
        assert.is_truthy(echo:find(("\r\n\r\nbody of %d-%d;"):format(client, i), 1, true))
      end
    end
  end)

  it("leaves the worker free to answer others", function()
    emulated.fault { kind = "delay", seconds = 0.5 }
    local read = asking("/call", rename())
    wait("a call in flight", function() return emulated.state().requests.ncloud == 1 end)
    assert.equal(1, in_flight())
    assert.equal("newKeyName", read()[1].result.key_name)
    assert.equal(0, in_flight())
  end)

  --- Starts `count` calls that wait for their answers, and counts the outcomes.
  local function outcomes(count, transport, seconds)
    emulated.fault { kind = "delay", seconds = seconds or 1.5, times = count }
    local reads, tally = {}, {}
    for i = 1, count do reads[i] = asking("/call", rename(nil, { transport = transport })) end
    for i = 1, count do
      local answer = reads[i]()[1]
      local name = answer.result and "done" or answer.err and answer.err.message or answer.raised or answer.unreadable
      tally[name] = (tally[name] or 0) + 1
      if answer.err then
        assert.same({ "transport", "connect", false, true },
          { answer.err.kind, answer.err.code, answer.err.uncertain, answer.err.retryable })
      end
    end
    return tally
  end

  it("refuses calls beyond max_in_flight", function()
    assert.same({
      done = 3, ["not sent: 3 calls of this worker process are in flight, max_in_flight is 3"] = 2,
    }, outcomes(5, { max_in_flight = 3 }))
    assert.is_truthy(ask("/call", rename(nil, { transport = { max_in_flight = 1 } })).result)
  end)

  it("never fills a pool's queue that holds max_in_flight, for NGINX would abort the worker", function()
    assert.same({
      done = 3, ["not sent: 3 calls of this worker process are in flight, max_in_flight is 3"] = 5,
    }, outcomes(8, { pool = "tiny", max_in_flight = 3 }, 0.5))
  end)

  it("says what to do when no Lua VM is left", function()
    assert.same({
      done = 12, ["not sent: no Lua VM is left for a thread: raise lua_worker_thread_vm_pool_size, or lower max_in_flight"] = 3,
    }, outcomes(15, { max_in_flight = 100 }))
    assert.is_truthy(ask("/call", rename()).result)
  end)

  it("says what to do when there is no such thread pool", function()
    local err = ask("/call", rename(nil, { transport = { pool = "nobody's" } })).err
    assert.same({ "transport", "other", false }, { err.kind, err.code, err.uncertain })
    assert.is_truthy(err.cause.message:find("not found", 1, true))
    assert.is_truthy(err.message:find("nginx.conf needs, at its main level, thread_pool NAME", 1, true))
  end)

  it("raises on misuse that only the thread can see", function()
    local request = { method = "GET", scheme = "http", host = servers.host "http", target = "/" }
    local answer = ask("/transport", { method = "send", options = { curl = { proxi = "x" } }, argument = request })
    assert.is_truthy(answer.raised:find("bad argument #1 to 'new' (option 'curl': unknown option 'proxi')", 1, true), answer.raised)
    request.method = 5
    answer = ask("/transport", { method = "send", options = {}, argument = request })
    assert.is_truthy(answer.raised:find("bad argument #1 to 'send' (request.method must be a string, got number)", 1, true))
    request.method, request.headers = "GET", { { "X-A", cjson.null } }
    answer = ask("/transport", { method = "send", options = {}, argument = request })
    assert.is_truthy(answer.raised:find("bad argument #1 to 'send' (", 1, true), answer.raised)
    request.headers = nil
    answer = ask("/transport", { method = "send", options = {}, argument = request, with_function = true })
    assert.is_truthy(answer.raised:find("bad argument #1 to 'send' (the request holds what cannot go to a thread: a function", 1, true))
    answer = ask("/transport", { method = "send", options = {} })
    assert.is_truthy(answer.raised:find("bad argument #1 to 'send' (table expected, got nil)", 1, true))
    assert.equal(0, in_flight())
  end)

  it("works where NGINX lets a handler wait, and says so elsewhere", function()
    local_curl:send { method = "GET", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/phases", headers = {} }
    local notes = wait("the timer", function()
      local notes = ask "/notes"
      return notes.timer and notes.log and notes
    end)
    for _, phase in ipairs { "rewrite", "access", "content", "timer" } do assert.matches("^%d+$", notes[phase], 1, false, phase) end
    for _, phase in ipairs { "init_worker", "header_filter", "body_filter", "log" } do
      assert.equal(("invalid phase no worker thread can be waited for in NGINX's %s phase: call from a timer without delay: "
        .. "ngx.timer.at(0, ...)"):format(phase), notes[phase])
    end
  end)

  it("gives back the place of a call whose client has gone", function()
    emulated.fault { kind = "delay", seconds = 0.2 }
    local impatient = curl.new { timeout = 0.1 }
    assert.is_nil(impatient:send { method = "POST", scheme = "http", host = "127.0.0.1:" .. PORT, target = "/aborted",
      headers = {}, body = cjson.encode(rename(nil, { options = { timeout = 0.3 } })) })
    local one = rename(nil, { transport = { max_in_flight = 1 } })
    assert.equal("connect", ask("/call", one).err.code)
    wait("a free place", function() return ask("/call", one).result end)
    assert.equal(0, in_flight())
  end)

  --- A worker that is told to end finishes its call, and another takes over.
  local function finishes(signal)
    local before = ask("/call", rename "beforehand").pid
    emulated.fault { kind = "delay", seconds = 1 }
    local read = asking("/call", rename())
    wait("a call in flight", function() return emulated.state().requests.ncloud == 2 end)
    assert(os.execute(signal:format(before)))
    local after = wait("the next worker", function()
      local pid = ask("/transport", { method = "now", options = {} }).pid
      return pid ~= before and pid
    end)
    local answer = read()[1]
    assert.equal("newKeyName", answer.result and answer.result.key_name, answer.unreadable)
    assert.equal(before, answer.pid)
    assert.is_true(after ~= before)
    wait("the end of the worker", function()
      local file = io.open(("/proc/%d/stat"):format(before))
      if file then file:close() end
      return not file
    end)
  end

  it("finishes a call when NGINX is reloaded meanwhile", function()
    finishes("kill -HUP $(cat " .. DIR .. "/nginx.pid)")
  end)

  it("finishes a call when its worker is to quit", function()
    finishes "kill -QUIT %d"
  end)

  it("has left nothing in NGINX's log but notices", function()
    for line in io.lines(DIR .. "/logs/error.log") do
      assert.is_truthy(line:find("[notice]", 1, true) or line:find("[info]", 1, true), line)
    end
  end)
end)
