--- Connection pools of kms.transport.curl: which idle connections a transport keeps, for how long, and for which requests.
--- The contract of transports says when a connection is closed after a failure.

local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local servers = require "spec.helpers.test_servers"

local finish_request, new_request, new_transport = curl_requests.finish_request, curl_requests.new_request,
  curl_requests.new_transport

--- Finishes requests of a multi, and returns the numbers of the connections that they used.
local function finish_requests(multi, count)
  local connections = {}
  for _ = 1, count do
    local _, response, err = finish_request(multi)
    assert(response, tostring(err))
    connections[#connections + 1] = response.headers["x-connection"]
  end
  return connections
end

describe("the number of idle connections", function()
  --- The n-th spelling of "localhost". A transport takes each one for a host of its own.
  local function spell_localhost(n)
    return servers.host("http", ("localhost"):sub(1, n):upper() .. ("localhost"):sub(n + 1))
  end

  it("a transport keeps the eight connections that it used last", function()
    local transport = curl.new()
    local function count_after(n)
      assert.equal(200, transport:send(new_request("http", "/", { host = spell_localhost(n) })).status)
      return transport:stats().connections
    end
    for n = 1, 8 do assert.equal(n, count_after(n)) end
    for n = 1, 8 do assert.equal(8, count_after(n)) end
    count_after(2)
    assert.equal(9, count_after(9)) -- in the place of the first
    for n = 2, 9 do assert.equal(9, count_after(n)) end
    assert.equal(10, count_after(1))
    assert.equal(11, count_after(2))
    assert.equal(11, count_after(4))
  end)

  it("a transport keeps as many connections as it used at once, if those are more than eight", function()
    local multi, transport = curl.multi(), new_transport()
    for _ = 1, 3 do
      for _ = 1, 20 do assert(multi:add(transport, new_request "https")) end
      finish_requests(multi, 20)
    end
    assert.same({ requests = 60, connections = 20 }, multi:stats())
  end)
end)

describe("the age of idle connections", function()
  it("an idle connection is kept for keepalive seconds, fractions included", function()
    local multi, transport = curl.multi(), new_transport { keepalive = 0.05 }
    assert(multi:add(transport, new_request "https"))
    finish_requests(multi, 1)
    multi:step(0.1)
    assert(multi:add(transport, new_request "https"))
    finish_requests(multi, 1)
    assert.equal(2, multi:stats().connections)
  end)

  it("no connection is kept with keepalive = 0", function()
    local multi, transport = curl.multi(), new_transport { keepalive = 0 }
    for _ = 1, 2 do
      assert(multi:add(transport, new_request "https"))
      finish_requests(multi, 1)
    end
    assert.equal(2, multi:stats().connections)
  end)
end)

describe("the requests that share a connection pool", function()
  it("a multi and a blocking send of one transport use the same connections", function()
    local multi, transport = curl.multi(), new_transport()
    local first = transport:send(new_request "https").headers["x-connection"]
    assert(multi:add(transport, new_request "https"))
    assert.same({ first }, finish_requests(multi, 1))
    assert(multi:add(transport, new_request "https"))
    assert(multi:add(transport, new_request "https"))
    local pair = finish_requests(multi, 2)
    local last = transport:send(new_request "https").headers["x-connection"]
    assert.is_true(last == pair[1] or last == pair[2])
    assert.same({ requests = 5, connections = 2 }, transport:stats())
  end)

  it("a request of a multi keeps its connection while a blocking send opens another one", function()
    local multi, transport = curl.multi(), new_transport()
    local slow = assert(multi:add(transport, new_request("https", "/late")))
    assert.equal(200, transport:send(new_request "https").status)
    local id, response = finish_request(multi)
    assert.same({ slow, "late" }, { id, response.body })
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)

  it("two transports of one multi share no connection", function()
    local multi = curl.multi()
    assert(multi:add(new_transport(), new_request "https"))
    finish_requests(multi, 1)
    assert(multi:add(curl.new(), new_request "https"))
    local _, _, err = finish_request(multi)
    assert.equal("tls", err.code)
  end)

  it("a connection whose request timed out is closed, and the next request opens another one", function()
    local multi, transport = curl.multi(), new_transport()
    assert(multi:add(transport, new_request "https"))
    local first = finish_requests(multi, 1)[1]
    local hasty = assert(multi:add(transport, new_request("https", "/late", { timeout = 0.2 })))
    local id, _, err = finish_request(multi)
    assert.same({ hasty, "timeout" }, { id, err and err.code })
    assert(multi:add(transport, new_request "https"))
    assert.is_true(finish_requests(multi, 1)[1] ~= first)
    assert.equal(2, multi:stats().connections)
  end)

  it("a connection is replaced after a response with Connection: close", function()
    local multi, transport = curl.multi(), new_transport()
    assert(multi:add(transport, new_request("https", "/", { headers = { { "Connection", "close" } } })))
    finish_requests(multi, 1)
    assert(multi:add(transport, new_request "https"))
    finish_requests(multi, 1)
    assert.equal(2, transport:stats().connections)
  end)

  it("a connection survives a failure of another connection of its transport", function()
    local transport = new_transport()
    for _ = 1, 3 do transport:send(new_request "https") end
    assert.same({ requests = 3, connections = 1 }, transport:stats())
    transport:send(new_request("http", "/fault/closed"))
    transport:send(new_request "https")
    assert.same({ requests = 5, connections = 2 }, transport:stats())
  end)
end)
