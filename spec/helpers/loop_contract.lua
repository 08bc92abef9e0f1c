--- The contract of every adapter in kms.loop, as specs: contract(name, test). `test` has busted's describe, it, pending and
--- assert.

local curl_requests = require "spec.helpers.curl_requests"
local emulator_client = require "spec.helpers.emulator_client"
local kms = require "kms"
local loop_hosts = require "spec.helpers.loop_hosts"
local lua_features = require "spec.helpers.lua_features"
local servers = require "spec.helpers.test_servers"

local CALL_COUNT = 50
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local new_request, run_inside = curl_requests.new_request, loop_hosts.run_inside

return function(name, test)
  local describe, it, assert = test.describe, test.it, test.assert
  local host, reason = loop_hosts.find(name)
  if not host then
    it(("kms.loop.%s works in its host"):format(name), function() test.pending(reason) end)
    return
  end

  local function new_transport(options)
    local merged = { ca_file = servers.ca_file }
    for key, value in pairs(options or {}) do merged[key] = value end
    return host.new(merged)
  end

  local function new_client(options)
    options = options or {}
    options.endpoint, options.credentials = emulator_client.ncloud, emulator_client.keys "ncloud"
    options.transport = new_transport { ca_file = emulator_client.ca_file }
    return kms.ncloud(options)
  end

  --- A transport with the calls of the contract, each made in a coroutine of the host.
  local function new_for_contract(options)
    local inner = host.new(options)
    local transport = {}
    function transport.send(_, request) return run_inside(host, function() return inner:send(request) end) end
    function transport.sleep(_, seconds) return run_inside(host, function() inner:sleep(seconds) end) end
    for _, method in ipairs { "now", "clock", "stats", "is_open", "close" } do
      transport[method] = function() return inner[method](inner) end
    end
    return transport
  end

  describe(("a transport of kms.loop.%s"):format(name), function()
    require("spec.transport.contract")(new_for_contract, servers, test)
  end)

  describe(("kms.loop.%s"):format(name), function()
    it("50 requests run at once, and each coroutine gets its own response", function()
      local transport, started, first_end, results = new_transport(), 0, nil, {}
      for i = 1, CALL_COUNT do
        host.spawn(function()
          started = started + 1
          transport:send(new_request("https", "/late"))
          first_end = first_end or started
          local response, err = transport:send(new_request("https", "/", { method = "PUT", body = "body " .. i }))
          results[i] = response and response.body:match "\r\n\r\n(.*)$" or tostring(err)
        end)
      end
      host.run()
      assert.equal(CALL_COUNT, first_end)
      for i = 1, CALL_COUNT do assert.equal("body " .. i, results[i]) end
    end)

    it("other coroutines and sleeps run while a request waits", function()
      local transport, events = new_transport(), {}
      host.spawn(function()
        local response = transport:send(new_request("https", "/late"))
        events[#events + 1] = response.body
      end)
      for _ = 1, 2 do
        host.spawn(function()
          transport:sleep(0.01)
          events[#events + 1] = "slept"
        end)
      end
      host.run()
      assert.same({ "slept", "slept", "late" }, events)
    end)

    it("a request that exceeds its timeout, and one that cannot connect, return an error", function()
      local transport = new_transport()
      local _, err = run_inside(host, function()
        assert(transport:send(new_request "https")) -- the next request needs no time for a connection
        return transport:send(new_request("https", "/fault/silent", { timeout = 0.1 }))
      end)
      assert.same({ "timeout", true }, { err.code, err.uncertain })
      _, err = run_inside(host, function() return transport:send(new_request "nobody") end)
      assert.same({ "connect", false }, { err.code, err.uncertain })
    end)

    it("a client retries inside a coroutine", function()
      emulator_client.reset()
      emulator_client.fault { kind = "status", status = 503, times = 1 }
      local attempts = {}
      local client = new_client { on_attempt = function(attempt) attempts[#attempts + 1] = attempt.status end }
      local key, err = run_inside(host, function() return client:get_key { key_tag = TAG } end)
      assert.is_nil(err)
      assert.equal(TAG, key.key_tag)
      assert.same({ 503, 200 }, attempts)
      emulator_client.reset()
    end)

    it("kms.parallel suspends its caller, so that other coroutines run meanwhile", function()
      if lua_features.is_lua51 then
        test.pending "Lua 5.1 cannot suspend the iterator of a loop, so it blocks"
        return
      end
      local transport, events, results = new_transport(), {}, {}
      host.spawn(function()
        for number, body in kms.parallel { concurrency = 4 }:map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(item)
          return require("kms.transport.scheduler").send(transport, new_request("https", "/late")).body .. item
        end) do
          results[number] = body
        end
        events[#events + 1] = "parallel"
      end)
      host.spawn(function()
        transport:sleep(0.01)
        events[#events + 1] = "other"
      end)
      host.run()
      assert.same({ "other", "parallel" }, events)
      assert.same({ "late1", "late2", "late3", "late4", "late5", "late6", "late7", "late8" }, results)
    end)

    it("tasks of kms.parallel make calls with retries", function()
      emulator_client.reset()
      emulator_client.fault { kind = "status", status = 503, times = 3 }
      local client, count = new_client(), 0
      run_inside(host, function()
        for _, key, err in kms.parallel { concurrency = 3 }:map({ TAG, TAG, TAG, TAG, TAG, TAG }, function(tag)
          return client:get_key { key_tag = tag }
        end) do
          assert.is_nil(err)
          count = count + (key.key_tag == TAG and 1 or 0)
        end
      end)
      assert.equal(6, count)
      emulator_client.reset()
    end)

    it("outside a coroutine of the host a call blocks, and so does kms.parallel", function()
      local client = new_client()
      assert.equal(TAG, assert(client:get_key { key_tag = TAG }).key_tag)
      for _, key, err in kms.parallel():map({ TAG, TAG }, function(tag) return client:get_key { key_tag = tag } end) do
        assert.is_nil(err)
        assert.equal(TAG, key.key_tag)
      end
    end)

    it("a closed transport raises, and a request that is not valid returns an error", function()
      local transport = new_transport()
      local _, err = run_inside(host, function() return transport:send(new_request("https", "not a target")) end)
      assert.same({ "invalid", "target" }, { err.kind, err.code })
      transport:close()
      assert.is_false(transport:is_open())
      assert.is_false((pcall(run_inside, host, function() return transport:send(new_request "https") end)))
    end)
  end)
end
