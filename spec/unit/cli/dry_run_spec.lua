--- kms.cli.dry_run: the request that would be sent.

local cjson = require "cjson"
local cli_context = require "spec.helpers.cli_context"
local dry_run = require "kms.cli.dry_run"
local kms = require "kms"

local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"

local function print_request(client, name, params)
  local context = cli_context.new()
  local status = dry_run.print(client, client:operation(name), params, context)
  local out, err = context.get_output()
  return out, err, status
end

describe("kms.cli.dry_run", function()
  it("prints a request without signature and secrets", function()
    local huawei = kms.huawei { region = "cn-north-4", project_id = ("0"):rep(32),
      credentials = { access_key = "AKID", secret_key = "secret-key", security_token = "token-of-the-session" } }
    local out, err, status = print_request(huawei, "encrypt_data", { key_id = KEY, plain_text = "hunter2" })
    assert.equal(0, status)
    assert.equal("Dry run: nothing was sent.\n", err)
    assert.matches("^POST /v1.0/0+/kms/encrypt%-data HTTP/1.1\nHost: kms.cn%-north%-4.myhuaweicloud.com\n", out)
    assert.matches("Access=AK..., ", out, 1, true)
    assert.matches('"plain_text":"[secret]"', out, 1, true)
    for _, secret in ipairs { "hunter2", "token-of-the-session", "Signature=%x" } do assert.is_nil(out:find(secret)) end
  end)

  it("prints the request as JSON", function()
    local ncloud = kms.ncloud { credentials = { access_key = "AKID", secret_key = "secret-key" } }
    local params = { key_tag = "tag", key_name = "name" }
    for _, option in ipairs { "json", "jsonl" } do
      local context = cli_context.new { [option] = true }
      assert.equal(0, dry_run.print(ncloud, ncloud:operation "rename_key", params, context))
      local request = cjson.decode((context.get_output()))
      assert.same({ "PUT", "ocapi.ncloud.com", "/kms/v1/keys/tag/name", '{"keyName":"name"}' },
        { request.method, request.host, request.target, request.body })
      assert.equal("AK...", request.headers["x-ncp-iam-access-key"])
      assert.equal("[secret]", request.headers["x-ncp-apigw-signature-v2"])
    end
  end)

  it("reports no attempt, because nothing is sent", function()
    local count = 0
    local ncloud = kms.ncloud { credentials = { access_key = "AKID", secret_key = "s" },
      on_attempt = function() count = count + 1 end }
    assert.equal(0, select(3, print_request(ncloud, "rename_key", { key_tag = "tag", key_name = "name" })))
    assert.equal(0, count)
  end)

  it("uses placeholders for credentials that are missing, and for a project that must be looked up", function()
    local none = function() return nil, "none" end
    local huawei = kms.huawei { region = "cn-north-4", project_id = "auto", credentials = none }
    local out, err, status = print_request(huawei, "list_key_detail", { key_id = KEY })
    assert.equal(0, status)
    assert.matches("Access=PLACEHOLDER", out, 1, true)
    assert.matches("no usable credentials", err)
  end)

  it("sends nothing to look a project up", function()
    local huawei = kms.huawei { region = "cn-north-4", project_id = "auto", credentials = { access_key = "AKID", secret_key = "s" } }
    local out, err = print_request(huawei, "list_key_detail", { key_id = KEY })
    assert.matches("POST /v1.0/" .. ("0"):rep(32), out, 1, true)
    assert.matches("Access=AK..., ", out, 1, true)
    assert.matches("Dry run: the project of region cn-north-4 is looked up when the run begins; placeholders stand in.", err, 1, true)
  end)
end)
