--- What a client makes of refused signatures: clocks, differences, hints, and the guard against locked keys. Against the
--- emulator, in-process, on its virtual time.

local canned = require "spec.helpers.fake_transport"
local clock_skew = require "kms.call.clock_skew"
local signature_diff = require "kms.call.signature_diff"
local emulator = require "kms.emulator"
local lock_guard = require "kms.call.lock_guard"
local kms = require "kms"
local sign = require "kms.sign"
local time = require "kms.util.time"

local ACCOUNT = emulator.fixtures.accounts[1]
local PROJECT_ID = ACCOUNT.projects["cn-north-4"]
local PARAMS = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }

--- A transport to the emulator whose own clock is `shift` seconds ahead of the clouds'.
local function shifted(cloud, shift)
  return {
    send = function(_, request)
      local copy = {}
      for name, value in pairs(request) do copy[name] = value end
      return cloud:send(copy)
    end,
    sleep = function(_, seconds) cloud:sleep(seconds) end,
    now = function() return cloud:now() + shift end,
    clock = function() return cloud:clock() end,
  }
end

local function huawei(transport, options)
  local all = { region = "cn-north-4", project_id = PROJECT_ID, transport = transport,
    credentials = { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key } }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

local function keys(access_key, secret_key)
  return { credentials = { access_key = access_key or ACCOUNT.access_key, secret_key = secret_key or ACCOUNT.secret_key } }
end

describe("kms.util.time", function()
  it("reads the forms that clouds write", function()
    assert.equal(784111777, time.parse_http_date "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(1639723383, time.parse_iso8601 "20211217T064303Z")
    assert.equal(1666032685.231, time.parse_iso8601 "2022-10-17T18:51:25.231000Z")
    assert.equal(951782400, time.parse_iso8601 "2000-02-29T00:00:00Z")
    assert.equal(0, time.parse_iso8601 "1970-01-01T00:00:00Z")
    for _, text in ipairs { "", "tomorrow", "2022-13-01T00:00:00Z", "2022-01-01T25:00:00Z", "2022-01-01" } do
      assert.is_nil(time.parse_iso8601(text))
      assert.is_nil(time.parse_http_date(text))
    end
    assert.is_nil(time.parse_http_date "Sun, 06 Foo 1994 08:49:37 GMT")
  end)
end)

describe("a clock that is off", function()
  for _, shift in ipairs { 3600, -3600, 86400 * 400 } do
    it(("by %d s is learnt from the answer, once a client"):format(shift), function()
      local cloud = emulator.new()
      local client = huawei(shifted(cloud, shift))
      assert(client:update_primary_region(PARAMS))
      assert.equal(2, cloud:requests "huawei")
      client:update_primary_region(PARAMS)
      assert.equal(3, cloud:requests "huawei")
    end)
  end

  it("is learnt from a Date header where the service says nothing of it", function()
    local cloud = emulator.new()
    local account = emulator.fixtures.accounts[3]
    local client = kms.ncloud { transport = shifted(cloud, 600),
      credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    assert(client:rename_key { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "newKeyName" })
    assert.equal(2, cloud:requests "ncloud")
  end)

  it("is named in the error that remains", function()
    local cloud = emulator.new()
    local _, err = huawei(shifted(cloud, 3600), keys(nil, "hush")):update_primary_region(PARAMS)
    assert.equal("APIGW.0301", err.code)
    assert.equal(2, err.attempts)
    assert.matches("this machine's clock is 3600 s ahead of the server's", err.message, 1, true)
  end)

  it("is not blamed for what a minute's difference cannot explain, nor for a refusal of another kind", function()
    local answer = { status = 401, headers = { date = "Fri, 02 Jan 2026 03:04:55 GMT" } }
    assert.is_nil(clock_skew.detect(answer, "", 1767323045, 0))
    answer.headers.date = "Fri, 02 Jan 2026 03:05:06 GMT"
    assert.equal(61, clock_skew.detect(answer, "", 1767323045, 0))
    answer.status = 403
    assert.is_nil(clock_skew.detect(answer, "", 1767323045, 0))
    assert.equal(-45, clock_skew.detect({ status = 401, headers = {} }, "x,server time:20260102T030320Z", 1767323045, 0))
    answer.status, answer.headers.date = 401, "yesterday"
    assert.is_nil(clock_skew.detect(answer, "", 1767323045, 0))
  end)

  it("that was corrected meanwhile is noticed too", function()
    local cloud = emulator.new()
    local account, shift = emulator.fixtures.accounts[3], 600
    local moving = shifted(cloud, 0)
    function moving.now() return cloud:now() + shift end
    function moving.send(_, request) return cloud:send(request) end
    local client = kms.ncloud { transport = moving, credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
    assert(client:rename_key { key_tag = TAG, key_name = "first-name" })
    shift = 0
    assert(client:rename_key { key_tag = TAG, key_name = "second-name" })
    assert.equal(4, cloud:requests "ncloud")
  end)

  it("is learnt by all calls that were on their way with it, and none of them trips the guard", function()
    local cloud = emulator.new()
    local late = shifted(cloud, 0)
    local client = huawei(late)
    assert(client:update_primary_region(PARAMS)) -- the key is known to be good
    local off = shifted(cloud, 3600)
    function late.now() return off.now() end
    function late.send(_, request) coroutine.yield() return off.send(off, request) end
    local threads, codes = {}, {}
    for i = 1, 3 do -- five refusals at once would lock the key, whatever is learnt
      threads[i] = coroutine.create(function()
        local _, err = client:update_primary_region(PARAMS)
        codes[#codes + 1] = err.code
      end)
      assert(coroutine.resume(threads[i]))
    end
    for _ = 1, 3 do
      for _, thread in ipairs(threads) do if coroutine.status(thread) ~= "dead" then assert(coroutine.resume(thread)) end end
    end
    assert.equal(3, #codes)
    for _, code in ipairs(codes) do assert.equal("KMS.0106", code) end
  end)

  it("costs one more request and no more when the gateway does not believe the learnt one either", function()
    local body = '{"error_code":"APIGW.0301","error_msg":"signature expired, signature time:20211217T064303Z,server time:20211217T065804Z"}'
    local transport = canned.new { status = 401, body = body }
    local client = huawei(transport, { lock_guard = false })
    local _, err = client:update_primary_region(PARAMS)
    assert.equal(2, #transport.requests)
    assert.equal(2, err.attempts)
    client:update_primary_region(PARAMS)
    assert.equal(3, #transport.requests)
  end)
end)

describe("a refused signature", function()
  local function canonical(changes)
    local request = { method = "PUT", host = "h", path = "/p", headers = { { "X-Security-Token", "hush" }, { "X-A", "1" } }, body = "{}" }
    for name, value in pairs(changes or {}) do request[name] = value end
    return sign.huawei_stages(request, { access_key = "A", secret_key = "S" }, 0).canonical_request
  end

  local function diff(changes)
    return signature_diff.compare("verify aksk signature fail, canonicalRequest:" .. canonical(changes):gsub("\n", "|"), canonical())
  end

  it("is explained by the first line that differs, by its role", function()
    assert.same({ role = "method", theirs = "POST", ours = "PUT" }, diff { method = "POST" })
    assert.same({ role = "path", theirs = "/q/", ours = "/p/" }, diff { path = "/q" })
    assert.same({ role = "query", theirs = "a=1", ours = "" }, diff { query = { { "a", "1" } } })
    assert.same({ role = "header host", theirs = "i", ours = "h" }, diff { host = "i" })
    assert.same({ role = "header x-a", theirs = "2", ours = "1" }, diff { headers = { { "X-Security-Token", "hush" }, { "X-A", "2" } } })
    assert.equal("payload hash", diff { body = "[]" }.role)
  end)

  it("shows no secret in the difference", function()
    local made = diff { headers = { { "X-Security-Token", "hushhush" }, { "X-A", "1" } } }
    assert.same({ role = "header x-security-token", theirs = "(8 bytes, not shown)", ours = "(4 bytes, not shown)" }, made)
  end)

  it("names a header that one side does not have", function()
    local made = diff { headers = { { "X-Security-Token", "hush" } } }
    assert.equal("header x-a", made.role)
    assert.matches("x%-sdk%-date", made.theirs)
  end)

  it("is the secret key's fault when nothing differs; without the gateway's text nothing is known", function()
    assert.is_false(diff())
    assert.is_nil(signature_diff.compare("verify aksk signature fail", canonical()))
  end)

  it("by a client says so, with the line in err.diff", function()
    local cloud = emulator.new()
    local _, err = huawei(cloud, keys(nil, "hush")):update_primary_region(PARAMS)
    assert.matches("the secret key is not that of this access key", err.message)
    assert.is_nil(err.diff)

    local meddled = { send = function(_, request) request.target = request.target:gsub("0d0466b0", "1d0466b0") return cloud:send(request) end,
      sleep = function() end, now = function() return cloud:now() end,
        clock = function() return cloud:clock() end }
    _, err = huawei(meddled):update_primary_region(PARAMS)
    assert.equal("path", err.diff.role)
    assert.matches("the gateway saw another path than was signed", err.message)
  end)

  local cloud = emulator.new()
  local tokens = ACCOUNT.tokens
  for name, row in pairs {
    ["an unknown key"] = { keys "NOBODY", "APIGW.0301", "no such access key" },
    ["a token of another region"] = { { credentials = { token = tokens[2].token } }, "APIGW.0307", "of another region" },
    ["a damaged token"] = { { credentials = { token = "garbage" } }, "APIGW.0301", "damaged, or of another cloud" },
    ["a wrong project"] = { { project_id = ("f"):rep(32) }, "KMS.0321", "project_id is not a project" },
  } do
    it("hints at " .. name .. ", the cloud's own code untouched", function()
      local _, err = huawei(cloud, row[1]):update_primary_region(PARAMS)
      assert.equal(row[2], err.code)
      assert.matches(row[3], err.message, 1, true)
    end)
  end

  it("hints at a locked key", function()
    local locked = emulator.new()
    local client = huawei(locked, { credentials = { access_key = ACCOUNT.access_key, secret_key = "hush" }, lock_guard = false })
    local err
    for _ = 1, 6 do err = select(2, client:update_primary_region(PARAMS)) end
    assert.matches("locked for five minutes", err.message)
  end)
end)

describe("the lock guard", function()
  it("lets a wrong secret reach the cloud once, however many calls", function()
    local cloud = emulator.new()
    local client = huawei(cloud, keys(nil, "hush"))
    local _, first = client:update_primary_region(PARAMS)
    assert.equal("APIGW.0301", first.code)
    for _ = 1, 999 do
      local result, err = client:update_primary_region(PARAMS)
      assert.is_nil(result)
      assert.same({ "credentials", "guarded", 0, false }, { err.kind, err.code, err.attempts, err.uncertain })
    end
    assert.equal(1, cloud:requests "huawei")
    assert.matches("client:reset()", select(2, client:update_primary_region(PARAMS)).message, 1, true)
  end)

  it("is lifted by reset, and by other credentials", function()
    local cloud = emulator.new()
    local secret = "hush"
    local client = huawei(cloud, { credentials = function() return { access_key = ACCOUNT.access_key, secret_key = secret } end })
    client:update_primary_region(PARAMS)
    client:update_primary_region(PARAMS)
    assert.equal(1, cloud:requests())
    client:reset()
    client:update_primary_region(PARAMS)
    assert.equal(2, cloud:requests())
    secret = ACCOUNT.secret_key
    assert(client:update_primary_region(PARAMS))
    secret = "hush"
    assert.equal("guarded", select(2, client:update_primary_region(PARAMS)).code)
  end)

  it("remembers refused credentials however many good ones follow, and of these some", function()
    local notes = lock_guard.new()
    local context = { clock = function() return 0 end, deadline = 10 }
    assert.is_true(notes:acquire("refused", context))
    notes:report("refused", "refused", context)
    for i = 1, 1000 do
      assert.is_true(notes:acquire("good " .. i, context))
      notes:report("good " .. i, "good", context)
    end
    assert.equal("guarded", select(2, notes:acquire("refused", context)).code)
    local kept = 0
    for _ in pairs(notes.notes.entries) do kept = kept + 1 end
    assert.is_true(kept <= 101)
  end)

  it("says of credentials whether they are known to be good, and waits for a try to come to its end", function()
    local notes, context = lock_guard.new(), { clock = function() return 0 end, deadline = 10 }
    assert.same({ true, nil, nil }, { notes:acquire("n", context) })
    notes:report("n", "good", context)
    assert.same({ true, nil, true }, { notes:acquire("n", context) })

    local cloud, spoilt = emulator.new(), true
    local client = huawei { now = function() return cloud:now() end,
        clock = function() return cloud:clock() end, sleep = function() error "nobody is to wait" end,
      send = function(_, request)
        if spoilt then error("spoilt", 0) end
        return cloud:send(request)
      end }
    for _ = 1, 2 do -- on trial, then known
      spoilt = true
      for _ = 1, 2 do
        local ok, problem = pcall(client.update_primary_region, client, PARAMS)
        assert.same({ false, "spoilt" }, { ok, problem })
      end
      spoilt = false
      local moved, err = client:update_primary_region(PARAMS)
      assert(moved or err.code == "KMS.0106", err)
    end
  end)

  it("is not set off by what is no refusal of the credentials", function()
    local cloud = emulator.new()
    local client = huawei(cloud)
    for _ = 1, 3 do assert.equal("KMS.0207", select(2, client:update_primary_region {
      key_id = "ffffffff-ffff-ffff-ffff-ffffffffffff", primary_region = "cn-east-3" }).code) end
    cloud:fault { kind = "status", status = 401, body = "<html>a proxy's</html>" }
    assert.equal("protocol", select(2, client:update_primary_region(PARAMS)).kind)
    assert(client:update_primary_region(PARAMS))
  end)

  it("takes neither a proxy's failure nor a throttle for a proof that the key is good", function()
    for _, fault in ipairs { { kind = "bad_gateway" }, { kind = "throttled" } } do
      local cloud = emulator.new()
      cloud:fault(fault)
      local yielding = { send = function(_, request) coroutine.yield() return cloud:send(request) end,
        sleep = function(_, seconds) cloud:sleep(seconds) coroutine.yield() end, now = function() return cloud:now() end,
        clock = function() return cloud:clock() end }
      local all = keys(nil, "hush")
      all.retry = false
      local client, threads, codes = huawei(yielding, all), {}, {}
      for i = 1, 20 do
        threads[i] = coroutine.create(function()
          local _, err = client:update_primary_region(PARAMS)
          codes[err.code] = (codes[err.code] or 0) + 1
        end)
      end
      for _ = 1, 100 do
        for _, thread in ipairs(threads) do if coroutine.status(thread) ~= "dead" then assert(coroutine.resume(thread)) end end
      end
      assert.same({ 1, 18 }, { codes["APIGW.0301"], codes.guarded })
    end
  end)

  it("is not tripped by a missing permission to look a project up", function()
    local calls = 0
    local transport = { sleep = function() end, send = function()
      calls = calls + 1
      return { status = 403, headers = {}, body = '{"error_code":"PAP5.0001","error_msg":"not allowed"}' }
    end }
    local client = huawei(transport, { project_id = "auto" })
    for i = 1, 3 do
      local _, err = client:update_primary_region(PARAMS)
      assert.same({ "refused", i }, { err.code, calls })
    end
  end)

  it("shares its knowledge, its trial and its reset through a dictionary", function()
    local notes, now = {}, 0
    local dictionary = { get = function(_, key) local n = notes[key] if n and (not n[2] or n[2] > now) then return n[1] end end,
      set = function(_, key, value) notes[key] = { value } end, delete = function(_, key) notes[key] = nil end }
    function dictionary:add(key, value, seconds)
      if self:get(key) ~= nil then return false end
      notes[key] = { value, now + seconds }
      return true
    end
    function dictionary:incr(key, step, initial) notes[key] = { (self:get(key) or initial) + step } end
    local context = { deadline = 10, clock = function() return now end, sleep = function(_, seconds) now = now + seconds end }
    local one, other = lock_guard.new(dictionary), lock_guard.new(dictionary)
    assert.is_true(one:acquire("n", context))
    assert.equal("timeout", select(2, other:acquire("n", context)).code) -- the other waits for the one's trial
    now, context.deadline = 20, 30 -- which was given up
    assert.is_true(other:acquire("n", context))
    other:report("n", "refused", context)
    assert.equal("guarded", select(2, one:acquire("n", context)).code)
    lock_guard.new(dictionary):reset() -- a worker that never saw these credentials
    assert.is_true(one:acquire("n", context))
    one:report("n", "good", context)
    assert.is_true(other:acquire("n", context))
  end)

  it("can be switched off, and is off for tokens and for NAVER Cloud", function()
    local cloud = emulator.new()
    local off = keys(nil, "hush")
    off.lock_guard = false
    for _, client in ipairs { huawei(cloud, off), huawei(cloud, { credentials = { token = "garbage" } }) } do
      client:update_primary_region(PARAMS)
      assert.equal("APIGW.0301", select(2, client:update_primary_region(PARAMS)).code)
    end
    local ncloud = kms.ncloud { transport = cloud, credentials = { access_key = "A", secret_key = "S" } }
    for _ = 1, 3 do assert.equal("200", select(2, ncloud:rename_key { key_tag = "t", key_name = "name" }).code) end
  end)

  it("lets one of many calls at once try new credentials, and the others wait for what becomes of it", function()
    -- Coroutines over a transport that yields where it would wait: what light threads do in NGINX.
    local function run(secret, count)
      local cloud = emulator.new()
      local yielding = { send = function(_, request) coroutine.yield() return cloud:send(request) end,
        sleep = function(_, seconds) cloud:sleep(seconds) coroutine.yield() end, now = function() return cloud:now() end,
        clock = function() return cloud:clock() end }
      local client = huawei(yielding, keys(nil, secret))
      local threads, codes = {}, {}
      for i = 1, count do
        threads[i] = coroutine.create(function()
          local _, err = client:update_primary_region(PARAMS)
          local code = err and err.code or "moved"
          codes[code] = (codes[code] or 0) + 1
        end)
      end
      for _ = 1, 1000 do
        local alive = false
        for _, thread in ipairs(threads) do
          if coroutine.status(thread) ~= "dead" then
            alive = true
            assert(coroutine.resume(thread))
          end
        end
        if not alive then break end
      end
      return codes, cloud:requests()
    end
    local codes, requests = run("hush", 50)
    assert.same({ ["APIGW.0301"] = 1, guarded = 49 }, codes)
    assert.equal(1, requests)
    codes, requests = run(ACCOUNT.secret_key, 50)
    assert.same({ moved = 1, ["KMS.0106"] = 49 }, codes)
    assert.equal(50, requests)
  end)

  it("does not wait for ever for a call that was given up", function()
    local cloud = emulator.new()
    local dying = { send = function() coroutine.yield() end, sleep = function(_, s) cloud:sleep(s) end, now = function() return cloud:now() end,
        clock = function() return cloud:clock() end }
    local client = huawei(dying, { timeout = 10 })
    local abandoned = coroutine.create(function() client:update_primary_region(PARAMS) end)
    coroutine.resume(abandoned) -- and never again
    dying.send = function(_, request) return cloud:send(request) end
    local _, err = client:update_primary_region(PARAMS, { timeout = 5 })
    assert.same({ "transport", "timeout", false, 0 }, { err.kind, err.code, err.uncertain, err.attempts })
    assert(client:update_primary_region(PARAMS, { timeout = 10 }))
  end)
end)
