--- Clients whose project_id is "auto", against the emulator, on its virtual time.

local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local no_secrets = require "spec.helpers.no_secrets"
local project = require "kms.huawei.project"
local provider_call = require "spec.helpers.provider_call"

local ACCOUNT = emulator.fixtures.accounts[1]
local KEYS = { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key }
local TOKEN = { token = ACCOUNT.tokens[1].token }
local PARAMS = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }

local function new_client(transport, options)
  local all = { region = "cn-north-4", project_id = "auto", transport = transport, credentials = KEYS }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

describe("kms.huawei.project", function()
  it("the project is looked up by the name of the region, once per client", function()
    local cloud = emulator.new()
    local client = new_client(cloud)
    assert(client:update_primary_region(PARAMS))
    client:update_primary_region(PARAMS)
    assert.same({ 1, 2 }, { cloud:requests "iam", cloud:requests "huawei" })
  end)

  it("the project of each access key or token is looked up once", function()
    local cloud, call_count = emulator.new(), 0
    local client = new_client(cloud, { credentials = function()
      call_count = call_count + 1
      return call_count % 2 == 0 and KEYS or TOKEN
    end })
    for _ = 1, 6 do client:update_primary_region(PARAMS) end
    assert.equal(2, cloud:requests "iam")
  end)

  it("the lookup is repeated after a temporary failure, and signed afresh", function()
    local dates = {}
    for _, fault in ipairs { { kind = "status", status = 503, body = "" }, { kind = "status", status = 429, body = "" },
      { kind = "bad_gateway" }, { kind = "close_before" } } do
      local cloud = emulator.new()
      fault.times, fault.match = 2, { provider = "iam" }
      cloud:fault(fault)
      local transport = setmetatable({ send = function(_, request)
        if request.target:find "projects" then dates[#dates + 1] = fake_transport.headers(request)["x-sdk-date"] end
        return cloud:send(request)
      end, sleep = function(_, seconds) cloud:sleep(seconds + 1) end },
        { __index = function(_, name) return function() return cloud[name](cloud) end end })
      assert(new_client(transport):update_primary_region(PARAMS))
      assert.equal(3, cloud:requests "iam")
    end
    assert.equal(12, #dates)
    for i = 2, 3 do assert.not_equal(dates[i - 1], dates[i]) end
  end)

  it("a failed lookup makes no change uncertain, and its error has the last cause", function()
    local cloud = emulator.new()
    cloud:fault { kind = "close_within", part = "head", times = 100, match = { provider = "iam" } }
    local _, err = new_client(cloud):update_primary_region(PARAMS)
    assert.same({ "credentials", "unavailable", false }, { err.kind, err.code, err.uncertain })
    assert.equal(4, cloud:requests "iam")
  end)

  it("no text of an error contains the signature of the lookup", function()
    local signature
    local _, err = new_client(fake_transport.new(function(request)
      signature = fake_transport.headers(request).authorization:match "Signature=(%x+)"
      return { status = 403, headers = { ["x-request-id"] = signature },
        body = ('{"error_code":"X.%s","error_msg":"not %s"}'):format(signature, signature) }
    end)):update_primary_region(PARAMS)
    assert.equal("refused", err.code)
    assert.equal(64, #signature)
    assert.is_nil(no_secrets.find(err, { signature }))
  end)

  it("of concurrent calls one looks the project up", function()
    local cloud = emulator.new()
    local client, threads = new_client(emulated_huawei.new_yielding(cloud), { credentials = TOKEN }), {}
    for i = 1, 20 do threads[i] = coroutine.create(function() client:update_primary_region(PARAMS) end) end
    for _ = 1, 100 do
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) ~= "dead" then assert(coroutine.resume(thread)) end
      end
    end
    assert.same({ 1, 20 }, { cloud:requests "iam", cloud:requests "huawei" })
  end)

  it("a call waits for the lookup of another one no longer than its deadline", function()
    local cloud = emulator.new()
    local find = project.new_finder("cn-north-4")
    local transport = { now = function() return cloud:now() end, clock = function() return cloud:clock() end,
      sleep = function(_, seconds) cloud:sleep(seconds) end, send = function() coroutine.yield() end }
    local function find_within(seconds)
      return find(provider_call.new_context("huawei", transport, { timeout = seconds }), KEYS, 0)
    end
    local lost = coroutine.create(find_within)
    assert(coroutine.resume(lost, 30)) -- its lookup never returns
    local start = cloud:clock()
    local id, err = find_within(5)
    assert.is_nil(id)
    assert.same({ "unavailable", "timed out waiting for a concurrent project lookup" }, { err.code, err.message })
    assert.is_true(cloud:clock() - start < 6)
  end)

  it("100 projects are remembered, so that rotated tokens do not fill the memory", function()
    local request_count = 0
    local transport = fake_transport.new(function()
      request_count = request_count + 1
      return { status = 200, headers = {}, body = ('{"projects":[{"id":"%s"}]}'):format(("a"):rep(32)) }
    end)
    local find = project.new_finder "cn-north-4"
    local function find_for(token)
      assert.equal(("a"):rep(32), find(provider_call.new_context("huawei", transport), { token = token }, 0))
    end
    for i = 1, 100 do find_for("token-" .. i) end
    find_for "token-1"
    assert.equal(100, request_count)
    find_for "token-101"
    find_for "token-1"
    assert.equal(102, request_count)
  end)

  it("a lookup under a token sends the token", function()
    assert(new_client(emulator.new(), { credentials = TOKEN }):update_primary_region(PARAMS))
  end)

  it("a lookup that IAM refuses because of the clock is signed again with the learnt clock offset", function()
    local cloud = emulator.new()
    local transport = {
      send = function(_, request)
        local copy = {}
        for name, value in pairs(request) do copy[name] = value end
        return cloud:send(copy)
      end,
      sleep = function(_, seconds) cloud:sleep(seconds) end,
      now = function() return cloud:now() + 7200 end,
      clock = function() return cloud:clock() end,
    }
    assert(new_client(transport):update_primary_region(PARAMS))
    assert.same({ 2, 1 }, { cloud:requests "iam", cloud:requests "huawei" })
  end)

  it("a region with no project or with several is an error, and nothing is sent to KMS", function()
    for region, count in pairs { ["ap-southeast-3"] = 2, ["cn-south-1"] = 0 } do
      local cloud = emulator.new()
      local _, err = new_client(cloud, { region = region }):update_primary_region(PARAMS)
      assert.same({ "credentials", "project", 0 }, { err.kind, err.code, err.attempts })
      assert.matches(("%d projects named %s; expected one with a valid id: give the option project_id"):format(
        count, region), err.message, 1, true)
      assert.equal(0, cloud:requests "huawei")
    end
  end)

  it("a lookup needs a region, even with an endpoint", function()
    local client = kms.huawei { endpoint = "https://kms.example.com", project_id = "auto",
      transport = fake_transport.new {}, credentials = { access_key = "A", secret_key = "S" } }
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "invalid", "region" }, { err.kind, err.code })
  end)

  it("the lock guard covers the lookup: a wrong secret key reaches IAM once", function()
    local cloud = emulator.new()
    local client = new_client(cloud, { credentials = { access_key = ACCOUNT.access_key, secret_key = "hush" } })
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "credentials", "refused" }, { err.kind, err.code })
    assert.equal("guarded", select(2, client:update_primary_region(PARAMS)).code)
    assert.same({ 1, 0 }, { cloud:requests "iam", cloud:requests "huawei" })
  end)

  it("a failure, a malformed response and a refusal of IAM have codes of their own", function()
    for code, response in pairs {
      unavailable = { status = 503, body = "" }, invalid = { '{"projects":5}' }, refused = { status = 403, body = "{}" },
    } do
      local _, err = new_client(fake_transport.new(response)):update_primary_region(PARAMS)
      assert.same({ "credentials", code }, { err.kind, err.code })
    end
  end)

  it("an error raised during the lookup is passed on and does not block later calls", function()
    local cloud = emulator.new()
    local transport = { now = function() return cloud:now() end, clock = function() return cloud:clock() end,
      sleep = function(_, seconds) cloud:sleep(seconds) end, send = function() error("broken", 0) end }
    local client = new_client(transport)
    assert.has_error(function() client:update_primary_region(PARAMS) end, "broken")
    transport.send = function(_, request) return cloud:send(request) end
    local start = cloud:clock()
    assert(client:update_primary_region(PARAMS))
    assert.is_true(cloud:clock() - start < 5)
  end)
end)
