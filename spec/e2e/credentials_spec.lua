--- Sources against the served emulator, over the transport that users have.

local caller = require "spec.helpers.provider_call"
local credentials = require "kms.credentials"
local curl = require "kms.transport.curl"
local emulated = require "spec.helpers.emulator_client"
local kms = require "kms"

local ACCOUNT = emulated.accounts.huawei
local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

describe("credentials end to end", function()
  local transport, paths

  before_each(function()
    emulated.reset()
    transport, paths = curl.new { ca_file = emulated.ca_file }, {}
  end)

  after_each(function()
    transport:close()
    for _, path in ipairs(paths) do os.remove(path) end
  end)

  local function written(text)
    paths[#paths + 1] = caller.file(text)
    return paths[#paths]
  end

  local function move(source)
    local client = kms.huawei { region = "cn-north-4", endpoint = emulated.huawei["cn-north-4"], credentials = source,
      project_id = ACCOUNT.projects["cn-north-4"], transport = transport }
    return client:update_primary_region({ key_id = KEY_ID, primary_region = "cn-east-3" })
  end

  local function rename(source)
    local client = kms.ncloud { endpoint = emulated.ncloud, credentials = source, transport = transport }
    return client:rename_key { key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "newKeyName" }
  end

  local function iam_token(password)
    return credentials.iam_token { user = ACCOUNT.user.name, password = password or ACCOUNT.user.password,
      domain = ACCOUNT.user.domain, endpoint = emulated.iam }
  end

  it("calls with a token of IAM, and asks for it once", function()
    local source = iam_token()
    assert(move(source))
    move(source)
    assert.equal(1, emulated.state().requests.iam)
  end)

  it("calls with keys of the metadata service, of both clouds", function()
    assert(move(credentials.metadata { endpoint = emulated.metadata }))
    assert(rename(credentials.metadata { endpoint = emulated.metadata }))
  end)

  it("calls with keys of pod identity", function()
    assert(move(credentials.container { uri = emulated.metadata .. "/v1/credentials", token_file = written(ACCOUNT.pod_token) }))
  end)

  it("calls with keys for an OpenID Connect token", function()
    assert(move(credentials.oidc { idp_id = ACCOUNT.idp.id, id_token_file = written(ACCOUNT.idp.id_token), endpoint = emulated.iam }))
  end)

  it("calls with a profile of a file", function()
    assert(move(credentials.file { path = written(("[basic]\nak = %s\nsk = %s\n"):format(ACCOUNT.access_key, ACCOUNT.secret_key)) }))
  end)

  it("says which source failed, and why", function()
    local _, err = move(credentials.chain { credentials.file { path = "/nowhere" }, iam_token "wrong-secret" })
    caller.failed("refused", { "wrong-secret" }, nil, err)
    assert.same({ "file", "iam_token" }, { err.tried[1].name, err.tried[2].name })
    assert.same({ "missing", "refused" }, { err.tried[1].code, err.tried[2].code })
    assert.matches("^huawei update_primary_region: credentials error refused: IAM at https://localhost:%d+ refused the request: HTTP 401: ", tostring(err))
    assert.same({ 0, 1 }, { emulated.state().requests.huawei, emulated.state().requests.iam })
  end)

  it("finds no metadata service where none listens", function()
    local _, err = move(credentials.metadata { endpoint = "http://127.0.0.1:1" })
    caller.failed("missing", {}, nil, err)
    assert.equal("connect", err.cause.code)
  end)

  it("does not wait for a slow one beyond the call's deadline", function()
    emulated.fault { kind = "delay", seconds = 20, match = { provider = "iam" } }
    local client = kms.huawei { region = "cn-north-4", endpoint = emulated.huawei["cn-north-4"], credentials = iam_token(),
      project_id = ACCOUNT.projects["cn-north-4"], transport = transport, timeout = 0.3 }
    local before = transport:now()
    local _, err = client:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-3" }
    caller.failed("unavailable", { ACCOUNT.user.password }, nil, err)
    assert.equal("timeout", err.cause.code)
    assert.is_true(transport:now() - before < 3)
  end)
end)
