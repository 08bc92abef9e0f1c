local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"

-- Of the emulator's first account.
local USER = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" }
local IDP, ID_TOKEN = "emulator-idp", "emulator.id.token"
local PROJECT = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"

local paths = {}
local function written(text)
  paths[#paths + 1] = caller.file(text)
  return paths[#paths]
end

local function with(options, more)
  local all = {}
  for name, value in pairs(options) do all[name] = value end
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

describe("kms.credentials.iam_token", function()
  local function ask(more, transport, region)
    return credentials.iam_token(with(USER, more)):get(caller.context("huawei", transport, { region = region }))
  end

  it("asks for a token of the client's region, or of the project that is named", function()
    local transport = canned.new { status = 500 }
    for project, scope in pairs { [PROJECT] = { id = PROJECT }, ["cn-north-4_mine"] = { name = "cn-north-4_mine" }, [false] = { name = "cn-north-4" } } do
      ask({ project = project or nil }, transport)
      local request = transport.requests[#transport.requests]
      assert.same({ "POST", "https", "iam.cn-north-4.myhuaweicloud.com", "/v3/auth/tokens?nocatalog=true" },
        { request.method, request.scheme, request.host, request.target })
      assert.equal("application/json;charset=utf8", canned.headers(request)["content-type"])
      assert.same({ auth = {
        identity = { methods = { "password" },
          password = { user = { name = USER.user, password = USER.password, domain = { name = USER.domain } } } },
        scope = { project = scope },
      } }, cjson.decode(request.body))
    end
  end)

  it("gives a token that moves a key", function()
    local kms = require "kms"
    local cloud = emulator.new()
    local client = kms.huawei { region = "cn-north-4", project_id = PROJECT, transport = cloud,
      credentials = credentials.iam_token(USER) }
    assert(client:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" })
    client:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
    assert.equal(1, cloud:requests "iam")
  end)

  it("takes tokens of kilobytes", function()
    local token = ("MIIf+/=-"):rep(1500)
    local found = assert(ask({}, canned.new { status = 201, headers = { ["x-subject-token"] = token },
      body = '{"token":{"expires_at":"2026-01-03T03:04:05.000000Z"}}' }))
    assert.equal(token, found.token)
  end)

  it("is invalid without a token in the answer's header, or with one that is none", function()
    for _, headers in ipairs { {}, { ["x-subject-token"] = "" }, { ["x-subject-token"] = "hush hush" } } do
      caller.failed("invalid", { "hush" }, ask({}, canned.new { status = 201, headers = headers, body = "{}" }))
    end
  end)

  it("does not try a wrong password again for minutes", function()
    local cloud = emulator.new()
    local source = credentials.iam_token(with(USER, { password = "wrong-secret" }))
    for _ = 1, 20 do
      local err = caller.failed("refused", { "wrong-secret" }, source:get(caller.context("huawei", cloud)))
      assert.equal(401, err.cause.status)
      cloud:advance(14)
    end
    assert.equal(1, cloud:requests "iam")
  end)

  it("is refused for a project that is not there", function()
    caller.failed("refused", { USER.password }, ask({ project = "cn-north-4_none" }, emulator.new()))
  end)

  it("is invalid without a project, and with an endpoint that is none", function()
    local context = caller.context("huawei", canned.new { status = 500 })
    context.region = nil
    caller.failed("invalid", { USER.password }, credentials.iam_token(USER):get(context))
    for _, endpoint in ipairs { "http://iam.example", "https://iam.example/v3", "https://u:hush@iam.example", "a b" } do
      caller.failed("invalid", { "hush" }, ask({ endpoint = endpoint }, canned.new { status = 500 }))
    end
  end)

  it("keeps tokens of two regions apart", function()
    local cloud, source = emulator.new(), credentials.iam_token(USER)
    local north = assert(source:get(caller.context("huawei", cloud)))
    local east = assert(source:get(caller.context("huawei", cloud, { region = "cn-east-3" })))
    assert.not_equal(north.token, east.token)
    assert.equal(north, source:get(caller.context("huawei", cloud)))
  end)

  it("shares its token through a dictionary of NGINX", function()
    local program = [[
      local entries = {}
      local dict = {
        get = function(_, key) return entries[key] end,
        set = function(_, key, value) entries[key] = value return true end,
        add = function(_, key, value) if entries[key] then return false, "exists" end entries[key] = value return true end,
        delete = function(_, key) entries[key] = nil end,
      }
      ngx = { shared = { tokens = dict } }
      local caller, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      local credentials = require "kms.credentials"
      local cloud = emulator.new()
      local options = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain", shared = "tokens" }
      local first = assert(credentials.iam_token(options):get(caller.context("huawei", cloud)))
      local second = assert(credentials.iam_token(options):get(caller.context("huawei", cloud)))
      print(first.token == second.token, cloud:requests "iam")
      for key in pairs(entries) do print((key:gsub("64:%x+$", "login")), key:find("Password", 1, true)) end
      options.shared = "none"
      print(select(2, pcall(credentials.iam_token, options)))
    ]]
    assert.equal("true\t1\n"
      .. "kms.token:40:https://iam.cn-north-4.myhuaweicloud.com15:emulator-domain13:emulator-user10:cn-north-4login\tnil\n"
      .. "bad argument #1 to 'iam_token' (option 'shared': there is no lua_shared_dict \"none\")\n", (child.run(program)))
  end)
end)

describe("kms.credentials.oidc", function()
  after_each(function()
    while paths[1] do os.remove(table.remove(paths)) end
  end)

  local function ask(options, transport)
    return credentials.oidc(options):get(caller.context("huawei", transport or canned.new { status = 500 }))
  end

  it("exchanges the id token in two steps", function()
    local transport = canned.new({ status = 201, headers = { ["x-subject-token"] = "unscoped" }, body = "{}" }, { status = 500 })
    ask({ idp_id = "idp", id_token_file = written " a.b.c\n", duration = 900 }, transport)
    local first, second = transport.requests[1], transport.requests[2]
    assert.same({ "POST", "iam.cn-north-4.myhuaweicloud.com", "/v3.0/OS-AUTH/id-token/tokens" }, { first.method, first.host, first.target })
    assert.equal("idp", canned.headers(first)["x-idp-id"])
    assert.same({ auth = { id_token = { id = "a.b.c" } } }, cjson.decode(first.body))
    assert.same({ "POST", "/v3.0/OS-CREDENTIAL/securitytokens" }, { second.method, second.target })
    assert.same({ auth = { identity = { methods = { "token" }, token = { id = "unscoped", duration_seconds = 900 } } } },
      cjson.decode(second.body))
  end)

  it("is missing unnamed, and invalid by half or with a file that is none", function()
    assert.equal("no idp_id: give oidc the option idp_id or set HUAWEICLOUD_SDK_IDP_ID; "
      .. "no id_token_file: give oidc the option id_token_file or set HUAWEICLOUD_SDK_ID_TOKEN_FILE", caller.failed("missing", {}, ask {}).message)
    caller.failed("invalid", {}, ask { idp_id = "idp" })
    caller.failed("invalid", {}, ask { id_token_file = "x" })
    caller.failed("invalid", {}, ask { idp_id = "two words", id_token_file = written "x" })
    for _, path in ipairs { "/nowhere/token", "/tmp", written "", written "hush hush" } do
      caller.failed("invalid", { "hush" }, ask { idp_id = "idp", id_token_file = path })
    end
  end)

  it("is refused with a wrong id token or an unknown provider", function()
    caller.failed("refused", { "wrong.id" }, ask({ idp_id = IDP, id_token_file = written "wrong.id" }, emulator.new()))
    caller.failed("refused", { ID_TOKEN }, ask({ idp_id = "nobody", id_token_file = written(ID_TOKEN) }, emulator.new()))
  end)

  it("reads the id token anew each time it asks, for it is short-lived", function()
    local path = written "wrong.id"
    local source, cloud = credentials.oidc { idp_id = IDP, id_token_file = path }, emulator.new()
    caller.failed("refused", { "wrong.id" }, source:get(caller.context("huawei", cloud)))
    local file = assert(io.open(path, "w"))
    file:write(ID_TOKEN)
    file:close()
    cloud:advance(60)
    assert.is_string(assert(source:get(caller.context("huawei", cloud))).security_token)
  end)

  it("reads its variables when it is asked", function()
    local output = child.run(([[
      local caller, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      print(require("kms.credentials").oidc():get(caller.context("huawei", emulator.new())).access_key)
    ]]), { HUAWEICLOUD_SDK_IDP_ID = IDP, HUAWEICLOUD_SDK_ID_TOKEN_FILE = written(ID_TOKEN) })
    assert.matches("^HST%w+\n$", output)
  end)
end)

describe("IAM", function()
  it("is where the variable says, with or without a scheme", function()
    local program = [[print(require("kms.huawei.iam").resolve_address(%s, "cn-north-4").host)]]
    local variables = { HUAWEICLOUD_SDK_IAM_ENDPOINT = "iam.example:8443" }
    assert.equal("iam.example:8443\n", (child.run(program:format "nil", variables)))
    assert.equal("mine.example\n", (child.run(program:format '"https://mine.example"', variables)))
    variables.HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://iam.example"
    assert.equal("iam.example\n", (child.run(program:format "nil", variables)))
  end)
end)
