local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

-- Of the emulator's first account.
local IDP, ID_TOKEN = "emulator-idp", "emulator.id.token"

local write_file = provider_call.write_file

local function get(options, transport)
  return credentials.oidc(options):get(provider_call.new_context("huawei",
    transport or fake_transport.new { status = 500 }))
end

describe("kms.credentials.oidc", function()
  after_each(provider_call.remove_files)

  it("the ID token of the file and the duration of the option reach IAM", function()
    local transport = fake_transport.new({ status = 201, headers = { ["x-subject-token"] = "unscoped" }, body = "{}" },
      { status = 500 })
    get({ idp_id = "idp", id_token_file = write_file " a.b.c\n", duration = 900 }, transport)
    local first, second = transport.requests[1], transport.requests[2]
    assert.equal("idp", fake_transport.headers(first)["x-idp-id"])
    assert.same({ auth = { id_token = { id = "a.b.c" } } }, cjson.decode(first.body))
    assert.equal(900, cjson.decode(second.body).auth.identity.token.duration_seconds)
  end)

  it("the keys are asked for six hours by default", function()
    local transport = fake_transport.new({ status = 201, headers = { ["x-subject-token"] = "unscoped" }, body = "{}" },
      { status = 500 })
    get({ idp_id = "idp", id_token_file = write_file "a.b.c" }, transport)
    assert.equal(6 * 3600, cjson.decode(transport.requests[2].body).auth.identity.token.duration_seconds)
  end)

  it("the oidc provider is missing without both settings, and invalid with one of them", function()
    assert.equal("no idp_id: give oidc the option idp_id or set HUAWEICLOUD_SDK_IDP_ID; "
      .. "no id_token_file: give oidc the option id_token_file or set HUAWEICLOUD_SDK_ID_TOKEN_FILE",
      provider_call.assert_failure("missing", {}, get {}).message)
    provider_call.assert_failure("invalid", {}, get { idp_id = "idp" })
    provider_call.assert_failure("invalid", {}, get { id_token_file = "x" })
  end)

  it("the oidc provider refuses a malformed idp_id, and a file without exactly one token", function()
    provider_call.assert_failure("invalid", {}, get { idp_id = "two words", id_token_file = write_file "x" })
    for _, path in ipairs { "/nowhere/token", "/tmp", write_file "", write_file "hush hush" } do
      provider_call.assert_failure("invalid", { "hush" }, get { idp_id = "idp", id_token_file = path })
    end
  end)

  it("a client with the endpoint of a region and no region asks the IAM of that region", function()
    local transport = fake_transport.new { status = 403, body = "{}" }
    local function call(endpoint)
      local client = kms.huawei { endpoint = endpoint, project_id = ("0"):rep(32), transport = transport,
        credentials = credentials.oidc { idp_id = "idp", id_token_file = write_file "a.b.c" } }
      return client:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
    end
    call "https://kms.tr-west-1.myhuaweicloud.com"
    assert.equal("iam.tr-west-1.myhuaweicloud.com", transport.requests[1].host)
    local _, err = call "https://kms.example.com"
    assert.same({ "credentials", "invalid" }, { err.kind, err.code })
    assert.matches("give the client the option region", err.message)
    assert.equal(1, #transport.requests)
  end)

  it("the oidc provider refuses a cloud without IAM", function()
    local err = provider_call.assert_failure("invalid", {},
      credentials.oidc { idp_id = "idp", id_token_file = "x" }:get(provider_call.new_context("ncloud", emulator.new())))
    assert.equal("credential provider 'oidc' does not serve this cloud", err.message)
  end)

  it("a wrong ID token and an unknown identity provider are refused by IAM", function()
    provider_call.assert_failure("refused", { "wrong.id" },
      get({ idp_id = IDP, id_token_file = write_file "wrong.id" }, emulator.new()))
    provider_call.assert_failure("refused", { ID_TOKEN },
      get({ idp_id = "nobody", id_token_file = write_file(ID_TOKEN) }, emulator.new()))
  end)

  it("the ID token is read for each fetch, because it is short-lived", function()
    local path = write_file "wrong.id"
    local oidc, cloud = credentials.oidc { idp_id = IDP, id_token_file = path }, emulator.new()
    provider_call.assert_failure("refused", { "wrong.id" }, oidc:get(provider_call.new_context("huawei", cloud)))
    local file = assert(io.open(path, "w"))
    file:write(ID_TOKEN)
    file:close()
    cloud:advance(60)
    assert.is_string(assert(oidc:get(provider_call.new_context("huawei", cloud))).security_token)
  end)

  it("the oidc provider names the variable with a malformed idp_id", function()
    local program = [[
      local _, err = require("kms.credentials").oidc():get {
        cloud = require "kms.huawei", region = "cn-north-4", provider = "huawei" }
      print(err.message)]]
    assert.matches("^HUAWEICLOUD_SDK_IDP_ID must be ", (subprocess.run(program,
      { HUAWEICLOUD_SDK_IDP_ID = "a b", HUAWEICLOUD_SDK_ID_TOKEN_FILE = "/token" })))
  end)

  it("the oidc provider reads its variables when a call needs credentials", function()
    local output = subprocess.run(([[
      local provider_call, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      local context = provider_call.new_context("huawei", emulator.new())
      print(require("kms.credentials").oidc():get(context).access_key)
    ]]), { HUAWEICLOUD_SDK_IDP_ID = IDP, HUAWEICLOUD_SDK_ID_TOKEN_FILE = write_file(ID_TOKEN) })
    assert.matches("^HST%w+\n$", output)
  end)
end)
