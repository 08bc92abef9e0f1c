local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local lock_guard = require "kms.call.lock_guard"
local sign = require "kms.sign"

local PARAMS = emulated_huawei.PARAMS

--- Creates a context on a clock that `context.time` sets.
local function new_context(deadline)
  local context = { time = 0, deadline = deadline }
  function context:clock() return self.time end
  function context:sleep(seconds) self.time = self.time + seconds end
  return context
end

--- Creates an NGINX shared dictionary on the clock of a context.
local function new_dictionary(context)
  local entries, dictionary = {}, {}
  function dictionary:get(key) -- luacheck: no unused args
    local entry = entries[key]
    if entry and (not entry[2] or entry[2] > context.time) then return entry[1] end
  end
  function dictionary:set(key, value, seconds) -- luacheck: no unused args
    entries[key] = { value, seconds and context.time + seconds }
  end
  function dictionary:get_keys()
    local keys = {}
    for key in pairs(entries) do
      if self:get(key) ~= nil then keys[#keys + 1] = key end
    end
    return keys
  end
  function dictionary:delete(key) entries[key] = nil end -- luacheck: no unused args
  function dictionary:add(key, value, seconds)
    if self:get(key) ~= nil then return false end
    entries[key] = { value, context.time + seconds }
    return true
  end
  function dictionary:incr(key, step, initial) entries[key] = { (self:get(key) or initial) + step } end
  return dictionary
end

describe("kms.call.lock_guard", function()
  it("identify returns the fingerprint of the keys, once per table", function()
    local keys = { access_key = "A", secret_key = "S" }
    local id = lock_guard.identify(keys)
    assert.equal(sign.fingerprint(keys), id)
    assert.equal(id, lock_guard.identify { access_key = "A", secret_key = "S" })
    assert.not_equal(id, lock_guard.identify { access_key = "A", secret_key = "T" })
    assert.is_nil(id:find("S", 1, true))
    local fingerprint, calls = sign.fingerprint, 0
    sign.fingerprint = function(...)
      calls = calls + 1
      return fingerprint(...)
    end
    assert.equal(id, lock_guard.identify(keys))
    sign.fingerprint = fingerprint
    assert.equal(0, calls)
  end)

  it("identify returns nil for a token", function()
    assert.is_nil(lock_guard.identify { token = "T" })
  end)

  it("acquire says whether the credentials are known to be good", function()
    local guard, context = lock_guard.new(), new_context(10)
    assert.same({ true, nil, nil }, { guard:acquire("id", context) })
    guard:report("id", "good", context)
    assert.same({ true, nil, true }, { guard:acquire("id", context) })
  end)

  it("acquire refuses credentials that were refused, until reset", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("id", context)
    guard:report("id", "refused", context)
    local is_allowed, err = guard:acquire("id", context)
    assert.is_nil(is_allowed)
    assert.same({ "credentials", "guarded" }, { err.kind, err.code })
    assert.matches("client:reset()", err.message, 1, true)
    guard:report("id", "good", context) -- of a call that began before
    assert.equal("guarded", select(2, guard:acquire("id", context)).code)
    guard:reset()
    assert.is_true(guard:acquire("id", context))
  end)

  it("acquire lets three attempts be under way on trial, and further ones wait until the deadline of their call", function()
    local guard = lock_guard.new()
    for _ = 1, 3 do assert.is_true(guard:acquire("id", new_context(100), 10)) end
    local waiting = new_context(5)
    local _, err = guard:acquire("id", waiting, 10)
    assert.same({ "transport", "timeout", false }, { err.kind, err.code, err.uncertain })
    assert.is_true(waiting.time >= 5)
  end)

  it("a trial ends with the time limit of its attempt, not with its call", function()
    local guard = lock_guard.new()
    for _ = 1, 3 do assert.is_true(guard:acquire("id", new_context(1000), 10)) end -- abandoned
    local waiting = new_context(1000)
    assert.is_true(guard:acquire("id", waiting, 10))
    assert.is_true(waiting.time >= 10 and waiting.time < 12)
  end)

  it("acquire does not name concurrent calls if the deadline passed before it waited", function()
    local _, err = lock_guard.new():acquire("id", new_context(0))
    assert.same({ "timeout", "the deadline passed before the request was sent", false },
      { err.code, err.message, err.uncertain })
  end)

  it("allows four refusals at most, those of the attempts under way included", function()
    local guard, contexts = lock_guard.new(), {}
    for i = 1, 3 do
      contexts[i] = new_context(5)
      assert.is_true(guard:acquire("id", contexts[i], 10))
    end
    guard:report("id", "skewed", contexts[1])
    assert.is_true(guard:acquire("id", contexts[1], 10)) -- signed again
    guard:report("id", "skewed", contexts[2])
    assert.equal("timeout", select(2, guard:acquire("id", contexts[2], 10)).code)
    guard:report("id", "good", contexts[1])
    assert.same({ true, nil, true }, { guard:acquire("id", contexts[2], 10) })
  end)

  it("the errors of waiting and of refused calls carry the cause", function()
    for _, options in ipairs { {}, { dictionary = true } } do
      local context = new_context(5)
      local guard = lock_guard.new(options.dictionary and new_dictionary(context), "guard")
      for _ = 1, 4 do assert.is_true(guard:acquire("id", context, 100)) guard:report("id", nil, context,
        { kind = "transport", code = "connect", message = "refused by peer" }) end
      for _ = 1, 3 do assert.is_true(guard:acquire("id", context, 100)) end
      local _, err = guard:acquire("id", context, 100)
      assert.same({ "timeout", "connect" }, { err.code, err.cause.code })
      assert.matches("connect: refused by peer", err.message, 1, true)
      guard:report("id", "refused", context, { kind = "service", code = "APIGW.0301", message = "wrong key", status = 401 })
      _, err = guard:acquire("id", context)
      assert.same({ "guarded", "APIGW.0301", 401 }, { err.code, err.cause.code, err.cause.status })
      assert.matches("APIGW.0301: wrong key", err.message, 1, true)
    end
  end)

  it("sends refused credentials again after five minutes", function()
    for _, has_dictionary in ipairs { false, true } do
      local context = new_context(1000)
      local guard = lock_guard.new(has_dictionary and new_dictionary(context) or nil, "guard")
      guard:acquire("id", context)
      guard:report("id", "refused", context)
      context.time = 299
      assert.equal("guarded", select(2, guard:acquire("id", context)).code)
      context.time = 301
      assert.is_true(guard:acquire("id", context))
    end
  end)

  it("report without a verdict ends a trial", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("id", context)
    guard:report("id", nil, context)
    assert.same({ true, nil, nil }, { guard:acquire("id", context) })
    assert.equal(0, context.time)
  end)

  it("remembers refused credentials after many good ones", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("refused", context)
    guard:report("refused", "refused", context)
    for i = 1, 3000 do
      assert.is_true(guard:acquire("good " .. i, context))
      guard:report("good " .. i, "good", context)
    end
    assert.equal("guarded", select(2, guard:acquire("refused", context)).code)
  end)

  it("remembers a limited number of credentials, at a constant cost", function()
    local guard, context = lock_guard.new(), new_context(10)
    local function refuse(from, to)
      local started = os.clock()
      for i = from, to do
        guard:acquire("id" .. i, context)
        guard:report("id" .. i, "refused", context)
      end
      return os.clock() - started
    end
    refuse(1, 2000)
    local first, last = refuse(2001, 4000), refuse(4001, 24000) / 10
    assert.is_true(last < 10 * first + 0.05, ("%f s, then %f s"):format(first, last))
    for _, map in pairs(guard.store) do
      local count = 0
      for _ in pairs(map.values) do count = count + 1 end
      assert.is_true(count <= 10000, count)
    end
  end)

  it("shares verdicts, trials and resets through a dictionary", function()
    local context = new_context(10)
    local dictionary = new_dictionary(context)
    local one, other = lock_guard.new(dictionary, "guard"), lock_guard.new(dictionary, "guard")
    for _ = 1, 3 do assert.is_true(one:acquire("id", context)) end
    assert.equal("timeout", select(2, other:acquire("id", context)).code) -- waits for the trials
    context.time, context.deadline = 20, 30 -- the trials were abandoned
    assert.is_true(other:acquire("id", context))
    other:report("id", "refused", context)
    assert.equal("guarded", select(2, one:acquire("id", context)).code)
    lock_guard.new(dictionary, "guard"):reset() -- a worker that never used these credentials
    assert.is_true(one:acquire("id", context))
    one:report("id", "good", context)
    assert.same({ true, nil, true }, { other:acquire("id", context) })
  end)

  it("counts the possible refusals of all workers", function()
    local dictionary = new_dictionary(new_context(10))
    local contexts, guards = {}, {}
    for i = 1, 3 do
      contexts[i], guards[i] = new_context(5), lock_guard.new(dictionary, "guard")
      assert.is_true(guards[i]:acquire("id", contexts[i], 10))
    end
    guards[1]:report("id", "skewed", contexts[1])
    assert.is_true(guards[1]:acquire("id", contexts[1], 10))
    guards[2]:report("id", "skewed", contexts[2])
    assert.equal("timeout", select(2, guards[2]:acquire("id", contexts[2], 10)).code)
  end)

  it("asks for a dictionary of its own if other data is in the shared one", function()
    local context = new_context(10)
    local dictionary = new_dictionary(context)
    local guard = lock_guard.new(dictionary, "everything")
    assert.is_true(guard:acquire("id", context))
    dictionary:set("session", "x")
    local is_allowed, err = guard:acquire("id", context)
    assert.is_nil(is_allowed)
    assert.same({ "invalid", "lock_guard" }, { err.kind, err.code })
    assert.matches("lua_shared_dict everything also holds other data", err.message, 1, true)
  end)
end)

describe("a client with a lock guard", function()
  it("sends a wrong secret key once, however many calls follow", function()
    local cloud = emulator.new()
    local client = emulated_huawei.new_client(cloud, emulated_huawei.wrong_keys())
    assert.equal("APIGW.0301", select(2, client:update_primary_region(PARAMS)).code)
    for _ = 1, 999 do
      local result, err = client:update_primary_region(PARAMS)
      assert.is_nil(result)
      assert.same({ "credentials", "guarded", 0, false }, { err.kind, err.code, err.attempts, err.uncertain })
    end
    assert.equal(1, cloud:requests "huawei")
  end)

  it("sends again after reset, and sends other credentials", function()
    local cloud, secret_key = emulator.new(), "hush"
    local client = emulated_huawei.new_client(cloud, { credentials = function()
      return { access_key = emulated_huawei.ACCOUNT.access_key, secret_key = secret_key }
    end })
    client:update_primary_region(PARAMS)
    client:update_primary_region(PARAMS)
    assert.equal(1, cloud:requests())
    client:reset()
    client:update_primary_region(PARAMS)
    assert.equal(2, cloud:requests())
    secret_key = emulated_huawei.ACCOUNT.secret_key
    assert(client:update_primary_region(PARAMS))
    secret_key = "hush"
    assert.equal("guarded", select(2, client:update_primary_region(PARAMS)).code)
  end)

  it("reports to the guard even if the transport raises, whether the credentials are new or known", function()
    local cloud, is_broken = emulator.new(), true
    local transport = emulated_huawei.shift_clock(cloud, 0)
    function transport.sleep() error "no call has to wait" end
    function transport.send(_, request)
      if is_broken then error("broken", 0) end
      return cloud:send(request)
    end
    local client = emulated_huawei.new_client(transport)
    for _ = 1, 2 do
      is_broken = true
      for _ = 1, 2 do
        assert.same({ false, "broken" }, { pcall(client.update_primary_region, client, PARAMS) })
      end
      is_broken = false
      local result, err = client:update_primary_region(PARAMS)
      assert(result or err.code == "KMS.0106", err)
    end
  end)

  it("keeps sending after errors that do not concern the credentials", function()
    local cloud = emulator.new()
    local client = emulated_huawei.new_client(cloud)
    for _ = 1, 3 do
      local _, err = client:update_primary_region { key_id = "ffffffff-ffff-ffff-ffff-ffffffffffff",
        primary_region = "cn-east-3" }
      assert.equal("KMS.0207", err.code)
    end
    assert(client:update_primary_region(PARAMS))
  end)

  for name, body in pairs { ["an empty body"] = "", HTML = "<html>401 Authorization Required</html>", XML = "<a/>",
    ["a JSON array"] = "[]", ["another JSON object"] = '{"foo":1}', ["JSON after a byte order mark"] =
    '\239\187\191{"error_code":"APIGW.0301","error_msg":"x"}' } do
    it("sends a key once that HTTP 401 refuses with " .. name, function()
      local transport = fake_transport.new { status = 401, body = body }
      local client = emulated_huawei.new_client(transport)
      local _, first = client:update_primary_region(PARAMS)
      assert.same({ 401, false, false }, { first.status, first.uncertain, first.retryable })
      for _ = 1, 5 do
        local _, err = client:update_primary_region(PARAMS)
        assert.same({ "guarded", 401 }, { err.code, err.cause.status })
      end
      assert.equal(1, #transport.requests)
    end)
  end

  for _, code in ipairs { "closed", "timeout", "too_large", "other" } do
    it("sends a key once that HTTP 401 refuses in a response that ends with the code " .. code, function()
      local transport = fake_transport.new(Error.new { kind = "transport", code = code, message = "lost", status = 401,
        uncertain = true })
      local client = emulated_huawei.new_client(transport)
      local _, first = client:update_primary_region(PARAMS)
      assert.same({ "transport", 401, false, false }, { first.kind, first.status, first.uncertain, first.retryable })
      local _, second = client:update_primary_region(PARAMS)
      assert.same({ "guarded", 401 }, { second.code, second.cause.status })
      assert.equal(1, #transport.requests)
    end)
  end

  it("takes neither a proxy's error nor a throttle for a proof that the credentials are good", function()
    for _, fault in ipairs { { kind = "bad_gateway" }, { kind = "throttled" } } do
      local cloud = emulator.new()
      cloud:fault(fault)
      local options = emulated_huawei.wrong_keys()
      options.retry = false
      local client = emulated_huawei.new_client(emulated_huawei.new_yielding(cloud), options)
      local counts = emulated_huawei.count_concurrent(client, 20)
      assert.is_true(counts["APIGW.0301"] >= 1 and counts["APIGW.0301"] <= 3)
      assert.equal(19, counts["APIGW.0301"] + counts.guarded)
    end
  end)

  it("keeps looking the project up when permission for that is missing", function()
    local calls = 0
    local client = emulated_huawei.new_client({ sleep = function() end, send = function()
      calls = calls + 1
      return { status = 403, headers = {}, body = '{"error_code":"PAP5.0001","error_msg":"not allowed"}' }
    end }, { project_id = "auto" })
    for i = 1, 3 do
      local _, err = client:update_primary_region(PARAMS)
      assert.same({ "refused", i }, { err.code, calls })
    end
  end)

  it("tries new credentials by three of many concurrent calls, and lets the others wait for the verdict", function()
    local function run(options)
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(emulated_huawei.new_yielding(cloud), options)
      return emulated_huawei.count_concurrent(client, 50), cloud:requests()
    end
    local counts, requests = run(emulated_huawei.wrong_keys())
    assert.same({ ["APIGW.0301"] = 3, guarded = 47 }, counts)
    assert.equal(3, requests)
    counts, requests = run()
    assert.same({ moved = 1, ["KMS.0106"] = 49 }, counts)
    assert.equal(50, requests)
  end)

  it("releases waiting calls at once after an outcome that proves nothing, and tells them the cause", function()
    local clock, sent = 0, 0
    local transport = { clock = function() return clock end, sleep = function(_, seconds) clock = clock + seconds end }
    function transport.send()
      sent = sent + 1
      return nil, { code = "connect", message = "connection refused", uncertain = false }
    end
    local client = emulated_huawei.new_client(transport, { retry = false })
    for _ = 1, 300 do
      local _, err = client:update_primary_region(PARAMS)
      assert.same({ "transport", "connect" }, { err.kind, err.code })
    end
    assert.same({ 300, 0 }, { sent, clock })
  end)

  it("waits for abandoned attempts as long as an attempt may take, and no longer", function()
    local cloud = emulator.new()
    local transport = emulated_huawei.shift_clock(cloud, 0)
    function transport.send() coroutine.yield() end
    local client = emulated_huawei.new_client(transport, { timeout = 100 })
    local abandoned = {}
    for i = 1, 3 do
      abandoned[i] = coroutine.create(function() client:update_primary_region(PARAMS) end)
      coroutine.resume(abandoned[i]) -- and never again
    end
    function transport.send(_, request) return cloud:send(request) end
    local _, err = client:update_primary_region(PARAMS, { timeout = 5 })
    assert.same({ "transport", "timeout", false, 0 }, { err.kind, err.code, err.uncertain, err.attempts })
    local started = cloud:clock()
    assert(client:update_primary_region(PARAMS))
    assert.is_true(cloud:clock() - started < 7)
  end)

  it("has none with lock_guard = false, for tokens, and by default for NAVER Cloud", function()
    local cloud = emulator.new()
    local options = emulated_huawei.wrong_keys()
    options.lock_guard = false
    for _, client in ipairs {
      emulated_huawei.new_client(cloud, options),
      emulated_huawei.new_client(cloud, { credentials = { token = "garbage" } }),
    } do
      client:update_primary_region(PARAMS)
      assert.equal("APIGW.0301", select(2, client:update_primary_region(PARAMS)).code)
    end
    local ncloud = kms.ncloud { transport = cloud, credentials = { access_key = "A", secret_key = "S" } }
    for _ = 1, 3 do assert.equal("200", select(2, ncloud:rename_key { key_tag = "t", key_name = "name" }).code) end
  end)
end)
