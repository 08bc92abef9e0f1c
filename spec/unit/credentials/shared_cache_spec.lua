local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"
local shared_cache = require "kms.credentials.shared_cache"

local HOUR = 3600
local PLAN = { key = "9:user", renewal_margin = 30 * 60, refusal_pause = 300 }
local TOKEN_KEY, LOCK_KEY = "kms.token:" .. PLAN.key, "kms.token.lock:" .. PLAN.key

--- Creates a table like ngx.shared.DICT, on the time of a fake transport.
local function new_dictionary(transport)
  local entries = {}
  local dictionary = { entries = entries }
  local function find(key)
    local entry = entries[key]
    return entry and (not entry.end_time or transport.time < entry.end_time) and entry or nil
  end
  function dictionary.get(_, key) return find(key) and entries[key].value end
  function dictionary.set(_, key, value, ttl)
    if dictionary.is_full then return nil, "no memory" end
    entries[key] = { value = value, end_time = ttl and transport.time + ttl }
    return true
  end
  function dictionary.add(_, key, value, ttl)
    if find(key) then return false, "exists" end
    return dictionary.set(nil, key, value, ttl)
  end
  function dictionary.delete(_, key) entries[key] = nil end
  return dictionary
end

describe("kms.credentials.shared_cache", function()
  local fetch_count, transport, dictionary, failure_code

  --- Creates the provider of one NGINX worker.
  local function new_worker()
    local get, forget = cache.new {
      plan = function() return PLAN end,
      fetch = shared_cache.wrap(dictionary, function(context)
        fetch_count = fetch_count + 1
        if failure_code then return Credentials.error(failure_code, "the password is wrong") end
        return { token = "hush" .. fetch_count, expires = context:now() + 24 * HOUR }
      end),
    }
    return provider.new("iam_token", get, { forget = forget })
  end

  local function new_context() return provider_call.new_context("huawei", transport) end

  before_each(function()
    fetch_count, failure_code, transport = 0, nil, fake_transport.new {}
    dictionary = new_dictionary(transport)
  end)

  it("one worker fetches the token for all", function()
    for _ = 1, 8 do assert.equal("hush1", new_worker():get(new_context()).token) end
    assert.equal(1, fetch_count)
    for key in pairs(dictionary.entries) do assert.not_matches("hush", key) end
  end)

  it("one worker renews the token for all", function()
    local first, second = new_worker(), new_worker()
    first:get(new_context())
    second:get(new_context())
    transport.time = transport.time + 23.5 * HOUR
    assert.equal("hush2", first:get(new_context()).token)
    assert.equal("hush2", second:get(new_context()).token)
    assert.equal(2, fetch_count)
  end)

  it("the old token serves while another worker renews it", function()
    local worker = new_worker()
    worker:get(new_context())
    transport.time = transport.time + 23.5 * HOUR
    dictionary:add(LOCK_KEY, "another", 60)
    assert.equal("hush1", new_worker():get(new_context()).token)
    assert.equal("hush1", worker:get(new_context()).token)
    assert.equal(1, fetch_count)
  end)

  it("the old token serves when its renewal fails", function()
    local worker = new_worker()
    worker:get(new_context())
    transport.time = transport.time + 23.5 * HOUR
    failure_code = "unavailable"
    assert.equal("hush1", new_worker():get(new_context()).token)
    assert.equal(2, fetch_count)
  end)

  it("a worker waits for the fetch of another one, and no longer than the lock of a lost worker lasts", function()
    dictionary:add(LOCK_KEY, "another", 20)
    local sleep, has_token = transport.sleep, false
    function transport:sleep(seconds)
      sleep(self, seconds)
      if has_token then dictionary:set(TOKEN_KEY, ("%.3f hush9"):format(self.time + HOUR), HOUR) end
    end
    local start = transport.time
    assert.equal("hush1", new_worker():get(new_context()).token)
    assert.is_true(transport.time >= start + 20)
    dictionary = new_dictionary(transport)
    dictionary:add(LOCK_KEY, "another", 20)
    has_token = true
    assert.equal("hush9", new_worker():get(new_context()).token)
    assert.equal(1, fetch_count)
  end)

  it("a worker that is lost blocks the others no longer than the request that it began", function()
    local context = new_context()
    local fetch = shared_cache.wrap(dictionary, function(lost_context)
      lost_context.lease:extend(lost_context, 10)
      lost_context.lease:report(select(2, Credentials.error("unavailable", "IAM is down")))
      coroutine.yield()
    end)
    assert(coroutine.resume(coroutine.create(fetch), context, PLAN, {}))
    local quick = provider_call.new_context("huawei", transport, { timeout = 5 })
    local err = provider_call.assert_failure("unavailable", { "hush" }, new_worker():get(quick))
    assert.equal("timed out waiting for another worker's request for a token; its latest attempt: IAM is down", err.message)
    local start = transport.time
    assert.equal("hush1", new_worker():get(new_context()).token)
    assert.is_true(transport.time - start < 6)
  end)

  it("a worker waits for the fetch of another one no longer than its deadline", function()
    dictionary:add(LOCK_KEY, "another", 60)
    provider_call.assert_failure("unavailable", { "hush" }, new_worker():get(new_context()))
    assert.equal(0, fetch_count)
  end)

  it("a wrong password is sent once for all workers, until forget", function()
    failure_code = "refused"
    for _ = 1, 8 do provider_call.assert_failure("refused", { "hush" }, new_worker():get(new_context())) end
    assert.equal(1, fetch_count)
    failure_code = nil
    local worker = new_worker()
    provider_call.assert_failure("refused", { "hush" }, worker:get(new_context()))
    worker:forget()
    assert.equal("hush2", worker:get(new_context()).token)
    assert.equal("hush2", new_worker():get(new_context()).token)
  end)

  it("a token that the cloud refused is not used again", function()
    local first, second = new_worker(), new_worker()
    local old = first:get(new_context())
    second:get(new_context())
    first:forget(old)
    assert.equal("hush2", first:get(new_context()).token)
    second:forget(second:get(new_context()))
    assert.equal("hush2", second:get(new_context()).token)
    assert.equal(2, fetch_count)
  end)

  it("each worker keeps its own token where the dictionary is full, and the credentials carry a warning", function()
    dictionary.is_full = true
    assert.equal("hush1", new_worker():get(new_context()).token)
    dictionary.add = function() return true end
    assert.equal("the token is not shared among the workers: no memory", new_worker():get(new_context()).warning)
  end)

  it("a worker that gets the lock just after another one shared a token does not fetch", function()
    local add = dictionary.add
    function dictionary.add(self, key, ...)
      dictionary:set(TOKEN_KEY, ("%.3f hush9"):format(transport.time + 24 * HOUR), HOUR)
      return add(self, key, ...)
    end
    assert.equal("hush9", new_worker():get(new_context()).token)
    assert.equal(0, fetch_count)
    assert.is_nil(dictionary.entries[LOCK_KEY])
  end)

  it("a worker does not release a lock that went to another one", function()
    local worker = new_worker()
    local get = dictionary.get
    function dictionary.get(self, key) return key == LOCK_KEY and "another" or get(self, key) end
    worker:get(new_context())
    assert.is_truthy(dictionary.entries[LOCK_KEY])
  end)

  it("an error that fetch raises is passed on, and the lock is released", function()
    local fetch = shared_cache.wrap(dictionary, function() error("broken", 0) end)
    assert.has_error(function() fetch(new_context(), PLAN, {}) end, "broken")
    assert.is_nil(dictionary.entries[LOCK_KEY])
  end)
end)
