--- Credential providers against the served emulator, with the default transport.

local credentials = require "kms.credentials"
local curl = require "kms.transport.curl"
local emulator = require "spec.helpers.emulator_client"
local kms = require "kms"
local provider_call = require "spec.helpers.provider_call"

local ACCOUNT = emulator.accounts.huawei
local MOVE = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
local RENAME = { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "newKeyName" }

describe("credentials end to end", function()
  local transport

  before_each(function()
    emulator.reset()
    transport = curl.new { ca_file = emulator.ca_file }
  end)

  after_each(function()
    transport:close()
    provider_call.remove_files()
  end)

  local function new_huawei(provider, timeout)
    return kms.huawei { region = "cn-north-4", endpoint = emulator.huawei["cn-north-4"], credentials = provider,
      project_id = ACCOUNT.projects["cn-north-4"], transport = transport, timeout = timeout }
  end

  local function move(provider)
    return new_huawei(provider):update_primary_region(MOVE)
  end

  local function rename(provider)
    return kms.ncloud { endpoint = emulator.ncloud, credentials = provider, transport = transport }:rename_key(RENAME)
  end

  local function new_iam_token(password)
    return credentials.iam_token { user = ACCOUNT.user.name, password = password or ACCOUNT.user.password,
      domain = ACCOUNT.user.domain, endpoint = emulator.iam }
  end

  it("calls with a token of IAM succeed, and the token is created once", function()
    local iam_token = new_iam_token()
    assert(move(iam_token))
    move(iam_token)
    assert.equal(1, emulator.state().requests.iam)
  end)

  it("calls with keys of the metadata services of both clouds succeed", function()
    assert(move(credentials.metadata { endpoint = emulator.metadata }))
    assert(rename(credentials.metadata { endpoint = emulator.metadata }))
  end)

  it("a call with keys of pod identity succeeds", function()
    assert(move(credentials.container { uri = emulator.metadata .. "/v1/credentials",
      token_file = provider_call.write_file(ACCOUNT.pod_token) }))
  end)

  it("a call with keys for an OpenID Connect token succeeds", function()
    assert(move(credentials.oidc { idp_id = ACCOUNT.idp.id, endpoint = emulator.iam,
      id_token_file = provider_call.write_file(ACCOUNT.idp.id_token) }))
  end)

  it("a call with a profile of a file succeeds", function()
    assert(move(credentials.file { path = provider_call.write_file(
      ("[basic]\nak = %s\nsk = %s\n"):format(ACCOUNT.access_key, ACCOUNT.secret_key)) }))
  end)

  it("the error of a chain names the provider that failed, and the reason", function()
    local _, err = move(credentials.chain { credentials.file { path = "/nowhere" }, new_iam_token "wrong-secret" })
    provider_call.assert_failure("refused", { "wrong-secret" }, nil, err)
    assert.same({ "file", "iam_token" }, { err.tried[1].name, err.tried[2].name })
    assert.same({ "missing", "refused" }, { err.tried[1].code, err.tried[2].code })
    assert.matches("^huawei update_primary_region %S+: credentials error refused: IAM at https://localhost:%d+ refused the "
      .. "request: HTTP 401: ", tostring(err))
    assert.same({ 0, 1 }, { emulator.state().requests.huawei, emulator.state().requests.iam })
  end)

  it("the metadata provider is missing where no service listens", function()
    local _, err = move(credentials.metadata { endpoint = "http://127.0.0.1:1" })
    provider_call.assert_failure("missing", {}, nil, err)
    assert.equal("connect", err.cause.code)
  end)

  it("a call does not wait for a slow service beyond its deadline", function()
    emulator.fault { kind = "delay", seconds = 20, match = { provider = "iam" } }
    local start = transport:now()
    local _, err = new_huawei(new_iam_token(), 0.3):update_primary_region(MOVE)
    provider_call.assert_failure("unavailable", { ACCOUNT.user.password }, nil, err)
    assert.equal("timeout", err.cause.code)
    assert.is_true(transport:now() - start < 3)
  end)
end)
