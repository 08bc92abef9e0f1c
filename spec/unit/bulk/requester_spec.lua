--- kms.bulk.requester: one request at a time, at the pace of the run.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local Error = require "kms.error"
local requester = require "kms.bulk.requester"

local PARAMS = { key_id = bulk_cloud.key_id(1), primary_region = "cn-east-3" }

local function new(cloud, options, client)
  return assert(requester.new(client or cloud:huawei(), options or {}))
end

local function fail(times, status, headers)
  return function(_, number)
    return number <= times and { status = status, headers = headers or {}, body = "" } or nil
  end
end

describe("a requester", function()
  local cloud

  before_each(function() cloud = bulk_cloud.new(1) end)

  it("sends one request per call, whatever the retry policy of the client is", function()
    cloud.filter = fail(1, 502)
    local self = new(cloud)
    local result, err = self:send("update_primary_region", PARAMS)
    assert.is_nil(result)
    assert.same({ 502, 1 }, { err.status, #cloud.requests })
    assert(self:send("update_primary_region", PARAMS))
    assert.equal(2, self.requests)
  end)

  it("returns an error if the client lacks a setting", function()
    local self, err = requester.new(require("kms").huawei { project_id = "auto" }, {})
    assert.is_nil(self)
    assert.equal("region", err.code)
  end)

  it("sends to another region with the same credentials, and once creates a client for it", function()
    local self = new(cloud)
    local _, err = self:send("update_primary_region", PARAMS, "cn-east-3")
    assert.equal("KMS.0106", err.code)
    assert.equal(1, cloud:count_requests("update-primary-region", "cn-east-3"))
    local first = self.others["cn-east-3"]
    self:send("update_primary_region", PARAMS, "cn-east-3")
    assert.equal(first, self.others["cn-east-3"])
  end)

  it("reads again after failures that may pass, as often as it has attempts", function()
    cloud.filter = fail(2, 502)
    assert(new(cloud, { attempts = 3 }):read("update_primary_region", PARAMS))
    cloud.filter = fail(100, 502)
    local before = #cloud.requests
    local _, err = new(cloud, { attempts = 3 }):read("update_primary_region", PARAMS)
    assert.equal(502, err.status)
    assert.equal(3, #cloud.requests - before)
  end)

  it("reads once at a region where the last read got no response", function()
    local is_dead = true
    cloud.filter = function()
      if is_dead then return nil, require("kms.error").new { kind = "transport", code = "closed", message = "lost" } end
    end
    local self = new(cloud, { attempts = 3 })
    local counts = {}
    for i = 1, 2 do
      local before = #cloud.requests
      self:read("update_primary_region", PARAMS)
      counts[i] = #cloud.requests - before
    end
    is_dead = false
    assert(self:read("update_primary_region", PARAMS))
    is_dead = true
    self:read("update_primary_region", PARAMS)
    assert.same({ 3, 1, 8 }, { counts[1], counts[2], #cloud.requests })
  end)

  it("reads once if there never was a connection", function()
    cloud.filter = function()
      return nil, require("kms.error").new { kind = "transport", code = "dns", message = "no such host", retryable = true }
    end
    local self = new(cloud)
    local _, err = self:read("update_primary_region", PARAMS)
    assert.same({ "dns", 1 }, { err.code, #cloud.requests })
    self.has_response = true
    self.is_silent = {}
    self:read("update_primary_region", PARAMS)
    assert.equal(1 + 8, #cloud.requests)
  end)

  it("reads again after throttled requests without counting them", function()
    cloud.filter = fail(10, 429)
    assert(new(cloud, { attempts = 1 }):read("update_primary_region", PARAMS))
  end)

  it("counts a response of status 429 as throttled even if it is cut off", function()
    local self, accepted = new(cloud), 0
    cloud.filter = function()
      return nil, Error.new { kind = "transport", code = "closed", message = "cut off", status = 429, uncertain = true }
    end
    function self.pace.accept() accepted = accepted + 1 end
    local _, err = self:send("update_primary_region", PARAMS)
    assert.same({ "closed", 429, true, false }, { err.code, err.status, err.throttled, err.uncertain })
    assert.same({ 0, 1 }, { accepted, self.throttled })
  end)

  it("pauses all requests for Retry-After", function()
    cloud.filter = fail(1, 503, { ["retry-after"] = "20" })
    local self = new(cloud)
    self:send("update_primary_region", PARAMS)
    local start = cloud.cloud:clock()
    assert.is_true(self:wait_turn())
    assert.is_true(cloud.cloud:clock() - start >= 19.9)
  end)

  it("begins no request after a stop, except to settle a doubt, and none at all if it is urgent", function()
    local self = new(cloud)
    self:halt("first", "one")
    self:halt("second", "two")
    assert.same({ code = "first", message = "one" }, self.stop)
    assert.is_false(self:wait_turn())
    assert.is_true(self:wait_turn(true))
    self.stop.is_urgent = true
    assert.is_false(self:wait_turn(true))
    local result, err = self:read("update_primary_region", PARAMS)
    assert.is_nil(result)
    assert.equal("stopped", err.code)
  end)

  it("gives no turn without room in the window, except to settle a doubt", function()
    local self, turns = new(cloud, { concurrency = 2 }), 0
    self.on_wait = function()
      turns = self.turns
      self:skip_turn()
    end
    for _ = 1, 2 do self:wait_turn() end
    self:wait_turn(true)
    assert.equal(3, self.turns)
    self:wait_turn()
    assert.equal(2, turns)
    self:send("update_primary_region", PARAMS)
    assert.equal(1, self.turns)
  end)

  it("halves the window after a request that took half of the time that it may take", function()
    local self = new(cloud, { concurrency = 8 })
    cloud.latency = 4.9
    for _ = 1, 2 do self:send("update_primary_region", PARAMS) end
    assert.equal(8, self.window.size)
    self.under_way, cloud.latency = 7, 5.1
    self:send("update_primary_region", PARAMS)
    assert.equal(4, self.window.size)
  end)

  it("calls on_wait five times per second while it waits", function()
    local self, calls = new(cloud), 0
    self.on_wait = function() calls = calls + 1 end
    self:sleep(5)
    assert.equal(25, calls)
    self.pace:pause(self:clock(), 5)
    self:wait_turn()
    assert.is_true(calls >= 10)
  end)
end)
