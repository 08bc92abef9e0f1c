local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local cache = require "kms.credentials.cache"
local shared_cache = require "kms.credentials.shared_cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local HOUR = 3600

describe("a token that workers share", function()
  --- Like ngx.shared.DICT, on the time of a transport.
  local function dictionary(transport)
    local entries = {}
    local dict = { entries = entries }
    local function live(key)
      local entry = entries[key]
      return entry and (not entry.stop or transport.time < entry.stop) and entry or nil
    end
    function dict.get(_, key) return live(key) and entries[key].value end
    function dict.set(_, key, value, ttl)
      if dict.full then return nil, "no memory" end
      entries[key] = { value = value, stop = ttl and transport.time + ttl }
      return true
    end
    function dict.add(_, key, value, ttl)
      if live(key) then return false, "exists" end
      return dict.set(nil, key, value, ttl)
    end
    function dict.delete(_, key) entries[key] = nil end
    return dict
  end

  local PLAN = { key = "9:user", renewal_margin = 30 * 60, refusal_pause = 300 }
  local asked, transport, dict, failure

  local function worker()
    local get, forget = cache.new {
      plan = function() return PLAN end,
      fetch = shared_cache.wrap(dict, function(context)
        asked = asked + 1
        if failure then return Credentials.error(failure, "the password is wrong") end
        return { token = "hush" .. asked, expires = context:now() + 24 * HOUR }
      end),
    }
    return provider.new("iam_token", get, { forget = forget })
  end

  local function context() return caller.context("huawei", transport) end

  before_each(function()
    asked, failure, transport = 0, nil, canned.new {}
    dict = dictionary(transport)
  end)

  it("is asked for once", function()
    for _ = 1, 8 do assert.equal("hush1", worker():get(context()).token) end
    assert.equal(1, asked)
    for key in pairs(dict.entries) do assert.not_matches("hush", key) end
  end)

  it("is renewed by one of them", function()
    local first, second = worker(), worker()
    first:get(context())
    second:get(context())
    transport.time = transport.time + 23.5 * HOUR
    assert.equal("hush2", first:get(context()).token)
    assert.equal("hush2", second:get(context()).token)
    assert.equal(2, asked)
  end)

  it("serves while another one renews it", function()
    local one = worker()
    one:get(context())
    transport.time = transport.time + 23.5 * HOUR
    dict:add("kms.token.lock:" .. PLAN.key, "another", 60)
    assert.equal("hush1", worker():get(context()).token)
    assert.equal("hush1", one:get(context()).token)
    assert.equal(1, asked)
  end)

  it("is waited for while another one asks; one that is lost holds nobody up for good", function()
    dict:add("kms.token.lock:" .. PLAN.key, "another", 20)
    local sleep = transport.sleep
    function transport:sleep(seconds)
      sleep(self, seconds)
      if self.done then dict:set("kms.token:" .. PLAN.key, ("%.3f hush9"):format(self.time + HOUR), HOUR) end
    end
    local before = transport.time
    assert.equal("hush1", worker():get(context()).token)
    assert.is_true(transport.time >= before + 20)
    dict = dictionary(transport)
    dict:add("kms.token.lock:" .. PLAN.key, "another", 20)
    transport.done = true
    assert.equal("hush9", worker():get(context()).token)
    assert.equal(1, asked)
    dict = dictionary(transport)
    dict:add("kms.token.lock:" .. PLAN.key, "another", 60)
    transport.done = false
    caller.failed("unavailable", { "hush" }, worker():get(context()))
  end)

  it("is not tried for by every worker with a wrong password", function()
    failure = "refused"
    for _ = 1, 8 do caller.failed("refused", { "hush" }, worker():get(context())) end
    assert.equal(1, asked)
    failure = nil
    local last = worker()
    caller.failed("refused", { "hush" }, last:get(context()))
    last:forget()
    assert.equal("hush2", last:get(context()).token)
    assert.equal("hush2", worker():get(context()).token)
  end)

  it("that the cloud refused is no token any more", function()
    local first, second = worker(), worker()
    local old = first:get(context())
    second:get(context())
    first:forget(old)
    assert.equal("hush2", first:get(context()).token)
    second:forget(second:get(context()))
    assert.equal("hush2", second:get(context()).token)
    assert.equal(2, asked)
  end)

  it("is each worker's own where it does not fit, and says so", function()
    dict.full = true
    local found = worker():get(context())
    assert.equal("hush1", found.token)
    dict.add = function() return true end
    assert.equal("the token is not shared among the workers: no memory", worker():get(context()).warning)
  end)

  it("is not asked for again by one who gets the lock just after another brought it", function()
    local add = dict.add
    function dict.add(self, key, ...)
      dict:set("kms.token:" .. PLAN.key, ("%.3f hush9"):format(transport.time + 24 * HOUR), HOUR)
      return add(self, key, ...)
    end
    assert.equal("hush9", worker():get(context()).token)
    assert.equal(0, asked)
    assert.is_nil(dict.entries["kms.token.lock:" .. PLAN.key])
  end)

  it("leaves a lock alone that went to another meanwhile", function()
    local one = worker()
    local get = dict.get
    function dict.get(self, key) return key:find "lock" and "another" or get(self, key) end
    one:get(context())
    assert.is_truthy(dict.entries["kms.token.lock:" .. PLAN.key])
  end)
end)
