--- kms.emulator.huawei.gateway: authentication, locks, tokens and limits.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT, TEMPORARY = emulator.fixtures.accounts[1], emulator.fixtures.accounts[2]
local PREFIX = "Incorrect IAM authentication information: "
local MAX_BODY = 12 * 1024 * 1024

local cloud

local function move(change) return requests.move(cloud, change) end

local function assert_accepted(request) requests.assert_accepted(cloud, request) end

local function assert_refused(status, code, request, text)
  requests.assert_refused(cloud, { status, code, text }, request)
end

before_each(function() cloud = emulator.new() end)

describe("Huawei's gateway in the emulator", function()
  it("the gateway refuses a request without a signature and a token", function()
    assert_refused(401, "APIGW.0301", requests.remove_header(move(), "authorization"), PREFIX .. "x-auth-token not found")
  end)

  it("the gateway refuses an Authorization header of another scheme", function()
    local request = requests.remove_header(move(), "authorization")
    table.insert(request.headers, { "Authorization", "Bearer x" })
    assert_refused(401, "APIGW.0301", request, PREFIX .. "authorization format error")
  end)

  it("the gateway names an unknown access key in its refusal", function()
    assert_refused(401, "APIGW.0301", move { access_key = "NOBODY" },
      PREFIX .. "Get secretKey failed,ak:NOBODY,err:ak not exist")
  end)

  it("the gateway refuses a missing, a malformed and an unsigned X-Sdk-Date", function()
    assert_refused(401, "APIGW.0301", requests.remove_header(move(), "x-sdk-date"), "x-sdk-date")
    local request = requests.remove_header(move(), "x-sdk-date")
    table.insert(request.headers, { "X-Sdk-Date", "yesterday" })
    assert_refused(401, "APIGW.0301", request, "x-sdk-date")
    request = move()
    for _, pair in ipairs(request.headers) do pair[2] = pair[2]:gsub(";x%-sdk%-date", "") end
    assert_refused(401, "APIGW.0301", request, "x-sdk-date")
  end)

  it("the gateway accepts a clock skew of 15 minutes in both directions, and no more", function()
    for _, offset in ipairs { -900, 900 } do
      assert_accepted(move { time = cloud:now() + offset, target = "cn-north-4" })
    end
    for _, offset in ipairs { -901, 901 } do
      local time = cloud:now() + offset
      assert_refused(401, "APIGW.0301", move { time = time }, ("signature expired, signature time:%s,server time:%s"):format(
        os.date("!%Y%m%dT%H%M%SZ", time), os.date("!%Y%m%dT%H%M%SZ", cloud:now())))
    end
  end)

  it("the gateway requires the security token of a temporary key, and refuses one with another key", function()
    local temporary = { access_key = TEMPORARY.access_key, secret_key = TEMPORARY.secret_key }
    assert_refused(401, "APIGW.0301", move(temporary), PREFIX .. "decrypt token fail")
    temporary.security_token = "wrong"
    assert_refused(401, "APIGW.0301", move(temporary), PREFIX .. "decrypt token fail")
    assert_refused(401, "APIGW.0301", move { security_token = TEMPORARY.security_token }, PREFIX .. "decrypt token fail")
    temporary.security_token = TEMPORARY.security_token
    assert_accepted(move(temporary))
  end)

  it("the gateway refuses a temporary key from the second at which it expires", function()
    local account = { provider = "huawei", access_key = "A", secret_key = "S", security_token = "T",
      projects = ACCOUNT.projects, expires = cloud:now() + 10 }
    cloud = emulator.new { accounts = { account }, clock = function() return account.expires - 1 end }
    local change = { access_key = "A", secret_key = "S", security_token = "T" }
    assert_accepted(move(change))
    cloud:advance(1)
    assert_refused(401, "APIGW.0301", move(change), PREFIX .. "decrypt token fail")
  end)

  it("the gateway refuses unknown paths and longer paths", function()
    assert_refused(404, "APIGW.0101", move { path = "/v2/x" })
    assert_refused(404, "APIGW.0101", move { path = "/v2/p/kms/keys/k/update-primary-region/x" })
  end)

  it("the gateway accepts a body of 12 MB and refuses a larger one", function()
    local body = ('{"key_id":"%s","primary_region":"cn-east-3"}'):format(requests.KEY)
    local before = cloud:state().keys
    assert_refused(413, "APIGW.0201", move { body = (" "):rep(MAX_BODY + 1) })
    assert.same(before, cloud:state().keys)
    assert_accepted(move { body = body .. (" "):rep(MAX_BODY - #body) })
  end)

  it("the gateway gives every response a request id of its own", function()
    local _, first = requests.handle(cloud, move { path = "/v2/x" })
    local _, second, response = requests.handle(cloud, move { path = "/v2/x" })
    assert.not_equal(first.request_id, second.request_id)
    assert.equal(second.request_id, response.headers["x-request-id"])
  end)
end)

describe("the lock of Huawei's gateway in the emulator", function()
  local LOCKED = PREFIX .. "AK access failed to reach the limit,forbidden"

  local function fail(times)
    for _ = 1, times do
      assert_refused(401, "APIGW.0301", move { secret_key = "wrong" }, "verify aksk signature fail")
    end
  end

  it("five failures in a row lock an access key for five minutes", function()
    fail(5)
    assert_refused(401, "APIGW.0301", move(), LOCKED)
    assert.truthy(cloud:state().locks[ACCOUNT.access_key].locked_until)
    cloud:advance(299)
    assert_refused(401, "APIGW.0301", move(), LOCKED)
    cloud:advance(1)
    assert_accepted(move())
  end)

  it("a success after four failures resets the count", function()
    fail(4)
    assert_accepted(move { target = "cn-north-4" })
    fail(4)
    assert_accepted(move())
  end)

  it("the count of failures is zero when a lock ends", function()
    fail(5)
    cloud:advance(300)
    fail(4)
    assert_accepted(move())
  end)

  it("a locked access key does not lock another one", function()
    fail(5)
    assert_accepted(move { access_key = TEMPORARY.access_key, secret_key = TEMPORARY.secret_key,
      security_token = TEMPORARY.security_token })
  end)
end)

describe("tokens at Huawei's gateway in the emulator", function()
  local function move_with_token(token, region)
    local request = requests.remove_header(move { region = region, target = "cn-north-4" }, "authorization")
    table.insert(request.headers, { "X-Auth-Token", token })
    return request
  end

  it("the gateway accepts a token of its region", function()
    assert_accepted(move_with_token "emulator-token-of-cn-north-4")
  end)

  it("the gateway refuses an unknown token", function()
    assert_refused(401, "APIGW.0301", move_with_token "x", PREFIX .. "decrypt token fail")
  end)

  it("the gateway refuses a token of another region", function()
    assert_refused(401, "APIGW.0307", move_with_token("emulator-token-of-cn-north-4", "cn-east-3"), "token must be updated")
  end)

  it("the gateway refuses an expired token", function()
    local account = { provider = "huawei", access_key = "A", secret_key = "S", projects = ACCOUNT.projects,
      tokens = { { token = "T", region = "cn-north-4", expires = cloud:now() + 10 } } }
    cloud = emulator.new { accounts = { account } }
    assert_accepted(move_with_token "T")
    cloud:advance(10)
    assert_refused(401, "APIGW.0307", move_with_token "T")
  end)

  it("a signature has precedence over a token", function()
    local request = move { target = "cn-north-4" }
    table.insert(request.headers, { "X-Auth-Token", "x" })
    assert_accepted(request)
  end)
end)
