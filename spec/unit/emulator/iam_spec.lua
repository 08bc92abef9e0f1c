--- kms.emulator.iam: tokens, temporary keys and projects, and until when the emulated KMS accepts them.

local iam_client = require "spec.helpers.iam_client"
local cjson = require "cjson"
local emulator = require "kms.emulator"
local sign = require "kms.sign"

local ACCOUNT = emulator.fixtures.accounts[1]
local USER, IDP = ACCOUNT.user, ACCOUNT.idp
local DAY = 24 * 3600
local TOKENS, PROJECTS = iam_client.TOKENS, "/v3/projects"
local ID_TOKENS, KEYS = "/v3.0/OS-AUTH/id-token/tokens", "/v3.0/OS-CREDENTIAL/securitytokens"

local cloud

local send, move = iam_client.send, iam_client.move
local new_password_body, create_password_token = iam_client.new_password_body, iam_client.create_password_token
local assert_authenticated = iam_client.assert_authenticated
local assert_gateway_error, assert_keystone_error = iam_client.assert_gateway_error, iam_client.assert_keystone_error

local function list_projects(query, change)
  change = change or {}
  local request = { method = "GET", scheme = "https", host = "iam.myhuaweicloud.com", path = PROJECTS, query = query, body = "" }
  local account = change.account or ACCOUNT
  local keys = { access_key = account.access_key, secret_key = change.secret_key or account.secret_key,
    security_token = account.security_token }
  local headers = {}
  for name, value in pairs(sign.huawei(request, keys, change.time or cloud:now())) do headers[#headers + 1] = { name, value } end
  if change.token then headers = { { "X-Auth-Token", change.token } } end
  return send("GET", sign.target(PROJECTS, query), nil, headers)
end

local function list_ids(projects)
  local ids = {}
  for i, project in ipairs(projects) do ids[i] = project.id end
  return ids
end

local function new_id_token_body(change)
  change = change or {}
  return { auth = { id_token = { id = change.id_token or IDP.id_token }, scope = change.scope } }
end

local function create_token_by_id_token(change)
  change = change or {}
  return send("POST", ID_TOKENS, change.body or new_id_token_body(change), { { "X-Idp-Id", change.idp or IDP.id } })
end

local function new_key_body(token, seconds, method)
  return { auth = { identity = { methods = { method or "token" }, token = { id = token, duration_seconds = seconds } } } }
end

before_each(function() cloud = iam_client.new_cloud() end)

describe("a token of IAM for a password", function()
  it("a token is in a header of the response, and its description in the body", function()
    local status, object, headers = send("POST", TOKENS, new_password_body())
    assert.equal(201, status)
    assert.is_true(#headers["x-subject-token"] > 2000)
    local token = object.token
    assert.equal("2026-01-02T03:04:05.678900Z", token.issued_at)
    assert.equal("2026-01-03T03:04:05.678900Z", token.expires_at)
    assert.same({ "password" }, token.methods)
    assert.equal(ACCOUNT.projects["cn-north-4"], token.project.id)
    assert.equal("cn-north-4", token.project.name)
    assert.equal(USER.domain, token.project.domain.name)
    assert.equal(USER.name, token.user.name)
    assert.equal(USER.domain, token.user.domain.name)
    assert.truthy(token.user.id:find "^%x+$")
    assert.same({}, token.roles)
    assert.truthy(headers["x-request-id"]:find "^%x+$")
    assert.truthy(headers["x-iam-trace-id"])
    assert.truthy(headers.date)
  end)

  it("a token is issued for a project by name, by id, or by both", function()
    for _, project in ipairs {
      { name = "cn-east-3" }, { id = ACCOUNT.projects["cn-east-3"] },
      { name = "cn-east-3", id = ACCOUNT.projects["cn-east-3"] },
    } do
      local token, description = create_password_token { scope = { project = project } }
      assert.equal("cn-east-3", description.project.name)
      assert_authenticated(move("cn-east-3", token))
    end
  end)

  it("a project in the scope has precedence over a domain, and a token for a domain only is valid in no region", function()
    local _, description = create_password_token { scope = { project = { name = "cn-north-4" }, domain = { name = USER.domain } } }
    assert.equal("cn-north-4", description.project.name)
    local token
    token, description = create_password_token { scope = { domain = { name = USER.domain } } }
    assert.is_nil(description.project)
    assert_gateway_error(401, "APIGW.0307", move("cn-north-4", token))
  end)

  it("the description of a token has a catalog unless nocatalog has a value", function()
    assert.truthy(select(2, create_password_token()).catalog[1].endpoints[1].url)
    for query, wanted in pairs { ["?nocatalog=1"] = false, ["?nocatalog=true"] = false, ["?nocatalog="] = true, ["?x=nocatalog"] = true } do
      local _, object = send("POST", TOKENS .. query, new_password_body())
      assert.equal(wanted, object.token.catalog ~= nil, query)
    end
  end)

  it("every host of IAM issues tokens, and another host does not exist", function()
    for _, host in ipairs {
      "iam.cn-north-4.myhuaweicloud.com", "iam.eu-west-101.myhuaweicloud.eu", "IAM.myhuaweicloud.com:443",
    } do
      assert.equal(201, (send("POST", TOKENS, new_password_body(), nil, host)))
    end
    assert.is_nil((cloud:send { method = "GET", scheme = "https", host = "iam.example.com", target = PROJECTS }))
  end)

  it("a second token differs from the first one, and both are valid", function()
    local first, second = create_password_token(), create_password_token()
    assert.not_equal(first, second)
    assert.equal(200, (move(nil, first)))
    assert.equal(200, (move(nil, second)))
  end)

  it("a token is valid in its own region only", function()
    local token = create_password_token()
    assert.equal(200, (move("cn-north-4", token)))
    assert_gateway_error(401, "APIGW.0307", move("cn-east-3", token))
  end)

  it("a token is valid for one day, or for token_lifetime", function()
    local token = create_password_token()
    cloud:advance(DAY - 1)
    assert.equal(200, (move(nil, token)))
    cloud:advance(1)
    assert_gateway_error(401, "APIGW.0307", move(nil, token))
    cloud:settings { token_lifetime = 60 }
    local description
    token, description = create_password_token()
    assert.equal("2026-01-03T03:05:05.678900Z", description.expires_at)
    cloud:advance(60)
    assert_gateway_error(401, "APIGW.0307", move(nil, token))
  end)

  for _, case in ipairs {
    { "a wrong password", { password = "wrong" } },
    { "an unknown user", { name = "nobody" } },
    { "an unknown domain", { domain = "nowhere" } },
  } do
    it("IAM refuses a token for " .. case[1] .. " with one text for all of these", function()
      local status, object, headers = send("POST", TOKENS, new_password_body(case[2]))
      assert.equal("The username or password is wrong.", assert_keystone_error(401, "Unauthorized", status, object))
      assert.is_nil(headers["x-subject-token"])
    end)
  end

  it("IAM refuses a token for an unknown project", function()
    for _, project in ipairs {
      { name = "xx-nowhere-1" }, { id = "0" }, { name = "cn-north-4", id = ACCOUNT.projects["cn-east-3"] },
    } do
      assert_keystone_error(404, "Not Found", send("POST", TOKENS, new_password_body { scope = { project = project } }))
    end
  end)

  local function without(path)
    local body = new_password_body()
    local place, name = body, nil
    for step in path:gmatch "[^.]+" do
      if name then place = place[name] end
      name = step
    end
    place[name] = nil
    return cjson.encode(body)
  end

  for what, body in pairs {
    ["no content"] = "",
    ["text that is not JSON"] = "{",
    ["an array"] = "[1]",
    ["no auth"] = without "auth",
    ["no methods"] = without "auth.identity.methods",
    ["no user"] = without "auth.identity.password.user",
    ["no name"] = without "auth.identity.password.user.name",
    ["no password"] = without "auth.identity.password.user.password",
    ["no domain"] = without "auth.identity.password.user.domain",
    ["another method"] = cjson.encode(new_password_body { method = "totp" }),
    ["a password that is a number"] = cjson.encode(new_password_body { password = 1 }),
    ["a user that is null"] = '{"auth":{"identity":{"methods":["password"],"password":{"user":null}}}}',
    ["a project without name and id"] = cjson.encode(new_password_body { scope = { project = { x = 1 } } }),
    ["a project that is text"] = cjson.encode(new_password_body { scope = { project = "cn-north-4" } }),
    ["a project that is a number"] = cjson.encode(new_password_body { scope = { project = 4 } }),
    ["a project that is null"] = cjson.encode(new_password_body { scope = { project = cjson.null } }),
  } do
    it("IAM refuses a token for a body with " .. what, function()
      assert_keystone_error(400, "Bad Request", send("POST", TOKENS, body))
    end)
  end
end)

describe("OpenID Connect and temporary keys of IAM", function()
  it("IAM issues a token for an id token, and temporary keys for that token", function()
    local status, object, headers = create_token_by_id_token()
    assert.equal(201, status)
    assert.same({ "mapped" }, object.token.methods)
    assert.equal("2026-01-03T03:04:05.678900Z", object.token.expires_at)
    assert.equal(IDP.id, object.token.user["OS-FEDERATION"].identity_provider.id)
    status, object = send("POST", KEYS, new_key_body(headers["x-subject-token"], 21600))
    assert.equal(201, status)
    local keys = object.credential
    assert.equal("2026-01-02T09:04:05.678900Z", keys.expires_at)
    assert.equal(20, #keys.access)
    assert.equal(40, #keys.secret)
    assert.is_true(#keys.securitytoken > 1000)
    assert.equal(200, (move(nil, nil, keys)))
    assert_authenticated(move("cn-east-3", nil, keys))
  end)

  it("temporary keys are valid for the requested duration", function()
    local keys = select(2, send("POST", KEYS, new_key_body(create_password_token(), 900))).credential
    cloud:advance(899.9)
    assert.equal(200, (move(nil, nil, keys)))
    cloud:advance(0.1)
    assert_gateway_error(401, "APIGW.0301", move(nil, nil, keys))
  end)

  it("temporary keys are invalid without their security token", function()
    local keys = select(2, send("POST", KEYS, new_key_body(create_password_token(), 900))).credential
    keys.securitytoken = nil
    assert_gateway_error(401, "APIGW.0301", move(nil, nil, keys))
  end)

  it("IAM issues a token for a project and an id token", function()
    local status, object, headers = create_token_by_id_token { scope = { project = { name = "cn-north-4" } } }
    assert.equal(201, status)
    assert.equal("cn-north-4", object.token.project.name)
    assert.equal(200, (move(nil, headers["x-subject-token"])))
    assert_gateway_error(404, "IAM.0004", create_token_by_id_token { scope = { project = { name = "xx-nowhere-1" } } })
  end)

  it("IAM refuses an unknown identity provider, a wrong id token and a malformed body", function()
    assert_gateway_error(404, "IAM.0004", create_token_by_id_token { idp = "other" })
    assert_gateway_error(401, "IAM.0007", create_token_by_id_token { id_token = "wrong" })
    for _, body in ipairs { "", "{", "{}", '{"auth":{}}', '{"auth":{"id_token":{"id":1}}}', '{"auth":{"id_token":"x"}}' } do
      assert_gateway_error(400, "IAM.0011", create_token_by_id_token { body = body })
    end
    assert_gateway_error(400, "IAM.0011", send("POST", ID_TOKENS, new_id_token_body()))
  end)

  it("IAM refuses an expired id token", function()
    cloud = iam_client.new_cloud { accounts = { { provider = "huawei", access_key = "A", secret_key = "S",
      idp = { id = IDP.id, id_token = IDP.id_token, expires = cloud:now() + 10 } } } }
    assert.equal(201, (create_token_by_id_token()))
    cloud:advance(10)
    assert_gateway_error(401, "IAM.0007", create_token_by_id_token())
  end)

  it("IAM refuses keys for an unknown or expired token, a wrong duration and a malformed body", function()
    local token = create_password_token()
    for _, seconds in ipairs { 899, 86401, 900.5, "900" } do
      assert_keystone_error(400, "Bad Request", send("POST", KEYS, new_key_body(token, seconds)))
    end
    assert_keystone_error(400, "Bad Request", send("POST", KEYS, new_key_body(token, 900, "password")))
    assert_keystone_error(400, "Bad Request", send("POST", KEYS, new_key_body(nil, 900)))
    assert_keystone_error(400, "Bad Request", send("POST", KEYS, "{"))
    assert_keystone_error(401, "Unauthorized", send("POST", KEYS, new_key_body("x", 900)))
    assert.equal(201, (send("POST", KEYS, new_key_body(token, 86400))))
    cloud:advance(DAY)
    assert_keystone_error(401, "Unauthorized", send("POST", KEYS, new_key_body(token, 900)))
  end)

  it("IAM accepts the token for keys in X-Auth-Token, and a missing duration is 15 minutes", function()
    local status, object = send("POST", KEYS, '{"auth":{"identity":{"methods":["token"]}}}', { { "X-Auth-Token", (create_password_token()) } })
    assert.equal(201, status)
    assert.equal("2026-01-02T03:19:05.678900Z", object.credential.expires_at)
  end)
end)

describe("the projects of IAM", function()
  it("list_projects finds a project by name, for a signed request", function()
    local status, object = list_projects { { "name", "cn-north-4" } }
    assert.equal(200, status)
    local project = object.projects[1]
    assert.same({ ACCOUNT.projects["cn-north-4"] }, list_ids(object.projects))
    assert.equal("cn-north-4", project.name)
    assert.is_true(project.enabled)
    assert.equal("https://iam.myhuaweicloud.com/v3/projects", object.links.self)
    assert.equal(cjson.null, object.links.next)
  end)

  it("list_projects accepts a token of any region", function()
    for _, region in ipairs { "cn-north-4", "cn-east-3" } do
      local token = create_password_token { scope = { project = { name = region } } }
      assert.same({ ACCOUNT.projects["cn-north-4"] }, list_ids(select(2, list_projects({ { "name", "cn-north-4" } }, { token = token })).projects))
    end
  end)

  it("list_projects returns no project, two projects of one name, or all projects", function()
    assert.same({}, select(2, list_projects { { "name", "eu-west-101" } }).projects)
    assert.same({ ACCOUNT.more_projects[1].id, ACCOUNT.more_projects[2].id },
      list_ids(select(2, list_projects { { "name", "ap-southeast-3" } }).projects))
    assert.equal(4, #select(2, list_projects()).projects)
    assert.equal(2, #select(2, list_projects({}, { account = emulator.fixtures.accounts[2] })).projects)
  end)

  it("list_projects returns an empty array when there is no project", function()
    local response = cloud:send { method = "GET", scheme = "https", host = "iam.myhuaweicloud.com", target = PROJECTS .. "?name=x",
      headers = { { "X-Auth-Token", (create_password_token()) } } }
    assert.truthy(response.body:find('"projects":[]', 1, true), response.body)
  end)

  it("list_projects is authenticated by the gateway of the KMS, which counts failures of both", function()
    assert_gateway_error(401, "APIGW.0301", send("GET", PROJECTS))
    assert_gateway_error(401, "APIGW.0301", list_projects({}, { time = cloud:now() - 901 }))
    assert_gateway_error(401, "APIGW.0301", list_projects({}, { token = "x" }))
    for _ = 1, 4 do assert_gateway_error(401, "APIGW.0301", list_projects({}, { secret_key = "wrong" })) end
    assert.truthy(assert_gateway_error(401, "APIGW.0301", list_projects()):find "forbidden")
    assert.truthy(cloud:state().locks[ACCOUNT.access_key].locked_until)
    local locked, object = move(nil, nil, { access = ACCOUNT.access_key, secret = ACCOUNT.secret_key })
    assert.truthy(assert_gateway_error(401, "APIGW.0301", locked, object):find "forbidden")
  end)
end)

describe("IAM in the emulator", function()
  it("IAM refuses other paths and methods with APIGW.0101", function()
    assert_gateway_error(404, "APIGW.0101", send("GET", "/v3/domains"))
    assert_gateway_error(404, "APIGW.0101", send("GET", TOKENS))
  end)

  it("requests to IAM are counted by operation, apart from requests to the KMS", function()
    create_password_token()
    create_password_token()
    list_projects()
    move(nil, "x")
    assert.equal(3, cloud:requests "iam")
    assert.equal(2, cloud:requests("iam", "create_token"))
    assert.equal(0, cloud:requests("iam", "create_temporary_key"))
    assert.equal(1, cloud:requests "huawei")
    assert.equal(4, cloud:requests())
    assert.same({ huawei = 1, ncloud = 0, iam = 3, metadata = 0 }, cloud:state().requests)
    assert.same({ create_token = 2, list_projects = 1 }, cloud:state().operations.iam)
  end)

  it("a token is invalid after cloud:reset", function()
    local token = create_password_token()
    cloud:reset()
    assert_gateway_error(401, "APIGW.0301", move(nil, token))
  end)

  it("requests to IAM receive faults", function()
    cloud:fault { kind = "throttled", match = { provider = "iam", operation = "create_token" } }
    cloud:fault { kind = "delay", seconds = 5, match = { provider = "iam" } }
    assert.equal(200, (move(nil, ACCOUNT.tokens[1].token)))
    local start = cloud:now()
    assert.equal(200, (list_projects()))
    assert.equal(5, math.floor(cloud:now() - start + 0.5))
    assert_gateway_error(429, "APIGW.0308", send("POST", TOKENS, new_password_body()))
    assert.equal(201, (send("POST", TOKENS, new_password_body())))
  end)

  it("IAM and the gateway have another time than the caller when clock_offset is set", function()
    cloud:settings { clock_offset = 1000 }
    assert.equal(1767323045.6789, cloud:now())
    local _, description = create_password_token()
    assert.equal("2026-01-02T03:20:45.678900Z", description.issued_at)
    assert.truthy(assert_gateway_error(401, "APIGW.0301", list_projects()):find(
      "signature expired, signature time:20260102T030405Z,server time:20260102T032045Z", 1, true))
    local status, _, headers = list_projects({}, { time = cloud:now() + 1000 })
    assert.equal(200, status)
    assert.equal("Fri, 02 Jan 2026 03:20:45 GMT", headers.date)
  end)
end)
