--- The event loop of kms.transport.curl, driven by hand through descriptor(), timeout() and step(), as the event loop of a
--- host program drives it.

local curl = require "kms.transport.curl"
local servers = require "spec.helpers.test_servers"
local socket = require "socket"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

local function request(target, fields)
  local request_table = { method = "GET", scheme = "https", host = servers.host "https", target = target or "/" }
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

--- Waits until the descriptor is readable or the timer is due, as a host's event loop would.
---@return boolean is_readable
local function wait(multi)
  local number = assert(multi:descriptor())
  local seconds = math.min(multi:timeout() or WAIT_LIMIT, WAIT_LIMIT)
  local readable = socket.select({ { getfd = function() return number end } }, nil, seconds)
  return readable[1] ~= nil
end

--- Drives multis until each has returned so many requests.
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
  local transport = curl.new { ca_file = servers.ca_file }

  it("completes requests that a host drives", function()
    local multi = curl.multi()
    local ids = {}
    for i = 1, 20 do ids[assert(multi:add(transport, request("/", { method = "PUT", body = tostring(i) })))] = tostring(i) end
    for _, result in ipairs(drive({ multi }, 20)[1]) do
      local id, response, err = result[1], result[2], result[3]
      assert.is_nil(err)
      assert.equal(ids[id], response.body:match "\r\n\r\n(.*)$")
      ids[id] = nil
    end
    assert.is_nil(next(ids))
    assert.equal(0, multi:pending())
  end)

  it("never blocks in step()", function()
    local multi = curl.multi()
    assert(multi:add(transport, request "/late"))
    for _ = 1, 3 do
      local before = multi:clock()
      multi:step()
      assert.is_true(multi:clock() - before < 0.05)
    end
    assert.equal("late", drive({ multi }, 1)[1][1][2].body)
  end)

  it("reports a deadline through timeout()", function()
    local multi = curl.multi()
    assert(multi:add(transport, request("/fault/silent", { timeout = 0.1 })))
    assert.is_true(multi:timeout() <= 0.1)
    local result = drive({ multi }, 1)[1][1]
    assert.same({ "timeout", true }, { result[3].code, result[3].uncertain })
  end)

  it("has no timer and no input when nothing runs", function()
    local multi, quiet = curl.multi(), curl.new()
    assert.is_nil(multi:timeout())
    local number = multi:descriptor()
    assert.equal(0, #socket.select({ { getfd = function() return number end } }, nil, 0))
    assert.equal(0, select("#", multi:step()))
    quiet:close()
  end)

  it("serves several multis through one descriptor: none of them misses the end of its request", function()
    local first, second = curl.multi(), curl.multi()
    assert.equal(first:descriptor(), second:descriptor())
    local slow = assert(first:add(transport, request "/late"))
    local quick = assert(second:add(transport, request "/"))
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

  it("notices that the server closed an idle connection", function()
    local multi, own = curl.multi(), curl.new { ca_file = servers.ca_file }
    assert(multi:add(own, request("/", { headers = { { "Connection", "close" } } })))
    drive({ multi }, 1)
    assert(multi:add(own, request "/"))
    drive({ multi }, 1)
    assert.equal(2, own:stats().connections)
  end)

  it("completes a blocking send while the requests of a multi run", function()
    local multi = curl.multi()
    local slow = assert(multi:add(transport, request "/late"))
    assert.equal(200, transport:send(request "/").status)
    assert.equal(1, multi:pending())
    assert.equal(slow, drive({ multi }, 1)[1][1][1])
  end)

  it("runs the transports of a state together", function()
    local multi, other = curl.multi(), curl.new { ca_file = servers.ca_file, keepalive = 0 }
    assert(multi:add(transport, request "/"))
    assert(multi:add(other, request "/"))
    assert.equal(2, #drive({ multi }, 2)[1])
  end)
end)
