local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"

local POD_TOKEN, POD_URI = "emulator-pod-token", "http://169.254.169.254/v1/credentials"

local paths = {}
local function written(text)
  paths[#paths + 1] = caller.file(text)
  return paths[#paths]
end

describe("kms.credentials.container", function()
  after_each(function()
    while paths[1] do os.remove(table.remove(paths)) end
  end)

  local function ask(options, transport)
    return credentials.container(options):get(caller.context("huawei", transport or canned.new { status = 500 }))
  end

  it("posts the token of the file to the address", function()
    local transport = canned.new { status = 500 }
    ask({ uri = "https://identity.example:8443/v1/keys?a=b", token_file = written(" tok.en\n") }, transport)
    local request = transport.requests[1]
    assert.same({ "POST", "https", "identity.example:8443", "/v1/keys?a=b", "{}" },
      { request.method, request.scheme, request.host, request.target, request.body })
    assert.equal("tok.en", canned.headers(request).authorization)
  end)

  it("is invalid by half, with a file that is none, or with an address that is none", function()
    caller.failed("missing", {}, ask {})
    caller.failed("missing", {}, ask { token_file = "x" })
    assert.matches("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set$", caller.failed("invalid", {}, ask { uri = POD_URI }).message)
    for _, path in ipairs { "/nowhere/token", "/tmp", written "", written "two words", written(("x"):rep(70000)) } do
      caller.failed("invalid", { "two words" }, ask { uri = POD_URI, token_file = path })
    end
    for _, uri in ipairs { "http://10.0.0.1/", "x", "http://u:hush@127.0.0.1/", "https://x/ y", "https://x/#f" } do
      caller.failed("invalid", { "hush" }, ask { uri = uri, token_file = written "t" })
    end
  end)

  it("is refused with a wrong token", function()
    local err = caller.failed("refused", { "wrong" }, ask({ uri = POD_URI, token_file = written "wrong" }, emulator.new()))
    assert.equal(401, err.cause.status)
  end)

  it("reads its variables when it is asked", function()
    local output = child.run(([[
      local caller, emulator = require "spec.helpers.provider_call", require "kms.emulator"
      print(require("kms.credentials").container():get(caller.context("huawei", emulator.new())).access_key)
    ]]), { HC_CONTAINER_CREDENTIALS_FULL_URI = POD_URI, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE = written(POD_TOKEN) })
    assert.matches("^HST%w+\n$", output)
  end)
end)
