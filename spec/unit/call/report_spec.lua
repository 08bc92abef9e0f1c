local emulated_huawei = require "spec.helpers.emulated_huawei"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local huawei = require "kms.huawei"
local kms = require "kms"
local json_body = require "kms.util.json_body"
local report = require "kms.call.report"

local KEYS = { access_key = "AK", secret_key = "hush-secret", security_token = "hush-token" }
local PARAMS = emulated_huawei.PARAMS

--- Creates a call that has failed, or one that was refused before it ran.
local function new_call(fields)
  local call = { cloud = huawei, operation = require("kms.huawei.operations.multi_region")[1], attempts = 1, credentials = KEYS,
    settings = { host = "kms.example.com" } }
  for name, value in pairs(fields or {}) do call[name] = value end
  return call
end

--- Makes one call that gets this response.
---@return kms.Error
local function fail(response, keys)
  local client = kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), credentials = keys or KEYS, retry = false,
    transport = fake_transport.new(response) }
  return (select(2, client:update_primary_region(PARAMS)))
end

describe("kms.call.report", function()
  describe("collect_secrets", function()
    it("collects the credentials once, and the signature of every request", function()
      local call = new_call()
      local function sign_with(code) return { { "A", "b" }, { "Authorization", "SDK-HMAC-SHA256 Access=AK, Signature=" .. code } } end
      report.collect_secrets(call, sign_with "0a1b")
      report.collect_secrets(call, sign_with "2c3d")
      assert.same({ "hush-secret", "hush-token", "0a1b", "2c3d" }, report.collect_secrets(call))
    end)

    it("collects a token", function()
      assert.same({ "T" }, report.collect_secrets(new_call { credentials = { token = "T" } }))
    end)

    it("returns an empty list for a call that has no credentials yet", function()
      assert.same({}, report.collect_secrets { cloud = huawei })
    end)
  end)

  describe("build_error", function()
    it("adds provider, operation, attempts and retryable, and keeps kind, code and cause", function()
      local cause = { code = 28, message = "libcurl's words" }
      local failure = Error.new { kind = "transport", code = "timeout", message = "m", uncertain = true, cause = cause }
      local err = report.build_error(new_call { attempts = 3 }, failure)
      assert.is_true(Error.is(err))
      assert.same({ kind = "transport", code = "timeout", message = "m", uncertain = true, cause = cause,
        provider = "huawei", operation = "update_primary_region", attempts = 3, retryable = true }, err)
    end)

    it("does not change the failure", function()
      local failure = Error.new { kind = "service", code = "hush-secret", message = "hush-secret", hint = "h", status = 400 }
      report.build_error(new_call(), failure)
      assert.same({ kind = "service", code = "hush-secret", message = "hush-secret", hint = "h", status = 400,
        uncertain = false }, failure)
    end)

    it("appends the hint to the message, without a full stop between them", function()
      local err = report.build_error(new_call(), Error.new { kind = "service", code = "x", message = "m", hint = "look" })
      assert.equal("m; look", err.message)
      assert.is_nil(err.hint)
      err = report.build_error(new_call(), Error.new { kind = "service", code = "x", message = "Not found.", hint = "look" })
      assert.equal("Not found; look", err.message)
    end)

    it("says that the outcome of an operation that only reads is certain", function()
      local failure = Error.new { kind = "transport", code = "closed", message = "m", uncertain = true }
      local err = report.build_error(new_call { operation = { name = "get", read_only = true } }, failure)
      assert.same({ false, true }, { err.uncertain, err.retryable })
    end)

    it("removes secrets from the cause, the diff and the list of tried providers", function()
      local err = report.build_error(new_call(), Error.new { kind = "credentials", code = "invalid", message = "m",
        cause = { message = "hush-token" }, diff = { theirs = "hush-token" },
        tried = { { name = "own", code = "invalid", reason = "hush-secret" } } })
      assert.same({ "[secret]", "[secret]", "[secret]" }, { err.cause.message, err.diff.theirs, err.tried[1].reason })
    end)
  end)

  describe("parse_failure", function()
    local function parse(response, object)
      response.headers, response.body = response.headers or {}, response.body or ""
      return report.parse_failure(new_call(), response, object, "not_json", "the response body is not JSON")
    end

    it("returns a service error if the object has one of the provider's shapes", function()
      local err = parse({ status = 404, headers = { ["x-request-id"] = "r1" },
        body = '{"error_code":"A","error_msg":"b"}' }, { error_code = "A", error_msg = "b" })
      assert.same({ "service", "A", "b", 404, "r1", false },
        { err.kind, err.code, err.message, err.status, err.request_id, err.uncertain })
    end)

    it("returns a protocol error with an excerpt of the body otherwise", function()
      local err = parse { status = 502, body = "<html>hush-token</html>" }
      assert.same({ "protocol", "not_json", "the response body is not JSON, 23 bytes: <html>[secret]</html>", true },
        { err.kind, err.code, err.message, err.uncertain })
    end)

    it("returns a numeric code verbatim", function()
      local body = '{"error_code":123456789012345678,"error_msg":"b"}'
      assert.equal("123456789012345678", parse({ status = 404, body = body }, json_body.decode(body)).code)
    end)

    it("names the encoding of a response that is encoded", function()
      local err = parse { status = 200, body = "\31\139\8", headers = { ["content-encoding"] = "gzip" } }
      assert.same({ "protocol", "not_json", true }, { err.kind, err.code, err.uncertain })
      assert.matches("Content-Encoding gzip", err.message, 1, true)
    end)

    it("says that redirects are not followed", function()
      assert.matches("; redirects are not followed$", parse({ status = 302 }).message)
    end)

    it("calls the outcome uncertain after a server error, and after a success that cannot be read", function()
      for status, uncertain in pairs { [200] = true, [204] = true, [302] = false, [404] = false, [429] = false,
        [500] = true, [502] = true, [503] = false, [504] = true } do
        assert.equal(uncertain, parse({ status = status }).uncertain, status)
      end
    end)
  end)

  describe("judge_credentials", function()
    it("returns refused for status 401, whatever the body is, also when a credential service refused them", function()
      assert.equal("refused", report.judge_credentials { kind = "service", status = 401 })
      assert.equal("refused", report.judge_credentials { kind = "protocol", status = 401 })
      assert.equal("refused",
        report.judge_credentials { kind = "credentials", code = "refused", cause = { status = 401 } })
    end)

    it("returns good for another refusal of the service", function()
      for _, status in ipairs { 400, 403, 404 } do
        assert.equal("good", report.judge_credentials { kind = "service", status = status })
      end
    end)

    it("returns nil if the failure proves nothing", function()
      for _, err in ipairs {
        { kind = "service", status = 429 }, { kind = "service", status = 500 }, { kind = "protocol", status = 403 },
        { kind = "transport", code = "closed" }, { kind = "credentials", code = "unavailable", cause = { status = 500 } },
        { kind = "credentials", code = "refused", cause = { status = 403 } }, { kind = "credentials", code = "refused" },
      } do
        assert.is_nil(report.judge_credentials(err))
      end
    end)
  end)

  describe("a hint", function()
    local cloud = emulator.new()
    local tokens = emulated_huawei.ACCOUNT.tokens
    for name, row in pairs {
      ["an unknown access key"] = { { credentials = { access_key = "NOBODY", secret_key = "S" } }, "APIGW.0301",
        "this cloud does not know the access key" },
      ["a token of another region"] = { { credentials = { token = tokens[2].token } }, "APIGW.0307",
        "is for another region" },
      ["a damaged token"] = { { credentials = { token = "garbage" } }, "APIGW.0301",
        "damaged, or belongs to another cloud" },
      ["a wrong project"] = { { project_id = ("f"):rep(32) }, "KMS.0321", "project_id is not a project" },
    } do
      it("explains " .. name .. ", and leaves the cloud's code unchanged", function()
        local _, err = emulated_huawei.new_client(cloud, row[1]):update_primary_region(PARAMS)
        assert.equal(row[2], err.code)
        assert.matches(row[3], err.message, 1, true)
      end)
    end

    it("explains a locked access key", function()
      local options = emulated_huawei.wrong_keys()
      options.lock_guard = false
      local client, err = emulated_huawei.new_client(emulator.new(), options), nil
      for _ = 1, 6 do err = select(2, client:update_primary_region(PARAMS)) end
      assert.matches("locked for five minutes", err.message)
    end)

    it("names the host that was called", function()
      local body = '{"error":{"errorCode":"210","message":"Permission Denied"}}'
      local client = kms.ncloud { zone = "kr", credentials = { access_key = "A", secret_key = "S" }, retry = false,
        transport = fake_transport.new { status = 401, body = body } }
      local _, err = client:rename_key { key_tag = "t", key_name = "name" }
      assert.matches("ocapi-kr.ncloud.com is not the host of this key's zone", err.message, 1, true)
    end)
  end)

  describe("an error", function()
    it("contains no secret that the server repeats", function()
      for _, body in ipairs {
        '{"error_code":"APIGW.0301","error_msg":"canonicalRequest:PUT|x-security-token:hush-token|hush-secret hush-token"}',
        '{"error":{"error_code":"hush-secret","error_msg":"x","encoded_authorization_message":"hush-token"}}',
        "<html>hush-token hush-secret</html>", '"hush-token"', '{"hush-token":1}',
        '{"error_code":"A","error_msg":"b","request_id":"hush-token"}',
      } do
        local err = fail { status = 401, body = body, headers = { location = "hush-secret" } }
        local encoded = err.cause and err.cause.encoded_authorization_message
        for _, text in ipairs { tostring(err), err.code, err.message, err.request_id or "", encoded or "" } do
          assert.is_nil(text:find("hush", 1, true), text)
        end
        assert.matches("[secret]", tostring(err) .. (err.request_id or ""), 1, true)
      end
      local err = fail(Error.new { kind = "transport", code = "other", message = "m",
        cause = { code = 1, message = "hush-token" } })
      assert.equal("[secret]", err.cause.message)
    end)

    it("contains no piece of a secret, however the server escapes or cuts it", function()
      local token = "hush/" .. ("t"):rep(600) .. '+"hush'
      local keys = { access_key = "AK", secret_key = "SK", security_token = token }
      local json = token:gsub("[/+\"]", function(c) return ("\\u%04x"):format(c:byte()) end)
      for _, body in ipairs {
        '{"error_code":"A","error_msg":"' .. ("x"):rep(1900) .. json .. '"}', -- at the limit of a message
        "<html>" .. ("x"):rep(150) .. token, -- at the limit of an excerpt
        '{"odd":"' .. json .. '"}', '{"odd":"' .. json:gsub("\\u002f", "\\/") .. '"}',
        '{"error_code":"A","error_msg":"PUT|/|x-security-token:' .. json:sub(1, 300) .. '|host"}', -- cut by the gateway
        '{"error_code":"A","error_msg":"X-Security-Token: ' .. json:sub(1, 300) .. '"}',
      } do
        local text = tostring(fail({ status = 401, body = body }, keys))
        assert.is_nil(text:find("hush", 1, true), text)
        assert.is_nil(text:find("tttttttt", 1, true), text)
        assert.matches("[secret]", text, 1, true)
      end
    end)

    it("keeps words in a message that only resemble a secret header", function()
      local text = "x-auth-token not found, authorization: denied by policy | SDK-HMAC-SHA256"
      assert.equal(text, fail({ status = 401, body = '{"error_code":"A","error_msg":"' .. text .. '"}' }).message)
    end)
  end)

  it("reads only the beginning of a service's message, so that a long one takes no time", function()
    local body = '{"error_code":"APIGW.0301","error_msg":"%s: ak not exist"}'
    assert.matches("this cloud does not know the access key", fail({ status = 401, body = body:format "a" }).message)
    assert.not_matches("this cloud does not know the access key",
      fail({ status = 401, body = body:format(("a"):rep(40000)) }).message)
  end)
end)
