local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local subprocess = require "spec.helpers.subprocess"

local POD_TOKEN, POD_URI = "emulator-pod-token", "http://169.254.169.254/v1/credentials"

local write_file = provider_call.write_file

local function get(options, transport)
  return credentials.container(options):get(provider_call.new_context("huawei",
    transport or fake_transport.new { status = 500 }))
end

describe("kms.credentials.container", function()
  after_each(provider_call.remove_files)

  it("the container provider posts the token of the file to the URI", function()
    local transport = fake_transport.new { status = 500 }
    get({ uri = "https://identity.example:8443/v1/keys?a=b", token_file = write_file(" tok.en\n") }, transport)
    local request = transport.requests[1]
    assert.same({ "POST", "https", "identity.example:8443", "/v1/keys?a=b", "{}" },
      { request.method, request.scheme, request.host, request.target, request.body })
    assert.equal("tok.en", fake_transport.headers(request).authorization)
  end)

  it("the container provider is missing without a URI, and invalid without a token file", function()
    provider_call.assert_failure("missing", {}, get {})
    provider_call.assert_failure("missing", {}, get { token_file = "x" })
    assert.equal("pod identity has a URI, but HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set",
      provider_call.assert_failure("invalid", {}, get { uri = POD_URI }).message)
  end)

  it("the container provider refuses a file without exactly one token", function()
    for _, path in ipairs { "/nowhere/token", "/tmp", write_file "", write_file "two words", write_file(("x"):rep(70000)) } do
      provider_call.assert_failure("invalid", { "two words" }, get { uri = POD_URI, token_file = path })
    end
  end)

  it("the container provider refuses a malformed URI, and http beyond this machine and its link", function()
    for _, uri in ipairs { "http://10.0.0.1/", "x", "http://u:hush@127.0.0.1/", "https://x/ y", "https://x/#f" } do
      provider_call.assert_failure("invalid", { "hush" }, get { uri = uri, token_file = write_file "t" })
    end
  end)

  it("the container provider names the variable with a malformed URI", function()
    local program = [[
      local context = require("spec.helpers.provider_call").new_context("huawei", {})
      print(select(2, require("kms.credentials").container():get(context)).message)]]
    assert.matches("^HC_CONTAINER_CREDENTIALS_FULL_URI must be https://", (subprocess.run(program,
      { HC_CONTAINER_CREDENTIALS_FULL_URI = "http://10.0.0.1/", HC_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/token" })))
  end)

  it("a wrong token is refused by the service", function()
    local err = provider_call.assert_failure("refused", { "wrong" },
      get({ uri = POD_URI, token_file = write_file "wrong" }, emulator.new()))
    assert.equal(401, err.cause.status)
  end)

  it("the container provider reads its variables when a call needs credentials", function()
    local output = subprocess.run(([[
      local provider_call, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      local context = provider_call.new_context("huawei", emulator.new())
      print(require("kms.credentials").container():get(context).access_key)
    ]]), { HC_CONTAINER_CREDENTIALS_FULL_URI = POD_URI, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE = write_file(POD_TOKEN) })
    assert.matches("^HST%w+\n$", output)
  end)
end)
