--- What the lock guard gives a client: wrong credentials are sent once.

local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"

local PARAMS = emulated_huawei.PARAMS

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
