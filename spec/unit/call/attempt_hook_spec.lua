local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local huawei_client = require "spec.helpers.huawei_client"
local merge = require "spec.helpers.merge"

local PARAMS = huawei_client.PARAMS
local MOVED = merge(huawei_client.MOVED, { headers = { ["x-request-id"] = "r1" } })
local LOST = Error.new { kind = "transport", code = "closed", message = "m", uncertain = true }

local function new_client(transport, options)
  return huawei_client.new(transport, merge({ retry = true }, options))
end

describe("the hook on_attempt", function()
  local function record(transport, options)
    local events = {}
    local all = merge({ on_attempt = function(event) events[#events + 1] = event end }, options)
    local result, err = new_client(transport, all):update_primary_region(PARAMS)
    return events, result, err
  end

  it("gets one event for a successful call", function()
    local transport = fake_transport.new(MOVED)
    local send = transport.send
    function transport:send(request)
      self.time = self.time + 1.5
      return send(self, request)
    end
    local events, result = record(transport)
    assert(result)
    assert.same({ {
      provider = "huawei", operation = "update_primary_region", key = PARAMS.key_id, attempt = 1, duration = 1.5,
      status = 200, request_id = "r1",
    } }, events)
  end)

  it("gets one event per attempt, with the error, and the pause if another attempt follows", function()
    local transport = fake_transport.new(LOST,
      { status = 503, body = "{}", headers = { ["x-request-id"] = "r2", ["retry-after"] = "3" } }, MOVED)
    local started = transport.time
    local events, result = record(transport)
    assert(result)
    assert.equal(3, #events)
    local first, second, third = events[1], events[2], events[3]
    assert.same({ 1, "closed", 1, true }, { first.attempt, first.error.code, first.error.attempts, first.error.uncertain })
    assert.is_nil(first.status)
    assert.is_true(first.wait >= 0 and first.wait < 0.25)
    assert.same({ 2, 503, "r2", "r2" }, { second.attempt, second.status, second.request_id, second.error.request_id })
    assert.is_true(second.wait >= 3)
    assert.same({ 3, 200, "r1" }, { third.attempt, third.status, third.request_id })
    assert.is_nil(third.error)
    assert.is_nil(third.wait)
    assert.is_true(math.abs(transport.time - started - first.wait - second.wait) < 1e-6)
  end)

  it("gets no wait after the last attempt", function()
    local events, _, err = record(fake_transport.new(LOST), { retry = { attempts = 2, base = 0.001 } })
    assert.same({ 2, 2 }, { #events, err.attempts })
    assert.is_number(events[1].wait)
    assert.is_nil(events[2].wait)
  end)

  it("gets wait 0 before a request that is signed again with another clock offset", function()
    local cloud = emulator.new()
    local events = {}
    local client = emulated_huawei.new_client(emulated_huawei.shift_clock(cloud, 3600),
      { on_attempt = function(event) events[#events + 1] = event end })
    assert(client:update_primary_region(PARAMS))
    assert.same({ 2, 401, 0, 200 }, { #events, events[1].status, events[1].wait, events[2].status })
  end)

  it("gets no secret", function()
    local events = record(fake_transport.new(
      { status = 500, headers = { ["x-request-id"] = "hush-secret" },
        body = '{"error":{"error_code":"KMS.1","error_msg":"hush-secret"}}' },
      { MOVED[1], headers = { ["x-request-id"] = "id hush-secret" } }))
    assert.equal("[secret]", events[1].request_id)
    assert.matches("^%[secret%]; to verify, ", events[1].error.message)
    assert.equal("id [secret]", events[2].request_id)
  end)

  it("cannot cost the caller the result or the error by raising", function()
    local function fail() error "disk full" end
    local result = new_client(fake_transport.new(LOST, MOVED), { on_attempt = fail }):update_primary_region(PARAMS)
    assert.matches("on_attempt failed: .*disk full", result.warning)
    local _, err = new_client(fake_transport.new { status = 404, body = "{}" }, { on_attempt = fail })
      :update_primary_region(PARAMS)
    assert.equal(404, err.status)
    assert.matches("on_attempt failed: .*disk full", err.warning)
  end)

  it("may change the event's error without changing the caller's", function()
    local client = new_client(fake_transport.new { status = 404, body = "{}" },
      { on_attempt = function(event) event.error.message = "changed" end })
    local _, err = client:update_primary_region(PARAMS)
    assert.not_equal("changed", err.message)
  end)

  it("must be a function", function()
    assert.has_error(function() new_client(nil, { on_attempt = "print" }) end)
  end)
end)
