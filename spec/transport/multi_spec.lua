--- kms.transport.curl's many at once: the contract of every transport, and what is its own.

local child = require "spec.helpers.subprocess"
local curl = require "kms.transport.curl"
local Error = require "kms.error"
local servers = require "spec.helpers.test_servers"

local PATIENCE = 20 -- seconds for what takes milliseconds

--- The next end; polls that a signal or the clock cut short are made again.
local function finish(multi)
  local stop = multi:clock() + PATIENCE
  repeat
    local key, response, err = multi:poll(PATIENCE)
    if key then return key, response, err end
  until multi:clock() > stop
  error "nothing has ended"
end

--- One exchange at a time over a multi of its own, as a transport.
local function new(options)
  local transport, multi = curl.new(options), curl.multi()
  local single = {}
  function single.send(_, request)
    local key, problem = multi:add(transport, request)
    if not key then return nil, problem end
    local ended, response, err = finish(multi)
    assert(ended == key)
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
  local made = { method = "GET", scheme = place == "http" and "http" or "https", host = servers.host(place) }
  made.target = target or "/"
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function trusting(options)
  options = options or {}
  options.ca_file = servers.ca_file
  return curl.new(options)
end

describe("multi:add", function()
  local multi, transport = curl.multi(), trusting()

  local function add(...)
    local key, err = multi:add(...)
    return key, err
  end

  local function raises(text, ...)
    local ok, message = pcall(add, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("raises on what is no transport, no request, or closed", function()
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
    assert.has_error(function() gone:poll(0) end, "multi is closed")
    assert.equal(0, multi:pending())
  end)

  it("refuses at once what is not to be sent", function()
    for field, bad in pairs { method = "G T", scheme = "ftp", host = "a b", target = "x", headers = { { "Content-Length", "5" } } } do
      local key, err = multi:add(transport, request("http", "/", { [field] = bad }))
      assert.is_nil(key)
      assert.is_true(Error.is(err))
      assert.same({ "invalid", field, false }, { err.kind, err.code, err.uncertain })
    end
    local _, late = multi:add(transport, request("http", "/", { deadline = 1 }))
    assert.same({ "transport", "timeout" }, { late.kind, late.code })
    assert.equal(0, multi:pending())
    assert.same({ requests = 0, connections = 0 }, multi:stats())
  end)

  it("leaves nothing of a refused request to the next one", function()
    for _, bad in ipairs { { 5 }, { "Content-Length", "5" } } do
      pcall(multi.add, multi, transport, request("http", "/", { headers = { { "X-Left", "over" }, bad } }))
      assert(multi:add(transport, request("http")))
      local _, response = finish(multi)
      assert.is_nil(response.body:find("X-Left", 1, true))
    end
  end)

  it("needs none of the request's strings any more, but keeps those it needs itself", function()
    local expected = {}
    for i = 1, 20 do
      local body = ("body %d "):format(i):rep(1000)
      local put = request(i % 2 == 0 and "https" or "nobody", "/" .. i, { method = "PUT", body = body })
      local key = assert(multi:add(transport, put))
      assert.is_nil(expected[key])
      expected[key] = body
      for field in pairs(put) do put[field] = nil end
      collectgarbage()
    end
    for _ = 1, 20 do
      local key, response, err = finish(multi)
      if response then
        assert.equal(expected[key], response.body:sub(-#expected[key]))
      else
        assert.equal(("no connection to %s: Connection refused"):format(servers.host "nobody"), err.message)
      end
      expected[key] = nil
    end
    assert.is_nil(next(expected))
  end)
end)

describe("multi:poll", function()
  it("gives nothing where nothing is, after the time", function()
    local multi = curl.multi()
    local before = multi:clock()
    assert.equal(0, select("#", multi:poll(0)))
    assert.equal(0, select("#", multi:poll(0.05)))
    assert.is_true(multi:clock() - before >= 0.05)
    for _, seconds in ipairs { -1, math.huge, 0 / 0, "x", {} } do
      assert.has_error(function() multi:poll(seconds) end)
    end
  end)

  it("gives each end once, the quick one first", function()
    local multi, transport = curl.multi(), trusting()
    local slow = assert(multi:add(transport, request("https", "/late")))
    local quick = assert(multi:add(transport, request("https", "/quick")))
    assert.equal(2, multi:pending())
    assert.equal(quick, (finish(multi)))
    local key, response = finish(multi)
    assert.same({ slow, "late" }, { key, response.body })
    assert.equal(0, multi:pending())
    assert.equal(0, select("#", multi:poll(0)))
  end)

  it("goes on with all while each is added, failing at once, as another ends", function()
    local multi, transport = curl.multi(), trusting()
    local late = assert(multi:add(transport, request("http", "/late")))
    local stop, ended = multi:clock() + PATIENCE, nil
    assert(multi:add(transport, request("nobody")))
    repeat
      local key, _, err = finish(multi)
      if key == late then ended = true else assert.equal("connect", err.code) end
      assert(multi:add(transport, request("nobody")))
    until ended or multi:clock() > stop
    assert.is_true(ended)
  end)

  it("keeps the deadline of each", function()
    local multi, transport = curl.multi(), trusting()
    local hasty = assert(multi:add(transport, request("https", "/fault/silent", { deadline = transport:now() + 0.1 })))
    local patient = assert(multi:add(transport, request("https", "/late")))
    local key, _, err = finish(multi)
    assert.same({ hasty, "timeout", true }, { key, err.code, err.uncertain })
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

  it("are as many as exchanges at once, and stay", function()
    local multi, transport = curl.multi(), trusting()
    for _ = 1, 3 do
      for _ = 1, 20 do assert(multi:add(transport, request("https"))) end
      serials(multi, 20)
    end
    assert.same({ requests = 60, connections = 20 }, multi:stats())
  end)

  it("are one over HTTP/2", function()
    local multi, transport = curl.multi(), trusting { http_version = "2" }
    for _ = 1, 20 do assert(multi:add(transport, request("http2"))) end
    serials(multi, 20)
    assert.same({ requests = 20, connections = 1 }, multi:stats())
  end)

  it("are left behind by a failure, of HTTP/2 with the others on it, who finish", function()
    for _, version in ipairs { "1.1", "2" } do
      local multi, transport = curl.multi(), trusting { http_version = version }
      local place = version == "2" and "http2" or "https"
      assert(multi:add(transport, request(place)))
      local first = serials(multi, 1)[1]
      local hasty = assert(multi:add(transport, request(place, "/late", { deadline = transport:now() + 0.2 })))
      local patient = version == "2" and assert(multi:add(transport, request(place, "/a", { method = "PUT", body = "x" })))
      if patient then assert.same({ first }, serials(multi, 1)) end
      local companion = version == "2" and assert(multi:add(transport, request(place, "/late")))
      local key, _, err = finish(multi)
      assert.same({ hasty, "timeout" }, { key, err and err.code })
      assert(multi:add(transport, request(place)))
      assert.is_true(serials(multi, 1)[1] ~= first)
      if companion then
        local ended, response = finish(multi)
        assert.same({ companion, "late" }, { ended, response.body })
      end
      assert.equal(2, multi:stats().connections)
    end
  end)

  it("are used no longer than keepalive allows, fractions too", function()
    local multi, transport = curl.multi(), trusting { keepalive = 0.05 }
    assert(multi:add(transport, request("https")))
    serials(multi, 1)
    multi:poll(0.1)
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

  it("are not shared by transports that trust or show otherwise", function()
    local multi = curl.multi()
    assert(multi:add(trusting(), request("https")))
    serials(multi, 1)
    assert(multi:add(curl.new(), request("https")))
    local _, _, err = finish(multi)
    assert.equal("tls", err.code)
  end)
end)

describe("a multi", function()
  it("closes once, in the middle too, and is then of no use", function()
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

  it("closes at the end of its block in Lua 5.4", function()
    if rawget(_G, "jit") then return end
    local multi = curl.multi()
    assert(load("local multi <close> = ..."))(multi)
    assert.equal("kms.transport.curl.multi (closed)", tostring(multi))
  end)

  it("outlives its transports, and says nothing of a closed one's proxy", function()
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

  it("may be collected in the middle, with its transport or without", function()
    local kept = trusting()
    for i = 1, 20 do
      local multi = curl.multi()
      for _ = 1, 3 do
        assert(multi:add(i % 2 == 0 and kept or trusting(), request("https", "/late", { method = "PUT", body = ("x"):rep(100000) })))
      end
      multi:poll(0)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(200, kept:send(request("https")).status)
  end)

  it("may be in use when the state is closed", function()
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
        multi:poll(0.05)
        keep = { multi, transport }
        if order == 3 then os.exit(0, true) end
        print "end"]]):format(order), { KMS_SERVER_DIR = servers.dir, KMS_SERVER_PORT = tostring(servers.port "http") })
      assert.equal(order == 3 and "" or "end\n", output)
      assert.is_true(ok)
    end
  end)

  it("is busy for finalizers that run within it, and loses nothing by them #gc", function()
    local multi, transport = curl.multi(), trusting()
    local busy, begun, tried = 0, 0, 0
    local function finalized()
      local function call()
        tried = tried + 1
        local ok, result = pcall(multi.add, multi, transport, request("http", "/finalizer"))
        if ok then
          begun = begun + (result and 1 or 0)
        elseif result:find("multi is busy", 1, true) then
          busy = busy + 1
          assert.is_false((pcall(multi.poll, multi, 0)))
          assert.is_false((pcall(multi.close, multi)))
        end
      end
      local newproxy = rawget(_G, "newproxy")
      if newproxy then getmetatable(newproxy(true)).__gc = call else setmetatable({}, { __gc = call }) end
    end
    local body = ("x"):rep(500000)
    local pause = collectgarbage("setpause", 0)
    local multiplier = collectgarbage("setstepmul", rawget(_G, "jit") and 100000000 or 1000)
    local ends = 0
    for _ = 1, 30 do
      collectgarbage "stop"
      for _ = 1, 3 do finalized() end
      local key = assert(multi:add(transport, request("http", "/", { method = "PUT", body = body })))
      collectgarbage "restart"
      repeat
        local ended, response = finish(multi) -- the first to allocate, and so to collect
        ends = ends + 1
        assert.equal(200, response.status)
      until ended == key
    end
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", multiplier)
    collectgarbage()
    collectgarbage()
    while multi:pending() > 0 do
      finish(multi)
      ends = ends + 1
    end
    assert.same({ 90, 90 }, { tried, busy + begun })
    assert.is_true(busy > 0)
    assert.equal(30 + begun, ends)
  end)

  it("shows its methods only", function()
    assert.is_nil(curl.multi().__gc)
    assert.has_error(function() curl.multi().poll({}, 0) end)
  end)
end)
