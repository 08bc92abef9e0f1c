--- The rules of the emulated clouds, in-process. Requests are signed by hand (spec/helpers/reference_signer.lua).

local cjson = require "cjson"
local emulator = require "kms.emulator"
local hand_signer = require "spec.helpers.reference_signer"

local HUAWEI, TEMPORARY, NCLOUD = emulator.fixtures.accounts[1], emulator.fixtures.accounts[2], emulator.fixtures.accounts[3]
local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local DISABLED = "1e1577c1-f838-4ead-c46e-095cc585b480"
local DYING = "2f2688d2-0949-4fbe-d57f-1a6dd696c591"
local MASTER = "303799e3-1a5a-40cf-e680-2b7ee7a7d6a2"
local LONELY = "4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3"
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local DYING_TAG = "d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3"
local SLEEPING_TAG = "c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2"

local cloud

-- A Huawei request; `change` holds what is not as usual.
local function move(change)
  change = change or {}
  local given = {
    method = change.method,
    access_key = change.access_key or HUAWEI.access_key,
    secret_key = change.secret_key or HUAWEI.secret_key,
    security_token = change.security_token,
    host = change.host or "kms." .. (change.region or "cn-north-4") .. ".myhuaweicloud.com",
    project_id = change.header or HUAWEI.projects[change.region or "cn-north-4"],
    time = change.time or cloud:now(),
    body = change.body or ('{"key_id":"%s","primary_region":"%s"}'):format(change.key_id or KEY, change.target or "cn-east-3"),
  }
  given.path = change.path or ("/v2/%s/kms/keys/%s/update-primary-region"):format(
    change.project or HUAWEI.projects[change.region or "cn-north-4"], change.path_id or change.key_id or KEY)
  return hand_signer.huawei(given)
end

local function rename(change)
  change = change or {}
  return hand_signer.ncloud {
    access_key = change.access_key or NCLOUD.access_key,
    secret_key = change.secret_key or NCLOUD.secret_key,
    host = change.host or "ocapi.ncloud.com",
    method = change.method or "PUT",
    path = change.path or "/kms/v1/keys/" .. (change.tag or TAG) .. "/name",
    time = change.time or cloud:now(),
    body = change.body or ('{"keyName":"%s"}'):format(change.name or "newKeyName"),
  }
end

local function without(request, name)
  for i = #request.headers, 1, -1 do
    if request.headers[i][1]:lower() == name then table.remove(request.headers, i) end
  end
  return request
end

local function answer(request)
  local response = cloud:handle(request)
  local ok, object = pcall(cjson.decode, response.body)
  return response.status, ok and object or nil, response
end

-- Holds an answer against a status and the error of the KMS, of the gateway, or of NAVER's gateway.
local function refused(status, code, request, text)
  local got, object = answer(request)
  local inner = object.error or object
  assert.equal(code, inner.error_code or inner.errorCode or inner.code)
  assert.equal(status, got)
  if text then
    local message = (inner.error_msg or inner.message or inner.msg) .. " " .. (inner.details or "")
    assert.truthy(message:find(text, 1, true), message)
  end
end

before_each(function() cloud = emulator.new() end)

describe("the emulated Huawei Cloud KMS", function()
  it("moves a key, the old primary region becoming a replica", function()
    local status, object, response = answer(move())
    assert.equal(200, status)
    assert.same({ key_id = KEY, primary_region = "cn-east-3" }, object)
    assert.equal("cn-east-3", cloud:key(KEY).primary)
    assert.same({ "cn-north-4" }, cloud:key(KEY).replicas)
    assert.equal("application/json", response.headers["content-type"])
    assert.truthy(response.headers["x-request-id"]:find "^%x+$")
    assert.truthy(response.headers.date:find "^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d GMT$")
  end)

  it("moves it back from the other region, and no longer from the first", function()
    assert.equal(200, (answer(move())))
    refused(400, "KMS.0106", move { target = "cn-north-4" })
    assert.equal(200, (answer(move { region = "cn-east-3", target = "cn-north-4" })))
    assert.equal("cn-north-4", cloud:key(KEY).primary)
  end)

  it("answers the region it is in already like a success", function()
    local status, object = answer(move { target = "cn-north-4" })
    assert.equal(200, status)
    assert.equal("cn-north-4", object.primary_region)
    assert.same({ "cn-east-3" }, cloud:key(KEY).replicas)
  end)

  it("knows the European host", function()
    cloud = emulator.new {
      accounts = { { provider = "huawei", access_key = "A", secret_key = "S", projects = { ["eu-west-101"] = "p" } } },
    }
    refused(404, "KMS.0207", move { host = "kms.eu-west-101.myhuaweicloud.eu", access_key = "A", secret_key = "S",
      project = "p", header = "p" })
  end)

  local other = "9" .. KEY:sub(2)
  for _, case in ipairs {
    { "a body that is no JSON", 400, "KMS.0202", { body = "{" } },
    { "a body that is no object", 400, "KMS.0202", { body = '"x"' } },
    { "a body without key_id", 400, "KMS.0204", { body = '{"primary_region":"cn-east-3"}' } },
    { "a body without primary_region", 400, "KMS.0204", { body = ('{"key_id":"%s"}'):format(KEY) } },
    { "a key id of the wrong form", 400, "KMS.0205", { key_id = KEY:upper() } },
    { "a key id that is a number", 400, "KMS.0205", { body = '{"key_id":1,"primary_region":"cn-east-3"}' } },
    { "two different key ids", 400, "KMS.0205", { path_id = other } },
    { "an unknown key", 404, "KMS.0207", { key_id = other } },
    { "a key that is not in this region", 404, "KMS.0207", { key_id = LONELY, region = "cn-east-3" } },
    { "a key that is a replica here", 400, "KMS.0106", { region = "cn-east-3", target = "cn-north-4" } },
    { "a disabled key", 400, "KMS.0209", { key_id = DISABLED } },
    { "a key about to be deleted", 400, "KMS.0210", { key_id = DYING } },
    { "a default master key", 400, "KMS.0211", { key_id = MASTER } },
    { "a region without a replica", 400, "KMS.0308", { key_id = LONELY } },
    { "a region that is no string", 400, "KMS.0308", { body = ('{"key_id":"%s","primary_region":{}}'):format(KEY) } },
    { "another project in the URL", 403, "KMS.0321", { project = HUAWEI.projects["cn-east-3"] } },
    { "another project in X-Project-Id", 403, "KMS.0321", { header = HUAWEI.projects["cn-east-3"] } },
    { "another method", 405, "KMS.0215", { method = "POST" } },
    { "an unknown path", 404, "APIGW.0101", { path = "/v2/x" } },
    { "a trailing part", 404, "APIGW.0101", { path = "/v2/p/kms/keys/k/update-primary-region/x" } },
    { "a body above 12 MB", 413, "APIGW.0201", { body = (" "):rep(12 * 1024 * 1024 + 1) } },
  } do
    it("refuses " .. case[1], function()
      local before = cloud:state().keys
      refused(case[2], case[3], move(case[4]))
      assert.same(before, cloud:state().keys)
    end)
  end

  it("takes a body of exactly 12 MB", function()
    local body = ('{"key_id":"%s","primary_region":"cn-east-3"}'):format(KEY)
    assert.equal(200, (answer(move { body = body .. (" "):rep(12 * 1024 * 1024 - #body) })))
  end)

  it("shows one owner's keys to no other", function()
    cloud = emulator.new {
      accounts = { { provider = "huawei", access_key = "A", secret_key = "S", owner = "other", projects = HUAWEI.projects } },
    }
    refused(404, "KMS.0207", move { access_key = "A", secret_key = "S" })
  end)

  it("gives every answer an id of its own", function()
    local _, first = answer(move { path = "/x" })
    local _, second, response = answer(move { path = "/x" })
    assert.not_equal(first.request_id, second.request_id)
    assert.equal(second.request_id, response.headers["x-request-id"])
  end)
end)

describe("the emulated Huawei gateway", function()
  local IAM = "Incorrect IAM authentication information: "

  it("wants a signature or a token", function()
    refused(401, "APIGW.0301", without(move(), "authorization"), IAM .. "x-auth-token not found")
  end)

  it("refuses what is no signature", function()
    local request = without(move(), "authorization")
    table.insert(request.headers, { "Authorization", "Bearer x" })
    refused(401, "APIGW.0301", request, IAM .. "authorization format error")
  end)

  it("names an unknown access key", function()
    refused(401, "APIGW.0301", move { access_key = "NOBODY" }, IAM .. "Get secretKey failed,ak:NOBODY,err:ak not exist")
  end)

  it("wants a readable, signed X-Sdk-Date", function()
    refused(401, "APIGW.0301", without(move(), "x-sdk-date"), "x-sdk-date")
    local request = without(move(), "x-sdk-date")
    table.insert(request.headers, { "X-Sdk-Date", "yesterday" })
    refused(401, "APIGW.0301", request, "x-sdk-date")
    request = move()
    for _, pair in ipairs(request.headers) do pair[2] = pair[2]:gsub(";x%-sdk%-date", "") end
    refused(401, "APIGW.0301", request, "x-sdk-date")
  end)

  it("takes a date within 15 minutes, either way", function()
    for _, offset in ipairs { -900, 900 } do
      assert.equal(200, (answer(move { time = cloud:now() + offset, target = "cn-north-4" })))
    end
    for _, offset in ipairs { -901, 901 } do
      local time = cloud:now() + offset
      refused(401, "APIGW.0301", move { time = time }, ("signature expired, signature time:%s,server time:%s"):format(
        os.date("!%Y%m%dT%H%M%SZ", time), os.date("!%Y%m%dT%H%M%SZ", cloud:now())))
    end
  end)

  it("needs the security token of a temporary key, and of no other", function()
    local temporary = { access_key = TEMPORARY.access_key, secret_key = TEMPORARY.secret_key }
    refused(401, "APIGW.0301", move(temporary), IAM .. "decrypt token fail")
    temporary.security_token = "wrong"
    refused(401, "APIGW.0301", move(temporary), IAM .. "decrypt token fail")
    refused(401, "APIGW.0301", move { security_token = TEMPORARY.security_token }, IAM .. "decrypt token fail")
    temporary.security_token = TEMPORARY.security_token
    assert.equal(200, (answer(move(temporary))))
  end)

  it("lets a temporary key expire", function()
    local account = { provider = "huawei", access_key = "A", secret_key = "S", security_token = "T",
      projects = HUAWEI.projects, expires = cloud:now() + 10 }
    cloud = emulator.new { accounts = { account }, clock = function() return account.expires - 1 end }
    local change = { access_key = "A", secret_key = "S", security_token = "T" }
    assert.equal(200, (answer(move(change))))
    cloud:advance(1)
    refused(401, "APIGW.0301", move(change), IAM .. "decrypt token fail")
  end)

  describe("locks a key", function()
    local function wrong(times)
      for _ = 1, times do refused(401, "APIGW.0301", move { secret_key = "wrong" }, "verify aksk signature fail") end
    end
    local LOCKED = IAM .. "AK access failed to reach the limit,forbidden"

    it("after five failures in a row, for five minutes", function()
      wrong(5)
      refused(401, "APIGW.0301", move(), LOCKED)
      assert.truthy(cloud:state().locks[HUAWEI.access_key].locked_until)
      cloud:advance(299)
      refused(401, "APIGW.0301", move(), LOCKED)
      cloud:advance(1)
      assert.equal(200, (answer(move())))
    end)

    it("not after four and a success", function()
      wrong(4)
      assert.equal(200, (answer(move { target = "cn-north-4" })))
      wrong(4)
      assert.equal(200, (answer(move())))
    end)

    it("with the count at zero when the lock is over", function()
      wrong(5)
      cloud:advance(300)
      wrong(4)
      assert.equal(200, (answer(move())))
    end)

    it("and no other", function()
      wrong(5)
      assert.equal(200, (answer(move { access_key = TEMPORARY.access_key, secret_key = TEMPORARY.secret_key,
        security_token = TEMPORARY.security_token })))
    end)
  end)

  describe("takes tokens", function()
    local function with_token(token, region)
      local request = without(move { region = region, target = "cn-north-4" }, "authorization")
      table.insert(request.headers, { "X-Auth-Token", token })
      return request
    end

    it("of the region", function()
      assert.equal(200, (answer(with_token "emulator-token-of-cn-north-4")))
    end)

    it("and refuses unknown ones", function()
      refused(401, "APIGW.0301", with_token "x", IAM .. "decrypt token fail")
    end)

    it("and refuses those of another region", function()
      refused(401, "APIGW.0307", with_token("emulator-token-of-cn-north-4", "cn-east-3"), "token must be updated")
    end)

    it("and refuses expired ones", function()
      local account = { provider = "huawei", access_key = "A", secret_key = "S", projects = HUAWEI.projects,
        tokens = { { token = "T", region = "cn-north-4", expires = cloud:now() + 10 } } }
      cloud = emulator.new { accounts = { account } }
      assert.equal(200, (answer(with_token "T")))
      cloud:advance(10)
      refused(401, "APIGW.0307", with_token "T")
    end)
  end)
end)

describe("the emulated NAVER Cloud KMS", function()
  it("renames a key", function()
    local status, object = answer(rename())
    assert.equal(200, status)
    assert.same({ code = "SUCCESS", data = { keyTag = TAG, keyName = "newKeyName" } }, object)
    assert.equal("newKeyName", cloud:key(TAG).key_name)
  end)

  it("shows one owner's keys to no other, and lets both use a name", function()
    cloud = emulator.new {
      accounts = { { provider = "ncloud", access_key = "A", secret_key = "S", owner = "other" } },
      keys = { { provider = "ncloud", key_tag = TAG, key_name = "abc" },
        { provider = "ncloud", key_tag = "t", key_name = "def", owner = "other" } },
    }
    refused(404, "NOT_FOUND", rename { access_key = "A", secret_key = "S" })
    assert.equal(200, (answer(rename { access_key = "A", secret_key = "S", tag = "t", name = "abc" })))
  end)

  it("lets a key keep its name, and a disabled one have another", function()
    assert.equal(200, (answer(rename { name = "oldKeyName" })))
    assert.equal(200, (answer(rename { tag = SLEEPING_TAG })))
  end)

  it("shows a key", function()
    local status, object = answer(rename { method = "GET", path = "/kms/v1/keys/" .. SLEEPING_TAG, body = "" })
    assert.equal(200, status)
    assert.equal("sleepingKey", object.data.keyName)
    assert.equal("DISABLE", object.data.status)
    assert.equal("https://ocapi.ncloud.com", object.data.baseUrl)
  end)

  for _, case in ipairs {
    { "a name of two characters", 400, "INVALID_REQUEST", { name = "ab" } },
    { "a name of sixteen", 400, "INVALID_REQUEST", { name = "abcdefghijklmnop" } },
    { "a name that begins with a digit", 400, "INVALID_REQUEST", { name = "1abc" } },
    { "a name with a space", 400, "INVALID_REQUEST", { name = "ab c" } },
    { "a name that is no string", 400, "INVALID_REQUEST", { body = '{"keyName":123}' } },
    { "a body without name", 400, "INVALID_REQUEST", { body = "{}" } },
    { "a body that is no JSON", 400, "INVALID_REQUEST", { body = "keyName=abc" } },
    { "an unknown key", 404, "NOT_FOUND", { tag = "none" } },
    { "a key of another zone", 404, "NOT_FOUND", { host = "ocapi-kr.ncloud.com" } },
    { "a name that is taken", 422, "UNPROCESSABLE_ENTITY", { name = "takenName" } },
    { "a key about to be deleted", 422, "UNPROCESSABLE_ENTITY", { tag = DYING_TAG } },
    { "an unknown path", 404, "300", { path = "/kms/v1/nothing" } },
    { "another method", 404, "300", { method = "POST" } },
    { "a body above 12 MB", 413, "430", { body = (" "):rep(12 * 1024 * 1024 + 1) } },
    { "an unknown access key", 401, "200", { access_key = "NOBODY" }, "Invalid authentication information." },
    { "a wrong secret", 401, "200", { secret_key = "wrong" }, "Invalid authentication information." },
  } do
    it("refuses " .. case[1], function()
      local before = cloud:state().keys
      refused(case[2], case[3], rename(case[4]), case[5])
      assert.same(before, cloud:state().keys)
    end)
  end

  for _, name in ipairs { "x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2" } do
    it("misses " .. name, function()
      refused(401, "200", without(rename(), name), "Authentication information are missing.")
    end)
  end

  it("takes a timestamp within five minutes, either way", function()
    for _, offset in ipairs { -300, 300 } do assert.equal(200, (answer(rename { time = cloud:now() + offset }))) end
    for _, offset in ipairs { -300.001, 300.001 } do
      refused(401, "200", rename { time = cloud:now() + offset }, "Invalid authentication information.")
    end
  end)

  it("locks nobody", function()
    for _ = 1, 6 do refused(401, "200", rename { secret_key = "wrong" }) end
    assert.equal(200, (answer(rename())))
  end)
end)

describe("kms.emulator.new", function()
  it("raises on misuse, at the caller's line", function()
    for _, case in ipairs {
      { { color = "red" }, "unknown option" },
      { { clock = 1 }, "'clock'" },
      { { accounts = { 1 } }, "table expected" },
      { { accounts = { {} } }, "'provider' is missing" },
      { { accounts = { { provider = "elsewhere" } } }, "provider must be one of huawei, ncloud" },
      { { accounts = { { provider = "ncloud", access_key = "A" } } }, "'secret_key' is missing" },
      { { accounts = { { provider = "ncloud", access_key = "A", secret_key = "S", projects = {} } } }, "unknown field" },
      { { accounts = { { provider = "huawei", access_key = "A", secret_key = "S", tokens = { {} } } } }, "'token' is missing" },
      { { keys = { { provider = "huawei", key_id = "k", primary = "r", state = "lost" } } }, "state must be one of" },
      { { hosts = { ["localhost:1"] = { provider = "huawei" } } }, "'region' is missing" },
    } do
      local ok, message = pcall(function() emulator.new(case[1]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*emulator_spec.lua:%d+: bad argument #1 to 'new' %("), message)
      assert.truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("takes more hosts, and keeps the real ones", function()
    cloud = emulator.new { hosts = { ["localhost:8443"] = { provider = "huawei", region = "cn-north-4" },
      ["localhost:8444"] = { provider = "ncloud" } } }
    assert.equal(200, (answer(move { host = "localhost:8443", target = "cn-north-4" })))
    assert.equal(200, (answer(rename { host = "localhost:8444" })))
    assert.equal(200, (answer(move())))
    assert.equal(200, (answer(rename { host = "OCAPI.ncloud.com:443" })))
    assert.equal(421, cloud:handle(move { host = "localhost:1" }).status)
  end)

  it("keeps the given tables to itself and gives out copies", function()
    local keys = { { provider = "ncloud", key_tag = "t", key_name = "abc" } }
    cloud = emulator.new { keys = keys }
    assert.equal(200, (answer(rename { tag = "t" })))
    assert.equal("abc", keys[1].key_name)
    cloud:key("t").key_name = "other"
    assert.equal("newKeyName", cloud:key("t").key_name)
    assert.is_nil(cloud:key "u")
  end)

  it("counts requests, and forgets everything on reset", function()
    answer(move())
    answer(rename())
    answer(rename { secret_key = "wrong" })
    assert.equal(3, cloud:requests())
    assert.equal(1, cloud:requests "huawei")
    assert.equal(2, cloud:requests "ncloud")
    cloud:fault { kind = "bad_gateway" }
    local start = cloud:now()
    cloud:advance(100)
    cloud:reset()
    assert.equal(0, cloud:requests())
    assert.equal(start, cloud:now())
    assert.equal("oldKeyName", cloud:key(TAG).key_name)
    assert.equal(200, (answer(move())))
  end)
end)
