--- Multis of kms.transport.curl: the contract of every transport, and requests that run at the same time.

local Error = require "kms.error"
local curl = require "kms.transport.curl"
local curl_requests = require "spec.helpers.curl_requests"
local finalizers = require "spec.helpers.finalizers"
local lua_features = require "spec.helpers.lua_features"
local servers = require "spec.helpers.test_servers"
local subprocess = require "spec.helpers.subprocess"

local finish_request, new_request, new_transport = curl_requests.finish_request, curl_requests.new_request,
  curl_requests.new_transport

local WAIT_LIMIT = 20 -- seconds for what takes milliseconds

--- A transport that sends one request at a time over its own multi.
local function new_single(options)
  local transport, multi = curl.new(options), curl.multi()
  local single = {}
  function single.send(_, request)
    local id, problem = multi:add(transport, request)
    if not id then return nil, problem end
    local ended, response, err = finish_request(multi)
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

require("spec.transport.contract")(new_single, servers, { describe = describe, it = it, assert = assert })

describe("new requests of a multi", function()
  local multi, transport

  before_each(function()
    multi, transport = curl.multi(), new_transport()
  end)

  local function add(...)
    local id, err = multi:add(...)
    return id, err
  end

  local function assert_raises(text, ...)
    local ok, message = pcall(add, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("multi:add raises for an invalid transport, a malformed request, a closed transport and a closed multi", function()
    assert_raises("bad argument #1 to 'add' (kms.transport.curl expected", {}, new_request "http")
    assert_raises("bad argument #2 to 'add' (table expected", transport)
    assert_raises("(request.host must be a string, got nil)", transport, { method = "GET", scheme = "http" })
    assert_raises("(request.headers[1] must be {name, value}, two strings)", transport, new_request("http", "/", { headers = { 5 } }))
    local closed = curl.new()
    closed:close()
    assert_raises("transport is closed", closed, new_request "http")
    local closed_multi = curl.multi()
    closed_multi:close()
    assert.has_error(function() closed_multi:add(transport, new_request "http") end, "multi is closed")
    assert.has_error(function() closed_multi:step(0) end, "multi is closed")
    assert.equal(0, multi:pending())
  end)

  it("multi:add returns a validation error, and the error of a request without time left, and starts nothing", function()
    for field, bad in pairs { method = "G T", scheme = "ftp", host = "a b", target = "x", headers = { { "Content-Length", "5" } } } do
      local id, err = multi:add(transport, new_request("http", "/", { [field] = bad }))
      assert.is_nil(id)
      assert.is_true(Error.is(err))
      assert.same({ "invalid", field, false }, { err.kind, err.code, err.uncertain })
    end
    local _, late = multi:add(transport, new_request("http", "/", { timeout = 0 }))
    assert.same({ "transport", "timeout" }, { late.kind, late.code })
    assert.equal(0, multi:pending())
    assert.same({ requests = 0, connections = 0 }, multi:stats())
  end)

  it("a request that multi:add rejects leaves no headers for the next request", function()
    for _, bad in ipairs { { 5 }, { "Content-Length", "5" } } do
      pcall(multi.add, multi, transport, new_request("http", "/", { headers = { { "X-Left", "over" }, bad } }))
      assert(multi:add(transport, new_request "http"))
      local _, response = finish_request(multi)
      assert.is_nil(response.body:find("X-Left", 1, true))
    end
  end)

  it("the caller can change a request after multi:add", function()
    local expected = {}
    for i = 1, 20 do
      local body = ("body %d "):format(i):rep(1000)
      local put = new_request(i % 2 == 0 and "https" or "nobody", "/" .. i, { method = "PUT", body = body })
      local id = assert(multi:add(transport, put))
      assert.is_nil(expected[id])
      expected[id] = body
      for field in pairs(put) do put[field] = nil end
      collectgarbage()
    end
    for _ = 1, 20 do
      local id, response, err = finish_request(multi)
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

describe("steps of a multi", function()
  it("multi:step waits for the given seconds, and returns nothing if no request ends", function()
    local multi = curl.multi()
    local before = multi:clock()
    assert.equal(0, select("#", multi:step(0)))
    assert.equal(0, select("#", multi:step(0.05)))
    assert.is_true(multi:clock() - before >= 0.05)
    for _, seconds in ipairs { -1, math.huge, 0 / 0, "x", {} } do
      assert.has_error(function() multi:step(seconds) end)
    end
  end)

  it("multi:step returns each request once, in the order in which the requests end", function()
    local multi, transport = curl.multi(), new_transport()
    local slow = assert(multi:add(transport, new_request("https", "/late")))
    local quick = assert(multi:add(transport, new_request("https", "/quick")))
    assert.equal(2, multi:pending())
    assert.equal(quick, (finish_request(multi)))
    local id, response = finish_request(multi)
    assert.same({ slow, "late" }, { id, response.body })
    assert.equal(0, multi:pending())
    assert.equal(0, select("#", multi:step(0)))
  end)

  it("a request completes while others are added that fail at once", function()
    local multi, transport = curl.multi(), new_transport()
    local late = assert(multi:add(transport, new_request("http", "/late")))
    local deadline, ended = multi:clock() + WAIT_LIMIT, nil
    assert(multi:add(transport, new_request "nobody"))
    repeat
      local id, _, err = finish_request(multi)
      if id == late then ended = true else assert.equal("connect", err.code) end
      assert(multi:add(transport, new_request "nobody"))
    until ended or multi:clock() > deadline
    assert.is_true(ended)
  end)

  it("each request of a multi has its own deadline", function()
    local multi, transport = curl.multi(), new_transport()
    assert(transport:send(new_request "https")) -- the next request needs no time for a connection
    local hasty = assert(multi:add(transport, new_request("https", "/fault/silent", { timeout = 0.1 })))
    local patient = assert(multi:add(transport, new_request("https", "/late")))
    local id, _, err = finish_request(multi)
    assert.same({ hasty, "timeout", true }, { id, err.code, err.uncertain })
    assert.equal(patient, (finish_request(multi)))
  end)
end)

describe("the life of a multi", function()
  it("a multi can be closed twice and with running requests, and its transport can send after that", function()
    local multi, transport = curl.multi(), new_transport()
    for _ = 1, 10 do assert(multi:add(transport, new_request("https", "/late"))) end
    assert(multi:add(transport, new_request "nobody")) -- ends, and is not returned
    multi:close()
    multi:close()
    assert.equal("kms.transport.curl.multi (closed)", tostring(multi))
    assert.equal(0, multi:pending())
    assert.equal(11, multi:stats().requests)
    assert.equal(200, transport:send(new_request "https").status)
  end)

  it("a multi in a <close> variable is closed at the end of the block", function()
    if not lua_features.has_close then
      pending "this Lua has no to-be-closed variables"
      return
    end
    local multi = curl.multi()
    assert(load("local multi <close> = ..."))(multi)
    assert.equal("kms.transport.curl.multi (closed)", tostring(multi))
  end)

  it("a request completes after its transport is closed or collected, and its error has no proxy password", function()
    local multi = curl.multi()
    local transport = new_transport { proxy = "http://user:s3cret@[" }
    assert(multi:add(transport, new_request "https"))
    transport:close()
    local _, _, err = finish_request(multi)
    assert.is_nil((tostring(err) .. err.cause.message):find("s3cret", 1, true))
    assert(multi:add(new_transport(), new_request("https", "/late")))
    collectgarbage()
    collectgarbage()
    local _, response = finish_request(multi)
    assert.equal("late", response.body)
  end)

  it("a multi with running requests can be collected, and its transport can send after that", function()
    local kept = new_transport()
    for i = 1, 20 do
      local multi = curl.multi()
      for _ = 1, 3 do
        local put = new_request("https", "/late", { method = "PUT", body = ("x"):rep(100000) })
        assert(multi:add(i % 2 == 0 and kept or new_transport(), put))
      end
      multi:step(0)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, kept:send(new_request "https").status)
  end)

  it("a Lua state can be closed while a multi runs requests", function()
    for order = 1, 3 do
      local output, ok = subprocess.run(([[
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

  it("a finalizer that runs within multi:step can add and finish requests of that multi #gc", function()
    local multi, transport = curl.multi(), new_transport()
    local call_count, added_count, returned_count = 0, 0, 0
    local function finalizer()
      call_count = call_count + 1
      if multi:add(transport, new_request("http", "/finalizer")) then added_count = added_count + 1 end
      if call_count % 3 == 0 and finish_request(multi) then returned_count = returned_count + 1 end
    end
    local put = new_request("http", "/", { method = "PUT", body = ("x"):rep(500000) })
    for _ = 1, 30 do
      assert(multi:add(transport, put))
      local _, response = finalizers.run_within(3, finalizer, function() return finish_request(multi) end)
      returned_count = returned_count + 1
      assert.equal(200, response.status)
    end
    collectgarbage()
    collectgarbage()
    while multi:pending() > 0 do
      finish_request(multi)
      returned_count = returned_count + 1
    end
    assert.same({ 90, 90 }, { call_count, added_count })
    assert.equal(30 + added_count, returned_count)
  end)

  it("a multi has its methods as its only fields, and they raise for another object", function()
    assert.is_nil(curl.multi().__gc)
    assert.has_error(function() curl.multi().step({}, 0) end)
  end)
end)
