local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local iam = require "kms.huawei.iam"
local subprocess = require "spec.helpers.subprocess"

local LOGIN = { user = "user", password = "hush", domain = "domain" }
local IDENTITY = { idp_id = "idp", id_token = "a.b.c", duration = 900 }
local EXPIRES = "2026-01-03T03:04:05.000000Z"

local function new_context(transport)
  return provider_call.new_context("huawei", transport)
end

local function new_address()
  return assert(iam.resolve_address(nil, "cn-north-4"))
end

local function create_token(transport, project)
  return iam.create_token(new_context(transport), new_address(), LOGIN, project or "cn-north-4")
end

describe("kms.huawei.iam", function()
  it("resolve_address prefers the option to the variable, and the variable to the region", function()
    local program = [[print(require("kms.huawei.iam").resolve_address(%s, "cn-north-4").host)]]
    local variables = { HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://iam.example" }
    assert.equal("mine.example\n", (subprocess.run(program:format '"https://mine.example"', variables)))
    assert.equal("iam.example\n", (subprocess.run(program:format "nil", variables)))
    assert.equal("iam.cn-north-4.myhuaweicloud.com\n", (subprocess.run(program:format "nil")))
  end)

  it("resolve_address accepts a variable without a scheme", function()
    local program = [[print(require("kms.huawei.iam").resolve_address(nil, "cn-north-4").host)]]
    for _, value in ipairs { "iam.example:8443", " iam.example:8443", "https://iam.example:8443/ ", "iam.example:8443\r" } do
      assert.equal("iam.example:8443\n", (subprocess.run(program, { HUAWEICLOUD_SDK_IAM_ENDPOINT = value })))
    end
  end)

  it("resolve_address names the variable with a malformed endpoint", function()
    local program = [[print(select(2, require("kms.huawei.iam").resolve_address(nil, "cn-north-4")).message)]]
    assert.matches("^HUAWEICLOUD_SDK_IAM_ENDPOINT must be https://",
      (subprocess.run(program, { HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://iam.example/v3" })))
  end)

  it("resolve_address returns a validation error for a malformed endpoint, without a password in it", function()
    for _, endpoint in ipairs { "http://iam.example", "https://iam.example/v3", "https://u:hush@iam.example", "a b" } do
      local address, err = iam.resolve_address(endpoint)
      assert.is_nil(address)
      assert.same({ "credentials", "invalid" }, { err.kind, err.code })
      assert.not_matches("hush", err.message)
    end
  end)

  it("resolve_address asks for the region where nothing names the address", function()
    local address, err = iam.resolve_address(nil, nil)
    assert.is_nil(address)
    assert.equal("the address of IAM depends on the region: give the client the option region, or the credential "
      .. "provider the option endpoint", err.message)
  end)

  it("create_token posts user, password and project", function()
    local transport = fake_transport.new { status = 500 }
    create_token(transport)
    local request = transport.requests[1]
    assert.same({ "POST", "https", "iam.cn-north-4.myhuaweicloud.com", "/v3/auth/tokens?nocatalog=true" },
      { request.method, request.scheme, request.host, request.target })
    assert.equal("application/json;charset=utf8", fake_transport.headers(request)["content-type"])
    assert.same({ auth = {
      identity = { methods = { "password" },
        password = { user = { name = "user", password = "hush", domain = { name = "domain" } } } },
      scope = { project = { name = "cn-north-4" } },
    } }, cjson.decode(request.body))
  end)

  it("create_token tells the id of a project from a name", function()
    local transport, id = fake_transport.new { status = 500 }, "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"
    create_token(transport, id)
    assert.same({ project = { id = id } }, cjson.decode(transport.requests[1].body).auth.scope)
  end)

  it("create_token accepts tokens of several kilobytes", function()
    local token = ("MIIf+/=-"):rep(1024)
    local credentials = assert(create_token(fake_transport.new { status = 201, headers = { ["x-subject-token"] = token },
      body = ('{"token":{"expires_at":"%s"}}'):format(EXPIRES) }))
    assert.equal(token, credentials.token)
  end)

  it("create_token refuses a response whose token is absent or malformed", function()
    for _, headers in ipairs { {}, { ["x-subject-token"] = "" }, { ["x-subject-token"] = "hush hush" },
      { ["x-subject-token"] = ("h"):rep(8193) } } do
      local credentials, err = create_token(fake_transport.new { status = 201, headers = headers, body = "{}" })
      assert.is_nil(credentials)
      assert.equal("invalid", err.code)
      assert.matches("the X-Subject-Token header is missing or malformed", err.message, 1, true)
      assert.not_matches("hush", err.message)
    end
  end)

  it("create_keys sends the ID token, and then the token of the first response", function()
    local transport = fake_transport.new({ status = 201, headers = { ["x-subject-token"] = "unscoped" }, body = "{}" },
      { status = 201, body = cjson.encode { credential = { access = "AK", secret = "SK", securitytoken = "ST",
        expires_at = EXPIRES } } })
    local credentials = assert(iam.create_keys(new_context(transport), new_address(), IDENTITY))
    assert.same({ access_key = "AK", secret_key = "SK", security_token = "ST", expires = 1767409445 }, credentials)
    local first, second = transport.requests[1], transport.requests[2]
    assert.same({ "POST", "iam.cn-north-4.myhuaweicloud.com", "/v3.0/OS-AUTH/id-token/tokens" },
      { first.method, first.host, first.target })
    assert.equal("idp", fake_transport.headers(first)["x-idp-id"])
    assert.same({ auth = { id_token = { id = "a.b.c" } } }, cjson.decode(first.body))
    assert.same({ "POST", "/v3.0/OS-CREDENTIAL/securitytokens" }, { second.method, second.target })
    assert.same({ auth = { identity = { methods = { "token" }, token = { id = "unscoped", duration_seconds = 900 } } } },
      cjson.decode(second.body))
  end)

  it("create_keys refuses a response without a security token", function()
    local transport = fake_transport.new({ status = 201, headers = { ["x-subject-token"] = "unscoped" }, body = "{}" },
      { status = 201, body = cjson.encode { credential = { access = "AK", secret = "hush", expires_at = EXPIRES } } })
    local credentials, err = iam.create_keys(new_context(transport), new_address(), IDENTITY)
    assert.is_nil(credentials)
    assert.matches("a credential with a security token is missing$", err.message)
  end)
end)
