local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
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
  function dictionary:set(key, value) entries[key] = { value } end -- luacheck: no unused args
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

  it("acquire waits for a trial, at most until the deadline of the call", function()
    local guard, context = lock_guard.new(), new_context(10)
    assert.is_true(guard:acquire("id", context))
    local waiting = new_context(5)
    local _, err = guard:acquire("id", waiting)
    assert.same({ "transport", "timeout", false }, { err.kind, err.code, err.uncertain })
    assert.is_true(waiting.time >= 5)
    waiting.deadline = 20 -- the trial ended at its own deadline, 10
    assert.is_true(guard:acquire("id", waiting))
    assert.is_true(waiting.time >= 10 and waiting.time < 10.1)
  end)

  it("report without a verdict ends a trial", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("id", context)
    guard:report("id", nil, context)
    assert.same({ true, nil, nil }, { guard:acquire("id", context) })
    assert.equal(0, context.time)
  end)

  it("remembers refused credentials after many good ones, and a limited number of those", function()
    local guard, context = lock_guard.new(), new_context(10)
    guard:acquire("refused", context)
    guard:report("refused", "refused", context)
    for i = 1, 1000 do
      assert.is_true(guard:acquire("good " .. i, context))
      guard:report("good " .. i, "good", context)
    end
    assert.equal("guarded", select(2, guard:acquire("refused", context)).code)
    local count = 0
    for _ in pairs(guard.store.entries) do count = count + 1 end
    assert.is_true(count <= 101, count)
  end)

  it("shares verdicts, trials and resets through a dictionary", function()
    local context = new_context(10)
    local dictionary = new_dictionary(context)
    local one, other = lock_guard.new(dictionary), lock_guard.new(dictionary)
    assert.is_true(one:acquire("id", context))
    assert.equal("timeout", select(2, other:acquire("id", context)).code) -- waits for the trial
    context.time, context.deadline = 20, 30 -- the trial was abandoned
    assert.is_true(other:acquire("id", context))
    other:report("id", "refused", context)
    assert.equal("guarded", select(2, one:acquire("id", context)).code)
    lock_guard.new(dictionary):reset() -- a worker that never used these credentials
    assert.is_true(one:acquire("id", context))
    one:report("id", "good", context)
    assert.same({ true, nil, true }, { other:acquire("id", context) })
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
    cloud:fault { kind = "status", status = 401, body = "<html>a proxy's</html>" }
    assert.equal("protocol", select(2, client:update_primary_region(PARAMS)).kind)
    assert(client:update_primary_region(PARAMS))
  end)

  it("takes neither a proxy's error nor a throttle for a proof that the credentials are good", function()
    for _, fault in ipairs { { kind = "bad_gateway" }, { kind = "throttled" } } do
      local cloud = emulator.new()
      cloud:fault(fault)
      local options = emulated_huawei.wrong_keys()
      options.retry = false
      local client = emulated_huawei.new_client(emulated_huawei.new_yielding(cloud), options)
      local counts = emulated_huawei.count_concurrent(client, 20)
      assert.same({ 1, 18 }, { counts["APIGW.0301"], counts.guarded })
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

  it("tries new credentials by one of many concurrent calls, and lets the others wait for the verdict", function()
    local function run(options)
      local cloud = emulator.new()
      local client = emulated_huawei.new_client(emulated_huawei.new_yielding(cloud), options)
      return emulated_huawei.count_concurrent(client, 50), cloud:requests()
    end
    local counts, requests = run(emulated_huawei.wrong_keys())
    assert.same({ ["APIGW.0301"] = 1, guarded = 49 }, counts)
    assert.equal(1, requests)
    counts, requests = run()
    assert.same({ moved = 1, ["KMS.0106"] = 49 }, counts)
    assert.equal(50, requests)
  end)

  it("waits for an abandoned call until the deadline of that call, and no longer", function()
    local cloud = emulator.new()
    local transport = emulated_huawei.shift_clock(cloud, 0)
    function transport.send() coroutine.yield() end
    local client = emulated_huawei.new_client(transport, { timeout = 10 })
    local abandoned = coroutine.create(function() client:update_primary_region(PARAMS) end)
    coroutine.resume(abandoned) -- and never again
    function transport.send(_, request) return cloud:send(request) end
    local _, err = client:update_primary_region(PARAMS, { timeout = 5 })
    assert.same({ "transport", "timeout", false, 0 }, { err.kind, err.code, err.uncertain, err.attempts })
    assert(client:update_primary_region(PARAMS, { timeout = 10 }))
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
