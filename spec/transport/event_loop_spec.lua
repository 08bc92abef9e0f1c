--- The event loop of kms.transport.curl, driven by hand through descriptor(), timeout() and step(), as the event loop of a
--- host program drives it.

local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"
local subprocess = require "spec.helpers.subprocess"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds
local CALL_COUNT = 40
local MAX_DURATION = 0.2 -- seconds until a timer of libcurl continues a handshake, whatever else the step does
local MAX_TRIES = 10

-- Sends a request and waits for the response.
local SEND = [[
  local curl_requests = require "spec.helpers.curl_requests"
  assert(curl_requests.new_transport():send(curl_requests.new_request "https"))]]

local function new_request(target, fields) return curl_requests.new_request("https", target, fields) end

--- Waits until the descriptor is readable or the timer is due, as a host's event loop would.
---@return boolean is_readable
local function wait(multi)
  local number = assert(multi:descriptor())
  local seconds = math.min(multi:timeout() or WAIT_LIMIT, WAIT_LIMIT)
  local readable = socket.select({ { getfd = function() return number end } }, nil, seconds)
  return readable[1] ~= nil
end

--- Drives multis of one state until each has returned `count` requests.
---@return table results lists of { id, response, err } per multi
local function drive(multis, count)
  local results, missing = {}, count * #multis
  for i in ipairs(multis) do results[i] = {} end
  local deadline = multis[1]:clock() + WAIT_LIMIT
  while missing > 0 do
    assert.is_true(multis[1]:clock() < deadline, "the requests did not end")
    wait(multis[1])
    for i, multi in ipairs(multis) do
      local id, response, err = multi:step()
      if id then
        results[i][#results[i] + 1] = { id, response, err }
        missing = missing - 1
      end
    end
  end
  return results
end

describe("the event loop of kms.transport.curl #descriptor", function()
  local transport = curl_requests.new_transport()

  it("requests complete if a host waits for the descriptor and timeout(), and then calls step()", function()
    local multi = curl.multi()
    local ids = {}
    for i = 1, 20 do ids[assert(multi:add(transport, new_request("/", { method = "PUT", body = tostring(i) })))] = tostring(i) end
    for _, result in ipairs(drive({ multi }, 20)[1]) do
      local id, response, err = result[1], result[2], result[3]
      assert.is_nil(err)
      assert.equal(ids[id], response.body:match "\r\n\r\n(.*)$")
      ids[id] = nil
    end
    assert.is_nil(next(ids))
    assert.equal(0, multi:pending())
  end)

  it("step() without an argument does not wait", function()
    local multi = curl.multi()
    assert(multi:add(transport, new_request("/fault/silent", { timeout = WAIT_LIMIT })))
    local before = multi:clock()
    for _ = 1, 3 do assert.is_nil((multi:step())) end
    assert.is_true(multi:clock() - before < WAIT_LIMIT / 2)
    assert.equal(1, multi:pending())
    multi:close()
  end)

  --- Starts requests over new connections, waits until the server has done its part of their handshakes, and returns the
  --- most handshakes that one step ends; nil if that took so long that timers of libcurl may have ended.
  local function count_handshakes_per_step()
    local multi, connections, most = curl.multi(), curl_requests.new_transport(), 0
    local started_at = multi:clock()
    for _ = 1, CALL_COUNT do assert(multi:add(connections, new_request "/")) end
    assert(subprocess.run(SEND, { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") }))
    repeat
      local before = multi:stats().connections
      multi:step()
      most = math.max(most, multi:stats().connections - before)
    until multi:stats().connections == CALL_COUNT or multi:clock() - started_at > MAX_DURATION
    local is_in_time = multi:clock() - started_at < MAX_DURATION
    multi:close()
    return is_in_time and most or nil
  end

  it("one step ends few TLS handshakes, so that a host can run between them #timing", function()
    local most
    for _ = 1, MAX_TRIES do
      most = count_handshakes_per_step()
      if most then break end
    end
    if not most then return pending "this machine is too busy to shake hands in 200 ms" end
    assert.is_true(most <= 8, ("one step ended %d handshakes"):format(most))
  end)

  it("timeout() returns at most the seconds until the deadline of a request", function()
    local multi = curl.multi()
    assert(transport:send(new_request "/")) -- the next request needs no time for a connection
    assert(multi:add(transport, new_request("/fault/silent", { timeout = 0.1 })))
    assert.is_true(multi:timeout() <= 0.1)
    local result = drive({ multi }, 1)[1][1]
    assert.same({ "timeout", true }, { result[3].code, result[3].uncertain })
  end)

  it("timeout() returns no deadline of a request that has ended", function()
    local multi = curl.multi()
    assert(multi:add(transport, new_request("/", { timeout = 30 })))
    assert.equal(200, drive({ multi }, 1)[1][1][2].status)
    assert.is_nil(multi:timeout())
  end)

  -- In a state of its own, in which no other case has made a request.
  it("before the first request timeout() is nil, the descriptor is not readable, and step() returns nothing", function()
    local output, ok = subprocess.run [[
      local curl, socket = require "kms.transport.curl", require "socket"
      local multi, quiet = curl.multi(), curl.new()
      local number = multi:descriptor()
      print(multi:timeout(), #socket.select({ { getfd = function() return number end } }, nil, 0), select("#", multi:step()))
      quiet:close()]]
    assert.is_true(ok, output)
    assert.equal("nil\t0\t0\n", output)
  end)

  it("multis share one descriptor, which stays readable until each multi has returned its ended request", function()
    local first, second = curl.multi(), curl.multi()
    assert.equal(first:descriptor(), second:descriptor())
    local slow = assert(first:add(transport, new_request "/late"))
    local quick = assert(second:add(transport, new_request "/"))
    -- Only the first multi steps, and takes the event that ends the request of the second.
    local deadline = first:clock() + WAIT_LIMIT
    while second:timeout() ~= 0 and first:clock() < deadline do
      wait(first)
      assert.is_nil((first:step()))
    end
    assert.is_true(wait(second)) -- readable, because a request that has ended waits
    assert.equal(quick, (second:step()))
    assert.equal(slow, drive({ first }, 1)[1][1][1])
  end)

  it("the descriptor becomes readable if the server closes an idle connection, and step() then closes it", function()
    local multi, own = curl.multi(), curl_requests.new_transport()
    assert(multi:add(own, new_request "/fault/liar")) -- the server keeps the connection, and closes it
    assert.equal("well", drive({ multi }, 1)[1][1][2].body)
    assert.is_true(wait(multi))
    assert.equal(0, select("#", multi:step()))
    local number = multi:descriptor()
    assert.equal(0, #socket.select({ { getfd = function() return number end } }, nil, 0))
    assert(multi:add(own, new_request "/"))
    assert.equal(200, drive({ multi }, 1)[1][1][2].status)
    assert.equal(2, own:stats().connections)
  end)

  it("a blocking send completes while a request of a multi runs, and does not end it", function()
    local multi = curl.multi()
    local slow = assert(multi:add(transport, new_request "/late"))
    assert.equal(200, transport:send(new_request "/").status)
    assert.equal(1, multi:pending())
    assert.equal(slow, drive({ multi }, 1)[1][1][1])
  end)

  it("one multi runs requests of several transports", function()
    local multi, other = curl.multi(), curl_requests.new_transport { keepalive = 0 }
    assert(multi:add(transport, new_request "/"))
    assert(multi:add(other, new_request "/"))
    assert.equal(2, #drive({ multi }, 2)[1])
  end)
end)
