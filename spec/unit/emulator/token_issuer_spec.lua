--- The emulated IAM, in-process: tokens for an OpenID Connect id token, temporary keys for a token, and until when the
--- emulated KMS takes them.

local caller = require "spec.helpers.iam_client"
local emulator = require "kms.emulator"

local IDP = emulator.fixtures.accounts[1].idp
local DAY = 24 * 3600
local ID_TOKENS, KEYS = "/v3.0/OS-AUTH/id-token/tokens", "/v3.0/OS-CREDENTIAL/securitytokens"

local ask, password_token, move, let_in = caller.ask, caller.password_token, caller.move, caller.let_in
local gateway_refused, keystone_refused = caller.gateway_refused, caller.keystone_refused

local cloud

local function id_token_body(change)
  change = change or {}
  return { auth = { id_token = { id = change.id_token or IDP.id_token }, scope = change.scope } }
end

local function id_token(change)
  change = change or {}
  return ask("POST", ID_TOKENS, change.body or id_token_body(change), { { "X-Idp-Id", change.idp or IDP.id } })
end

local function key_body(token, seconds, method)
  return { auth = { identity = { methods = { method or "token" }, token = { id = token, duration_seconds = seconds } } } }
end

before_each(function() cloud = caller.new_cloud() end)

describe("the emulated IAM: OpenID Connect", function()
  it("gives a token for an id token, and temporary keys for that", function()
    local status, object, headers = id_token()
    assert.equal(201, status)
    assert.same({ "mapped" }, object.token.methods)
    assert.equal("2026-01-03T03:04:05.678900Z", object.token.expires_at)
    assert.equal(IDP.id, object.token.user["OS-FEDERATION"].identity_provider.id)
    status, object = ask("POST", KEYS, key_body(headers["x-subject-token"], 21600))
    assert.equal(201, status)
    local keys = object.credential
    assert.equal("2026-01-02T09:04:05.678900Z", keys.expires_at)
    assert.equal(20, #keys.access)
    assert.equal(40, #keys.secret)
    assert.is_true(#keys.securitytoken > 1000)
    assert.equal(200, (move(nil, nil, keys)))
    let_in(move("cn-east-3", nil, keys))
  end)

  it("gives keys that end when they were to end", function()
    local keys = select(2, ask("POST", KEYS, key_body(password_token(), 900))).credential
    cloud:advance(899.9)
    assert.equal(200, (move(nil, nil, keys)))
    cloud:advance(0.1)
    gateway_refused(401, "APIGW.0301", move(nil, nil, keys))
  end)

  it("gives keys that are worth nothing without their security token", function()
    local keys = select(2, ask("POST", KEYS, key_body(password_token(), 900))).credential
    keys.securitytoken = nil
    gateway_refused(401, "APIGW.0301", move(nil, nil, keys))
  end)

  it("gives a token for a project when asked", function()
    local status, object, headers = id_token { scope = { project = { name = "cn-north-4" } } }
    assert.equal(201, status)
    assert.equal("cn-north-4", object.token.project.name)
    assert.equal(200, (move(nil, headers["x-subject-token"])))
    gateway_refused(404, "IAM.0004", id_token { scope = { project = { name = "xx-nowhere-1" } } })
  end)

  it("refuses unknown providers, wrong id tokens and malformed bodies", function()
    gateway_refused(404, "IAM.0004", id_token { idp = "other" })
    gateway_refused(401, "IAM.0007", id_token { id_token = "wrong" })
    for _, body in ipairs { "", "{", "{}", '{"auth":{}}', '{"auth":{"id_token":{"id":1}}}', '{"auth":{"id_token":"x"}}' } do
      gateway_refused(400, "IAM.0011", id_token { body = body })
    end
    gateway_refused(400, "IAM.0011", ask("POST", ID_TOKENS, id_token_body()))
  end)

  it("lets an id token expire", function()
    cloud = caller.new_cloud { accounts = { { provider = "huawei", access_key = "A", secret_key = "S",
      idp = { id = IDP.id, id_token = IDP.id_token, expires = cloud:now() + 10 } } } }
    assert.equal(201, (id_token()))
    cloud:advance(10)
    gateway_refused(401, "IAM.0007", id_token())
  end)

  it("gives no keys for an unknown or expired token, a wrong duration or a malformed body", function()
    local token = password_token()
    for _, seconds in ipairs { 899, 86401, 900.5, "900" } do
      keystone_refused(400, "Bad Request", ask("POST", KEYS, key_body(token, seconds)))
    end
    keystone_refused(400, "Bad Request", ask("POST", KEYS, key_body(token, 900, "password")))
    keystone_refused(400, "Bad Request", ask("POST", KEYS, key_body(nil, 900)))
    keystone_refused(400, "Bad Request", ask("POST", KEYS, "{"))
    keystone_refused(401, "Unauthorized", ask("POST", KEYS, key_body("x", 900)))
    assert.equal(201, (ask("POST", KEYS, key_body(token, 86400))))
    cloud:advance(DAY)
    keystone_refused(401, "Unauthorized", ask("POST", KEYS, key_body(token, 900)))
  end)

  it("takes the token from the header too, and a quarter of an hour for granted", function()
    local status, object = ask("POST", KEYS, '{"auth":{"identity":{"methods":["token"]}}}', { { "X-Auth-Token", (password_token()) } })
    assert.equal(201, status)
    assert.equal("2026-01-02T03:19:05.678900Z", object.credential.expires_at)
  end)
end)
