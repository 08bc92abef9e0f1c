--- Multis of kms.transport.curl: the contract of every transport, and what is their own.

local child = require "spec.helpers.subprocess"
local curl = require "kms.transport.curl"
local Error = require "kms.error"
local servers = require "spec.helpers.test_servers"

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

--- Steps until a request has ended. A step may end early because of a signal or the clock.
local function finish(multi)
  local deadline = multi:clock() + WAIT_LIMIT
  repeat
    local id, response, err = multi:step(WAIT_LIMIT)
    if id then return id, response, err end
  until multi:clock() > deadline
  error "nothing has ended"
end

--- A transport that sends one request at a time over its own multi.
local function new(options)
  local transport, multi = curl.new(options), curl.multi()
  local single = {}
  function single.send(_, request)
    local id, problem = multi:add(transport, request)
    if not id then return nil, problem end
    local ended, response, err = finish(multi)
    assert(ended == id)
    return response, err
  end
  function single.sleep(_, seconds) return transport:sleep(seconds) end
  function single.now() return transport:now() end
  function single.stats() return multi:stats() end
  function single.close()
    multi:close()
    transport:close()
  end
  return single
end

require("spec.transport.contract")(new, servers, { describe = describe, it = it, assert = assert })

local function request(place, target, fields)
  local request_table = { method = "GET", scheme = place == "http" and "http" or "https", host = servers.host(place) }
  request_table.target = target or "/"
  for name, value in pairs(fields or {}) do request_table[name] = value end
  return request_table
end

local function trusting(options)
  options = options or {}
  options.ca_file = servers.ca_file
  return curl.new(options)
end

describe("multi:add", function()
  local multi, transport = curl.multi(), trusting()

  local function add(...)
    local id, err = multi:add(...)
    return id, err
  end

  local function raises(text, ...)
    local ok, message = pcall(add, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("raises for another transport, a malformed request, and a closed object", function()
    raises("bad argument #1 to 'add' (kms.transport.curl expected", {}, request("http"))
    raises("bad argument #2 to 'add' (table expected", transport)
    raises("(request.host must be a string, got nil)", transport, { method = "GET", scheme = "http" })
    raises("(request.headers[1] must be {name, value}, two strings)", transport, request("http", "/", { headers = { 5 } }))
    local closed = curl.new()
    closed:close()
    raises("transport is closed", closed, request("http"))
    local gone = curl.multi()
    gone:close()
    assert.has_error(function() gone:add(transport, request("http")) end, "multi is closed")
    assert.has_error(function() gone:step(0) end, "multi is closed")
    assert.equal(0, multi:pending())
  end)

  it("returns a validation error at once", function()
    for field, bad in pairs { method = "G T", scheme = "ftp", host = "a b", target = "x", headers = { { "Content-Length", "5" } } } do
      local id, err = multi:add(transport, request("http", "/", { [field] = bad }))
      assert.is_nil(id)
      assert.is_true(Error.is(err))
      assert.same({ "invalid", field, false }, { err.kind, err.code, err.uncertain })
    end
    local _, late = multi:add(transport, request("http", "/", { timeout = 0 }))
    assert.same({ "transport", "timeout" }, { late.kind, late.code })
    assert.equal(0, multi:pending())
    assert.same({ requests = 0, connections = 0 }, multi:stats())
  end)

  it("leaves nothing of a rejected request for the next one", function()
    for _, bad in ipairs { { 5 }, { "Content-Length", "5" } } do
      pcall(multi.add, multi, transport, request("http", "/", { headers = { { "X-Left", "over" }, bad } }))
      assert(multi:add(transport, request("http")))
      local _, response = finish(multi)
      assert.is_nil(response.body:find("X-Left", 1, true))
    end
  end)

  it("copies what it needs of the request", function()
    local expected = {}
    for i = 1, 20 do
      local body = ("body %d "):format(i):rep(1000)
      local put = request(i % 2 == 0 and "https" or "nobody", "/" .. i, { method = "PUT", body = body })
      local id = assert(multi:add(transport, put))
      assert.is_nil(expected[id])
      expected[id] = body
      for field in pairs(put) do put[field] = nil end
      collectgarbage()
    end
    for _ = 1, 20 do
      local id, response, err = finish(multi)
      if response then
        assert.equal(expected[id], response.body:sub(-#expected[id]))
      else
        assert.equal(("cannot connect to %s: Connection refused"):format(servers.host "nobody"), err.message)
      end
      expected[id] = nil
    end
    assert.is_nil(next(expected))
  end)
end)

describe("multi:step", function()
  it("returns nothing when nothing ends in time", function()
    local multi = curl.multi()
    local before = multi:clock()
    assert.equal(0, select("#", multi:step(0)))
    assert.equal(0, select("#", multi:step(0.05)))
    assert.is_true(multi:clock() - before >= 0.05)
    for _, seconds in ipairs { -1, math.huge, 0 / 0, "x", {} } do
      assert.has_error(function() multi:step(seconds) end)
    end
  end)

  it("returns each request once, in the order in which they end", function()
    local multi, transport = curl.multi(), trusting()
    local slow = assert(multi:add(transport, request("https", "/late")))
    local quick = assert(multi:add(transport, request("https", "/quick")))
    assert.equal(2, multi:pending())
    assert.equal(quick, (finish(multi)))
    local id, response = finish(multi)
    assert.same({ slow, "late" }, { id, response.body })
    assert.equal(0, multi:pending())
    assert.equal(0, select("#", multi:step(0)))
  end)

  it("makes progress with all requests while others fail at once", function()
    local multi, transport = curl.multi(), trusting()
    local late = assert(multi:add(transport, request("http", "/late")))
    local deadline, ended = multi:clock() + WAIT_LIMIT, nil
    assert(multi:add(transport, request("nobody")))
    repeat
      local id, _, err = finish(multi)
      if id == late then ended = true else assert.equal("connect", err.code) end
      assert(multi:add(transport, request("nobody")))
    until ended or multi:clock() > deadline
    assert.is_true(ended)
  end)

  it("keeps the deadline of each request", function()
    local multi, transport = curl.multi(), trusting()
    local hasty = assert(multi:add(transport, request("https", "/fault/silent", { timeout = 0.1 })))
    local patient = assert(multi:add(transport, request("https", "/late")))
    local id, _, err = finish(multi)
    assert.same({ hasty, "timeout", true }, { id, err.code, err.uncertain })
    assert.equal(patient, (finish(multi)))
  end)
end)

describe("connections of a multi", function()
  local function serials(multi, count)
    local seen = {}
    for _ = 1, count do
      local _, response, err = finish(multi)
      assert(response, tostring(err))
      seen[#seen + 1] = response.headers["x-connection"]
    end
    return seen
  end

  it("are as many as the requests at a time, and are kept", function()
    local multi, transport = curl.multi(), trusting()
    for _ = 1, 3 do
      for _ = 1, 20 do assert(multi:add(transport, request("https"))) end
      serials(multi, 20)
    end
    assert.same({ requests = 60, connections = 20 }, multi:stats())
  end)

  it("are closed after a failure", function()
    local multi, transport = curl.multi(), trusting()
    assert(multi:add(transport, request("https")))
    local first = serials(multi, 1)[1]
    local hasty = assert(multi:add(transport, request("https", "/late", { timeout = 0.2 })))
    local id, _, err = finish(multi)
    assert.same({ hasty, "timeout" }, { id, err and err.code })
    assert(multi:add(transport, request("https")))
    assert.is_true(serials(multi, 1)[1] ~= first)
    assert.equal(2, multi:stats().connections)
  end)

  it("belong to the transport: a blocking send uses them, and the other way round", function()
    local multi, transport = curl.multi(), trusting()
    local first = transport:send(request("https")).headers["x-connection"]
    assert(multi:add(transport, request("https")))
    assert.same({ first }, serials(multi, 1))
    assert(multi:add(transport, request("https")))
    assert(multi:add(transport, request("https")))
    local pair = serials(multi, 2)
    local last = transport:send(request("https")).headers["x-connection"]
    assert.is_true(last == pair[1] or last == pair[2])
    assert.same({ requests = 5, connections = 2 }, transport:stats())
  end)

  it("are reused after a blocking send that ran beside them", function()
    local multi, transport = curl.multi(), trusting()
    local slow = assert(multi:add(transport, request("https", "/late")))
    assert.equal(200, transport:send(request("https")).status)
    local id, response = finish(multi)
    assert.same({ slow, "late" }, { id, response.body })
    assert.same({ requests = 2, connections = 2 }, transport:stats())
  end)

  it("are kept for keepalive seconds, fractions included", function()
    local multi, transport = curl.multi(), trusting { keepalive = 0.05 }
    assert(multi:add(transport, request("https")))
    serials(multi, 1)
    multi:step(0.1)
    assert(multi:add(transport, request("https")))
    serials(multi, 1)
    assert.equal(2, multi:stats().connections)
    local never = trusting { keepalive = 0 }
    for _ = 1, 2 do
      assert(multi:add(never, request("https")))
      serials(multi, 1)
    end
    assert.equal(4, multi:stats().connections)
  end)

  it("are not shared by transports with other options", function()
    local multi = curl.multi()
    assert(multi:add(trusting(), request("https")))
    serials(multi, 1)
    assert(multi:add(curl.new(), request("https")))
    local _, _, err = finish(multi)
    assert.equal("tls", err.code)
  end)
end)

describe("a multi", function()
  it("can be closed with requests in flight, twice, and then raises", function()
    local multi, transport = curl.multi(), trusting()
    for _ = 1, 10 do assert(multi:add(transport, request("https", "/late"))) end
    assert(multi:add(transport, request("nobody"))) -- ended, and never looked at
    multi:close()
    multi:close()
    assert.equal("kms.transport.curl.multi (closed)", tostring(multi))
    assert.equal(0, multi:pending())
    assert.equal(11, multi:stats().requests)
    assert.equal(200, transport:send(request("https")).status)
  end)

  it("is closed at the end of its block in Lua 5.4", function()
    if rawget(_G, "jit") then return end
    local multi = curl.multi()
    assert(load("local multi <close> = ..."))(multi)
    assert.equal("kms.transport.curl.multi (closed)", tostring(multi))
  end)

  it("outlives its transports, and does not show the proxy of a closed one", function()
    local multi = curl.multi()
    local transport = trusting { proxy = "http://user:s3cret@[" }
    assert(multi:add(transport, request("https")))
    transport:close()
    local _, _, err = finish(multi)
    assert.is_nil((tostring(err) .. err.cause.message):find("s3cret", 1, true))
    assert(multi:add(trusting(), request("https", "/late")))
    collectgarbage()
    collectgarbage()
    local _, response = finish(multi)
    assert.equal("late", response.body)
  end)

  it("can be collected with requests in flight", function()
    local kept = trusting()
    for i = 1, 20 do
      local multi = curl.multi()
      for _ = 1, 3 do
        assert(multi:add(i % 2 == 0 and kept or trusting(), request("https", "/late", { method = "PUT", body = ("x"):rep(100000) })))
      end
      multi:step(0)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, kept:send(request("https")).status)
  end)

  it("can be in use when the Lua state is closed", function()
    for order = 1, 3 do
      local output, ok = child.run(([[
        local curl, servers = require("kms.transport.curl"), require("spec.helpers.test_servers")
        local order = %d
        local transport, multi
        if order == 1 then transport = curl.new { ca_file = servers.ca_file } end
        multi = curl.multi()
        transport = transport or curl.new { ca_file = servers.ca_file }
        for _ = 1, 5 do
          assert(multi:add(transport, { method = "GET", scheme = "https", host = servers.host "https", target = "/late" }))
        end
        multi:step(0.05)
        keep = { multi, transport }
        if order == 3 then os.exit(0, true) end
        print "end"]]):format(order), { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
      assert.equal(order == 3 and "" or "end\n", output)
      assert.is_true(ok)
    end
  end)

  it("works in finalizers that run within it, and loses nothing #gc", function()
    local multi, transport = curl.multi(), trusting()
    local added, tried, returned = 0, 0, 0
    local function run_finalizer()
      local function call()
        tried = tried + 1
        if multi:add(transport, request("http", "/finalizer")) then added = added + 1 end
        if tried % 3 == 0 and finish(multi) then returned = returned + 1 end
      end
      local newproxy = rawget(_G, "newproxy")
      if newproxy then getmetatable(newproxy(true)).__gc = call else setmetatable({}, { __gc = call }) end
    end
    local body = ("x"):rep(500000)
    local pause = collectgarbage("setpause", 0)
    local multiplier = collectgarbage("setstepmul", rawget(_G, "jit") and 100000000 or 1000)
    for _ = 1, 30 do
      collectgarbage "stop"
      for _ = 1, 3 do run_finalizer() end
      assert(multi:add(transport, request("http", "/", { method = "PUT", body = body })))
      collectgarbage "restart"
      local _, response = finish(multi) -- the first to allocate, and so to collect
      returned = returned + 1
      assert.equal(200, response.status)
    end
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", multiplier)
    collectgarbage()
    collectgarbage()
    while multi:pending() > 0 do
      finish(multi)
      returned = returned + 1
    end
    assert.same({ 90, 90 }, { tried, added })
    assert.equal(30 + added, returned)
  end)

  it("has no public fields but its methods", function()
    assert.is_nil(curl.multi().__gc)
    assert.has_error(function() curl.multi().poll({}, 0) end)
  end)
end)
