--- The emulated IAM, in-process: the tokens it issues, to whom, until when the emulated KMS takes them, and projects.

local caller = require "spec.helpers.iam_client"
local cjson = require "cjson"
local emulator = require "kms.emulator"
local hand_signer = require "spec.helpers.reference_signer"
local sign = require "kms.sign"

local ACCOUNT, NCLOUD = emulator.fixtures.accounts[1], emulator.fixtures.accounts[3]
local USER = ACCOUNT.user
local DAY = 24 * 3600
local TOKENS, PROJECTS = caller.TOKENS, "/v3/projects"

local cloud

local ask, password_body, password_token, move, let_in = caller.ask, caller.password_body, caller.password_token, caller.move, caller.let_in
local gateway_refused, keystone_refused = caller.gateway_refused, caller.keystone_refused

local function list(query, change)
  change = change or {}
  local request = { method = "GET", scheme = "https", host = "iam.myhuaweicloud.com", path = PROJECTS, query = query, body = "" }
  local account = change.account or ACCOUNT
  local keys = { access_key = account.access_key, secret_key = change.secret_key or account.secret_key,
    security_token = account.security_token }
  local headers = {}
  for name, value in pairs(sign.huawei(request, keys, change.time or cloud:now())) do headers[#headers + 1] = { name, value } end
  if change.token then headers = { { "X-Auth-Token", change.token } } end
  return ask("GET", sign.target(PROJECTS, query), nil, headers)
end

local function ids(projects)
  local found = {}
  for i, project in ipairs(projects) do found[i] = project.id end
  return found
end

before_each(function() cloud = caller.new_cloud() end)

describe("the emulated IAM: a token for a password", function()
  it("is in a header, what it is worth in the body", function()
    local status, object, headers = ask("POST", TOKENS, password_body())
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

  it("is for a project by name, by id, or by both", function()
    for _, project in ipairs {
      { name = "cn-east-3" }, { id = ACCOUNT.projects["cn-east-3"] },
      { name = "cn-east-3", id = ACCOUNT.projects["cn-east-3"] },
    } do
      local token, described = password_token { scope = { project = project } }
      assert.equal("cn-east-3", described.project.name)
      let_in(move("cn-east-3", token))
    end
  end)

  it("is for a project when a domain stands beside it, and for none without one", function()
    local _, described = password_token { scope = { project = { name = "cn-north-4" }, domain = { name = USER.domain } } }
    assert.equal("cn-north-4", described.project.name)
    local token
    token, described = password_token { scope = { domain = { name = USER.domain } } }
    assert.is_nil(described.project)
    gateway_refused(401, "APIGW.0307", move("cn-north-4", token))
  end)

  it("comes with a catalog unless that is not wanted", function()
    assert.truthy(select(2, password_token()).catalog[1].endpoints[1].url)
    for query, wanted in pairs { ["?nocatalog=1"] = false, ["?nocatalog=true"] = false, ["?nocatalog="] = true, ["?x=nocatalog"] = true } do
      local _, object = ask("POST", TOKENS .. query, password_body())
      assert.equal(wanted, object.token.catalog ~= nil, query)
    end
  end)

  it("is to be had on every host of IAM", function()
    for _, host in ipairs {
      "iam.cn-north-4.myhuaweicloud.com", "iam.eu-west-101.myhuaweicloud.eu", "IAM.myhuaweicloud.com:443",
    } do
      assert.equal(201, (ask("POST", TOKENS, password_body(), nil, host)))
    end
    assert.is_nil((cloud:send { method = "GET", scheme = "https", host = "iam.example.com", target = PROJECTS }))
  end)

  it("is another one each time, both good", function()
    local first, second = password_token(), password_token()
    assert.not_equal(first, second)
    assert.equal(200, (move(nil, first)))
    assert.equal(200, (move(nil, second)))
  end)

  it("is taken by the KMS of its region alone", function()
    local token = password_token()
    assert.equal(200, (move("cn-north-4", token)))
    gateway_refused(401, "APIGW.0307", move("cn-east-3", token))
  end)

  it("lasts a day, or as set", function()
    local token = password_token()
    cloud:advance(DAY - 1)
    assert.equal(200, (move(nil, token)))
    cloud:advance(1)
    gateway_refused(401, "APIGW.0307", move(nil, token))
    cloud:settings { token_lifetime = 60 }
    local described
    token, described = password_token()
    assert.equal("2026-01-03T03:05:05.678900Z", described.expires_at)
    cloud:advance(60)
    gateway_refused(401, "APIGW.0307", move(nil, token))
  end)

  for _, case in ipairs {
    { "a wrong password", { password = "wrong" } },
    { "an unknown user", { name = "nobody" } },
    { "an unknown domain", { domain = "nowhere" } },
  } do
    it("is refused for " .. case[1] .. ", in the same words", function()
      local status, object, headers = ask("POST", TOKENS, password_body(case[2]))
      assert.equal("The username or password is wrong.", keystone_refused(401, "Unauthorized", status, object))
      assert.is_nil(headers["x-subject-token"])
    end)
  end

  it("is refused for an unknown project", function()
    for _, project in ipairs {
      { name = "xx-nowhere-1" }, { id = "0" }, { name = "cn-north-4", id = ACCOUNT.projects["cn-east-3"] },
    } do
      keystone_refused(404, "Not Found", ask("POST", TOKENS, password_body { scope = { project = project } }))
    end
  end)

  local function without(path)
    local body = password_body()
    local place, name = body, nil
    for step in path:gmatch "[^.]+" do
      if name then place = place[name] end
      name = step
    end
    place[name] = nil
    return cjson.encode(body)
  end

  for what, body in pairs {
    ["no body"] = "",
    ["no JSON"] = "{",
    ["no object"] = "[1]",
    ["no auth"] = without "auth",
    ["no methods"] = without "auth.identity.methods",
    ["no user"] = without "auth.identity.password.user",
    ["no name"] = without "auth.identity.password.user.name",
    ["no password"] = without "auth.identity.password.user.password",
    ["no domain"] = without "auth.identity.password.user.domain",
    ["another method"] = cjson.encode(password_body { method = "totp" }),
    ["a password that is a number"] = cjson.encode(password_body { password = 1 }),
    ["a user that is null"] = '{"auth":{"identity":{"methods":["password"],"password":{"user":null}}}}',
    ["a project without name and id"] = cjson.encode(password_body { scope = { project = { x = 1 } } }),
    ["a project that is text"] = cjson.encode(password_body { scope = { project = "cn-north-4" } }),
    ["a project that is a number"] = cjson.encode(password_body { scope = { project = 4 } }),
    ["a project that is null"] = cjson.encode(password_body { scope = { project = cjson.null } }),
  } do
    it("is refused for a body with " .. what, function()
      keystone_refused(400, "Bad Request", ask("POST", TOKENS, body))
    end)
  end
end)

describe("the emulated IAM: projects", function()
  it("are listed by name, for a signature", function()
    local status, object = list { { "name", "cn-north-4" } }
    assert.equal(200, status)
    local project = object.projects[1]
    assert.same({ ACCOUNT.projects["cn-north-4"] }, ids(object.projects))
    assert.equal("cn-north-4", project.name)
    assert.is_true(project.enabled)
    assert.equal("https://iam.myhuaweicloud.com/v3/projects", object.links.self)
    assert.equal(cjson.null, object.links.next)
  end)

  it("are listed for a token of any region", function()
    for _, region in ipairs { "cn-north-4", "cn-east-3" } do
      local token = password_token { scope = { project = { name = region } } }
      assert.same({ ACCOUNT.projects["cn-north-4"] }, ids(select(2, list({ { "name", "cn-north-4" } }, { token = token })).projects))
    end
  end)

  it("may be none, two, or all", function()
    assert.same({}, select(2, list { { "name", "eu-west-101" } }).projects)
    assert.same({ ACCOUNT.more_projects[1].id, ACCOUNT.more_projects[2].id },
      ids(select(2, list { { "name", "ap-southeast-3" } }).projects))
    assert.equal(4, #select(2, list()).projects)
    assert.equal(2, #select(2, list({}, { account = emulator.fixtures.accounts[2] })).projects)
  end)

  it("are an array even when there are none", function()
    local response = cloud:send { method = "GET", scheme = "https", host = "iam.myhuaweicloud.com", target = PROJECTS .. "?name=x",
      headers = { { "X-Auth-Token", (password_token()) } } }
    assert.truthy(response.body:find('"projects":[]', 1, true), response.body)
  end)

  it("are for callers that the gateway knows, and its lock counts here too", function()
    gateway_refused(401, "APIGW.0301", ask("GET", PROJECTS))
    gateway_refused(401, "APIGW.0301", list({}, { time = cloud:now() - 901 }))
    gateway_refused(401, "APIGW.0301", list({}, { token = "x" }))
    for _ = 1, 4 do gateway_refused(401, "APIGW.0301", list({}, { secret_key = "wrong" })) end
    assert.truthy(gateway_refused(401, "APIGW.0301", list()):find "forbidden")
    assert.truthy(cloud:state().locks[ACCOUNT.access_key].locked_until)
    local locked, object = move(nil, nil, { access = ACCOUNT.access_key, secret = ACCOUNT.secret_key })
    assert.truthy(gateway_refused(401, "APIGW.0301", locked, object):find "forbidden")
  end)
end)

describe("the emulated IAM", function()
  it("has no other paths and methods", function()
    gateway_refused(404, "APIGW.0101", ask("GET", "/v3/domains"))
    gateway_refused(404, "APIGW.0101", ask("GET", TOKENS))
  end)

  it("is counted, by operation too, and the rest not with it", function()
    password_token()
    password_token()
    list()
    move(nil, "x")
    assert.equal(3, cloud:requests "iam")
    assert.equal(2, cloud:requests("iam", "create_token"))
    assert.equal(0, cloud:requests("iam", "create_temporary_key"))
    assert.equal(1, cloud:requests "huawei")
    assert.equal(4, cloud:requests())
    assert.same({ huawei = 1, ncloud = 0, iam = 3, metadata = 0 }, cloud:state().requests)
    assert.same({ create_token = 2, list_projects = 1 }, cloud:state().operations.iam)
  end)

  it("forgets its tokens on reset", function()
    local token = password_token()
    cloud:reset()
    gateway_refused(401, "APIGW.0301", move(nil, token))
  end)

  it("meets faults", function()
    cloud:fault { kind = "throttled", match = { provider = "iam", operation = "create_token" } }
    cloud:fault { kind = "delay", seconds = 5, match = { provider = "iam" } }
    assert.equal(200, (move(nil, ACCOUNT.tokens[1].token)))
    local start = cloud:now()
    assert.equal(200, (list()))
    assert.equal(5, math.floor(cloud:now() - start + 0.5))
    gateway_refused(429, "APIGW.0308", ask("POST", TOKENS, password_body()))
    assert.equal(201, (ask("POST", TOKENS, password_body())))
  end)

  it("uses a clock of its own when clock_offset is set", function()
    cloud:settings { clock_offset = 1000 }
    assert.equal(1767323045.6789, cloud:now())
    local _, described = password_token()
    assert.equal("2026-01-02T03:20:45.678900Z", described.issued_at)
    assert.truthy(gateway_refused(401, "APIGW.0301", list()):find(
      "signature expired, signature time:20260102T030405Z,server time:20260102T032045Z", 1, true))
    local status, _, headers = list({}, { time = cloud:now() + 1000 })
    assert.equal(200, status)
    assert.equal("Fri, 02 Jan 2026 03:20:45 GMT", headers.date)
  end)
end)

describe("kms.emulator.new", function()
  it("raises on misuse of the fields for IAM", function()
    local function account(fields)
      local all = { provider = "huawei", access_key = "A", secret_key = "S" }
      for name, value in pairs(fields) do all[name] = value end
      return { accounts = { all } }
    end
    for _, case in ipairs {
      { account { user = { name = "u", password = "p" } }, "'domain' is missing" },
      { account { user = "u" }, "table expected" },
      { account { idp = { id = "i" } }, "'id_token' is missing" },
      { account { more_projects = { { name = "n" } } }, "'id' is missing" },
      { account { agency = "yes" }, "boolean expected" },
      { { hosts = { ["localhost:1"] = { provider = "iam", region = "cn-north-4" } } }, "unknown field" },
      { { hosts = { ["localhost:1"] = { provider = "sts" } } }, "one of huawei, ncloud, iam, metadata" },
      { { accounts = { { provider = "iam", access_key = "A", secret_key = "S" } } }, "one of huawei, ncloud" },
    } do
      local ok, message = pcall(function() emulator.new(case[1]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*iam_spec.lua:%d+: bad argument #1 to 'new' %("), message)
      assert.truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("lets a NAVER key expire", function()
    local account = { provider = "ncloud", access_key = "A", secret_key = "S", expires = cloud:now() + 10 }
    cloud = emulator.new { accounts = { account }, clock = function() return account.expires - 10 end }
    local function status()
      return cloud:handle(hand_signer.ncloud { access_key = "A", secret_key = "S", host = "ocapi.ncloud.com", method = "GET",
        path = "/kms/v1/keys/none", time = cloud:now() }).status
    end
    assert.equal(404, status())
    cloud:advance(10)
    assert.equal(401, status())
    assert.is_nil(NCLOUD.expires)
  end)
end)
