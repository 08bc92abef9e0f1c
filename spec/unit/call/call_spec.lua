local emulated_huawei = require "spec.helpers.emulated_huawei"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"

local KEY_ID = emulated_huawei.PARAMS.key_id
local PARAMS = emulated_huawei.PARAMS
local KEYS = { access_key = "AK", secret_key = "hush-secret" }
local MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}', headers = { ["x-request-id"] = "r1" } }
local LOST = Error.new { kind = "transport", code = "closed", message = "m", uncertain = true }

local function new_client(transport, options)
  local all = { region = "cn-north-4", project_id = ("a"):rep(32), credentials = KEYS, transport = transport }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

--- Creates a transport that counts as the library's own, so that requests are lent again. Its `send` suspends the
--- coroutine; what it is resumed with is the response.
local function new_suspending_transport()
  return {
    is_own = true, requests = {},
    send = function(self, request)
      self.requests[#self.requests + 1] = request
      return coroutine.yield()
    end,
  }
end

--- Copies what a transport sees of a request.
local function copy_request(request)
  local copy = { headers = {} }
  for name, value in pairs(request) do copy[name] = copy[name] or value end
  for i, pair in ipairs(request.headers) do copy.headers[i] = { pair[1], pair[2] } end
  return copy
end

describe("kms.call", function()
  it("asks the credential provider once per call", function()
    local count = 0
    local transport = fake_transport.new(LOST, MOVED)
    local client = new_client(transport, { credentials = function()
      count = count + 1
      return { access_key = "AK" .. count, secret_key = "S" }
    end })
    assert(client:update_primary_region(PARAMS))
    assert.same({ 2, 1 }, { #transport.requests, count })
    assert(client:update_primary_region(PARAMS))
    assert.equal(2, count)
    assert.matches("Access=AK2,", fake_transport.headers(transport.requests[3]).authorization)
  end)

  it("keeps the requests of concurrent calls apart, and uses the tables of one that has ended again", function()
    local transport = new_suspending_transport()
    local client = new_client(transport, { lock_guard = false }) -- it calls pcall, where Lua 5.1 cannot suspend
    local function start(key_id, region)
      local thread = coroutine.create(function()
        return client:update_primary_region { key_id = key_id, primary_region = region }
      end)
      assert(coroutine.resume(thread))
      return thread, transport.requests[#transport.requests]
    end
    local function finish(thread, key_id, region)
      local body = ('{"key_id":"%s","primary_region":"%s"}'):format(key_id, region)
      local _, result, err = coroutine.resume(thread, { status = 200, headers = {}, body = body })
      assert.same({ key_id, region }, { result and result.key_id, result and result.primary_region }, tostring(err))
    end

    local other_id = KEY_ID:gsub("%x", "f")
    local first, first_request = start(KEY_ID, "cn-east-3")
    local seen = copy_request(first_request)
    local second, second_request = start(other_id, "cn-south-1")
    assert.are_not.equal(first_request, second_request)
    assert.same(seen, copy_request(first_request))
    assert.is_nil(second_request.target:find(KEY_ID, 1, true))
    local seen_second = copy_request(second_request)
    finish(first, KEY_ID, "cn-east-3")
    assert.same(seen_second, copy_request(second_request))
    -- Uses the tables of the first request while the second one is under way.
    local third, third_request = start(KEY_ID, "cn-north-1")
    assert.equal(first_request, third_request)
    assert.same(seen_second, copy_request(second_request))
    finish(second, other_id, "cn-south-1")
    finish(third, KEY_ID, "cn-north-1")
    assert.same({}, { third_request.body, second_request.body })
    for _, pair in ipairs(third_request.headers) do assert.is_nil(pair[2]:find("Signature=", 1, true)) end
  end)

  it("leaves its request to a transport of the caller", function()
    local transport = fake_transport.new(MOVED)
    local client = new_client(transport)
    assert(client:update_primary_region(PARAMS))
    local seen = copy_request(transport.requests[1])
    assert(client:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" })
    assert.are_not.equal(transport.requests[1], transport.requests[2])
    assert.same(seen, transport.requests[1])
    assert.is_string(seen.body)
  end)

  it("lets the transport send a change twice only if the client retries by itself", function()
    for _, row in ipairs { { nil, true }, { { attempts = 2 }, true }, { false, false } } do
      local transport = fake_transport.new(MOVED)
      assert(new_client(transport, { retry = row[1] }):update_primary_region(PARAMS))
      assert.equal(row[2], transport.requests[1].idempotent)
    end
  end)

  it("sends nothing without credentials", function()
    local transport = fake_transport.new(MOVED)
    local client = new_client(transport, { credentials = function() return nil, "vault is sealed" end })
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "credentials", "missing", 0, false }, { err.kind, err.code, err.attempts, err.uncertain })
    assert.matches("vault is sealed", err.message)
    assert.equal(0, #transport.requests)
  end)

  it("sends nothing for a value that is not valid", function()
    local transport = fake_transport.new(MOVED)
    local _, err = new_client(transport):update_primary_region { key_id = "x", primary_region = "cn-east-3" }
    assert.same({ 0, 0, false, "invalid" }, { #transport.requests, err.attempts, err.uncertain, err.kind })
  end)

  it("does not count an attempt whose request the transport refuses as invalid", function()
    local refusal = Error.new { kind = "invalid", code = "host", message = "m" }
    local events = {}
    local client = new_client(fake_transport.new(refusal),
      { on_attempt = function(event) events[#events + 1] = event end })
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "invalid", "host", 0, 0 }, { err.kind, err.code, err.attempts, #events })
  end)

  it("subtracts the time that a credential provider takes from the time of the request", function()
    local transport = fake_transport.new(MOVED)
    local client = new_client(transport, { retry = false, credentials = function()
      transport.time = transport.time + 12
      return KEYS
    end })
    assert(client:update_primary_region(PARAMS))
    assert.equal(18, transport.requests[1].timeout)
  end)

  it("keeps its deadline and its pauses when the wall clock is set back or forward", function()
    for _, step in ipairs { -40, 3600, -86400 * 365 } do
      local transport = fake_transport.new(LOST)
      local wall_time = transport.time
      function transport.now()
        wall_time = wall_time + step
        return wall_time
      end
      local started = transport.time
      local _, err = new_client(transport, { timeout = 3, retry = { attempts = 100, base = 0.1, cap = 0.5 } })
        :update_primary_region(PARAMS)
      assert.equal("closed", err.code)
      local duration = transport.time - started
      assert.is_true(duration > 2 and duration <= 3, duration)
    end
  end)

  it("names the key in every error of a call", function()
    local client = new_client(fake_transport.new(LOST), { retry = false })
    local _, err = client:update_primary_region(PARAMS)
    assert.equal(KEY_ID, err.key)
    assert.matches("^huawei update_primary_region " .. KEY_ID:gsub("%-", "%%-") .. ": transport error closed: ",
      tostring(err))
    _, err = client:update_primary_region { key_id = "x\n", primary_region = "cn-east-3" }
    assert.equal("x ", err.key)
    _, err = new_client(fake_transport.new(MOVED), { credentials = function() return nil, "sealed" end })
      :update_primary_region(PARAMS)
    assert.equal(KEY_ID, err.key)
  end)

  it("reads each clock once if nothing waits", function()
    local transport, counts = fake_transport.new(MOVED), { now = 0, clock = 0 }
    for name in pairs(counts) do
      transport[name] = function(self)
        counts[name] = counts[name] + 1
        return self.time
      end
    end
    local client = new_client(transport)
    assert(client:update_primary_region(PARAMS)) -- the lock guard tries the credentials
    counts.now, counts.clock = 0, 0
    assert(client:update_primary_region(PARAMS))
    assert.same({ now = 1, clock = 1 }, counts)
  end)

  it("passes the warning of the credentials on, in a result and in an error", function()
    local keys = { access_key = "AK", secret_key = "S", warning = "the file can be read by others" }
    local client = new_client(fake_transport.new(MOVED, { status = 404, body = "{}" }),
      { credentials = function() return keys end })
    assert.equal(keys.warning, client:update_primary_region(PARAMS).warning)
    assert.equal(keys.warning, select(2, client:update_primary_region(PARAMS)).warning)
  end)

  it("lets a credential provider forget credentials that the cloud refused, and only those", function()
    local forgotten = {}
    local provider = { name = "own", get = function() return { access_key = "AK", secret_key = "S" } end,
      forget = function(_, refused) forgotten[#forgotten + 1] = refused.access_key end }
    local refusal = '{"error_code":"APIGW.0301","error_msg":"x"}'
    local client = new_client(fake_transport.new({ status = 403, body = refusal }, { status = 401, body = refusal }),
      { credentials = provider, lock_guard = false })
    client:update_primary_region(PARAMS)
    assert.same({}, forgotten)
    client:update_primary_region(PARAMS)
    assert.same({ "AK" }, forgotten)
  end)

  it("hints at an unknown region if its host cannot be resolved", function()
    local unresolved = Error.new { kind = "transport", code = "dns", message = "no such host" }
    local client = new_client(fake_transport.new(unresolved), { region = "cn-nroth-4", retry = false })
    local _, err = client:update_primary_region(PARAMS)
    assert.equal('no such host; region "cn-nroth-4" is not one of the 32 known regions', err.message)
  end)
end)
