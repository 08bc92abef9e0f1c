local fake_transport = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local cjson = require "cjson.safe"
local Error = require "kms.error"
local huawei = require "kms.huawei"
local regions = require "kms.huawei.regions"
local kms = require "kms"
local sign = require "kms.sign"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PROJECT_ID = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"
local KEYS = { access_key = "HWIFAKEACCESSKEY0001", secret_key = "fakeSecretKeyForTestsOnly0123456789ABCDE" }
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { cjson.encode { key_id = KEY_ID, primary_region = "cn-east-3" }, headers = { ["x-request-id"] = "r1" } }

local function client(transport, options)
  local all = { region = "cn-north-4", project_id = PROJECT_ID, credentials = KEYS, transport = transport, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

--- The error of one call that is answered with `answer`.
local function failure(answer)
  local result, err = client(fake_transport.new(answer)):update_primary_region(PARAMS)
  assert.is_nil(result)
  assert.is_true(kms.is_error(err))
  assert.equal("huawei", err.provider)
  assert.equal("update_primary_region", err.operation)
  assert.equal(1, err.attempts)
  return err
end

describe("Huawei Cloud", function()
  describe("request", function()
    it("is the documented one, signed with what it says", function()
      local transport = fake_transport.new(MOVED)
      assert(client(transport):update_primary_region(PARAMS))
      local request = transport.requests[1]
      assert.equal("PUT", request.method)
      assert.equal("https", request.scheme)
      assert.equal("kms.cn-north-4.myhuaweicloud.com", request.host)
      assert.equal("/v2/" .. PROJECT_ID .. "/kms/keys/" .. KEY_ID .. "/update-primary-region", request.target)
      assert.same({ key_id = KEY_ID, primary_region = "cn-east-3" }, cjson.decode(request.body))
      assert.equal(30, request.timeout)

      local headers = fake_transport.headers(request)
      assert.equal("application/json", headers["content-type"])
      assert.equal(PROJECT_ID, headers["x-project-id"])
      assert.equal("20260102T030405Z", headers["x-sdk-date"])
      local unsigned = { method = request.method, host = request.host, path = request.target, body = request.body,
        headers = { { "Content-Type", "application/json" }, { "X-Project-Id", PROJECT_ID } } }
      assert.equal(sign.huawei(unsigned, KEYS, transport.time).Authorization, headers.authorization)
      assert.matches("SignedHeaders=content-type;host;x-project-id;x-sdk-date,", headers.authorization, 1, true)
    end)

    it("carries the security token of temporary keys, signed", function()
      local transport = fake_transport.new(MOVED)
      local keys = { access_key = "AK", secret_key = "SK", security_token = "gQpjbi1u" }
      assert(client(transport, { credentials = keys }):update_primary_region(PARAMS))
      local headers = fake_transport.headers(transport.requests[1])
      assert.equal("gQpjbi1u", headers["x-security-token"])
      assert.matches("x-sdk-date;x-security-token,", headers.authorization, 1, true)
    end)

    it("carries a ready token and no signature", function()
      local transport = fake_transport.new(MOVED)
      assert(client(transport, { credentials = { token = "MIIFake" } }):update_primary_region(PARAMS))
      local headers = fake_transport.headers(transport.requests[1])
      assert.equal("MIIFake", headers["x-auth-token"])
      assert.is_nil(headers.authorization)
    end)

    it("leaves the caller's tables as they were", function()
      local params = { key_id = KEY_ID, primary_region = "cn-east-3" }
      assert(client(fake_transport.new(MOVED)):update_primary_region(params))
      assert.same({ key_id = KEY_ID, primary_region = "cn-east-3" }, params)
    end)
  end)

  describe("endpoint", function()
    local function host(options)
      local transport = fake_transport.new(MOVED)
      local all = { project_id = PROJECT_ID, credentials = KEYS, transport = transport, retry = false }
      for name, value in pairs(options) do all[name] = value end
      assert(kms.huawei(all):update_primary_region(PARAMS))
      return transport.requests[1].scheme .. "://" .. transport.requests[1].host
    end

    it("is the region's own", function()
      assert.equal("https://kms.cn-north-4.myhuaweicloud.com", host { region = "cn-north-4" })
      assert.equal("https://kms.my-kualalumpur-1.myhuaweicloud.com", host { region = "my-kualalumpur-1" })
      assert.equal("https://kms.eu-west-101.myhuaweicloud.eu", host { region = "eu-west-101" })
      assert.equal("https://kms.xx-newland-77.myhuaweicloud.com", host { region = "xx-newland-77" })
    end)

    it("is the given one, with or without a region", function()
      assert.equal("https://kms.example.com:8443", host { endpoint = "https://kms.example.com:8443" })
      assert.equal("https://kms.example.com", host { endpoint = "https://kms.example.com:443/", region = "cn-north-4" })
    end)

    it("of an unknown region is explained when its name cannot be resolved", function()
      local err = select(2, client(fake_transport.new(Error.new { kind = "transport", code = "dns", message = "no such host" }),
        { region = "cn-nroth-4" }):update_primary_region(PARAMS))
      assert.equal("dns", err.code)
      assert.equal('no such host; region "cn-nroth-4" is not one of the 32 known regions', err.message)
    end)

    local program = [[
      local kms = require "kms"
      local transport = require("spec.helpers.fake_transport").new { kind = "transport", code = "dns", message = "x" }
      local _, err = kms.update_primary_region({ key_id = "]] .. KEY_ID .. [[", primary_region = "cn-east-3" },
        kms.huawei { transport = transport })
      print(transport.requests[1] and transport.requests[1].host or err)
    ]]

    it("comes from the variable that the official SDKs read, its first entry", function()
      local variables = { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_PROJECT_ID = PROJECT_ID,
        HUAWEICLOUD_SDK_REGION = "cn-north-4" }
      assert.equal("kms.cn-north-4.myhuaweicloud.com\n", (child.run(program, variables)))
      variables.HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://one.example.com:8443,https://two.example.com"
      assert.equal("one.example.com:8443\n", (child.run(program, variables)))
      variables.HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "one.example.com"
      assert.equal("huawei update_primary_region: invalid error endpoint: HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 must be "
        .. "https://host[:port] without a path (http:// for loopback only); got \"one.example.com\"\n", (child.run(program, variables)))
    end)

    it("and project are named when missing", function()
      assert.equal("huawei update_primary_region: invalid error region: no region: give the option region "
        .. "or set HUAWEICLOUD_SDK_REGION; no project_id: give the option project_id or set HUAWEICLOUD_SDK_PROJECT_ID\n",
        (child.run(program)))
      assert.equal("huawei update_primary_region: invalid error project_id: no project_id: give the option project_id "
        .. "or set HUAWEICLOUD_SDK_PROJECT_ID\n", (child.run(program, { HUAWEICLOUD_SDK_REGION = "cn-north-4" })))
    end)
  end)

  describe("values", function()
    local function refused(field, params, options)
      local transport = fake_transport.new(MOVED)
      local all = { key_id = KEY_ID, primary_region = "cn-east-3" }
      for name, value in pairs(params) do all[name] = value end
      local result, err = client(transport, options):update_primary_region(all)
      assert.is_nil(result)
      assert.equal("invalid", err.kind)
      assert.equal(field, err.code)
      assert.equal(0, err.attempts)
      assert.is_false(err.uncertain)
      assert.is_false(err.retryable)
      assert.equal(0, #transport.requests)
      assert.matches(field .. " must be", err.message, 1, true)
      return err.message
    end

    it("that the API refuses are refused before a byte is sent", function()
      for _, key_id in ipairs { "", "x", KEY_ID:upper(), KEY_ID .. "0", "0d0466b0e727-4d9c-b35d-f84bb474a37f-", " " .. KEY_ID:sub(2),
        KEY_ID:gsub("-", "_"), KEY_ID:sub(1, 35) .. "\n" } do
        refused("key_id", { key_id = key_id })
      end
      for _, region in ipairs { "", "cn", "CN-NORTH-4", "cn north 4", "cn-", "-cn", "cn--north-4", "cn-north-4.evil.com", "cn_north_4",
        "cn-" .. ("x"):rep(64) } do
        refused("primary_region", { primary_region = region })
        refused("region", {}, { region = region })
      end
      for _, project in ipairs { "", "short", PROJECT_ID .. "0", PROJECT_ID:sub(1, 31) .. "-" } do
        refused("project_id", {}, { project_id = project })
      end
      for _, endpoint in ipairs { "", "kms.example.com", "https://x/y", "ftp://x", "https://x:99999", "https://x:", "https://[::1",
        "https://a,b", "http://example.com" } do
        refused("endpoint", {}, { endpoint = endpoint })
      end
    end)

    it("are shown with the rule", function()
      assert.equal('key_id must be 36 characters, lower-case letters and digits in groups of 8-4-4-4-12; got "x y"',
        refused("key_id", { key_id = "x y" }))
    end)

    it("take letters beyond f in a key id, as the API does", function()
      assert(client(fake_transport.new(MOVED)):update_primary_region { key_id = "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", primary_region = "cn-east-3" })
    end)
  end)

  describe("answer", function()
    it("becomes a plain table with the request id", function()
      assert.same({ key_id = KEY_ID, primary_region = "cn-east-3", request_id = "r1" },
        client(fake_transport.new(MOVED)):update_primary_region(PARAMS))
    end)

    it("may name another key: the vendor's own example does", function()
      local result = client(fake_transport.new { '{"key_id":"bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e","primary_region":"cn-north-4","more":1}' })
        :update_primary_region(PARAMS)
      assert.equal("bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e", result.key_id)
    end)

    -- Shapes A to H of error bodies: what is answered, and the code, message and request id that must be read from it.
    local SHAPES = {
      { "KMS", 400, '{"error":{"error_code":"KMS.0205","error_msg":"The key id is invalid."}}', "KMS.0205", "The key id is invalid." },
      { "gateway", 401, '{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information","request_id":"5f3c"}',
        "APIGW.0301", "Incorrect IAM authentication information", "5f3c" },
      { "IAM, numeric code", 401, '{"error":{"code":401,"message":"The request requires authentication.","title":"Unauthorized"}}',
        "401", "The request requires authentication." },
      { "older services", 400, '{"code":"VPC.0105","message":"{\\"x\\":1}"}', "VPC.0105", '{"x":1}' },
      { "some services", 400, '{"errorCode":"X.1","errorMsg":"no"}', "X.1", "no" },
      { "batch", 400, '{"error_code":"B.1","error_msg":"two failed","details":[{"error_code":"B.2","error_msg":"no"}]}', "B.1", "two failed" },
      { "wrapper", 400, '{"badRequest":{"code":400,"message":"bad"}}', "400", "bad" },
      { "several wrappers, always the same one", 400, '{"z":{"code":2,"message":"two"},"a":{"code":1,"message":"one"}}', "1", "one" },
      { "code without a text", 403, '{"error":{"error_code":"KMS.0306"}}', "KMS.0306", "no message" },
      { "null beside", 400, '{"error":null,"error_code":"KMS.0204","error_msg":"missing"}', "KMS.0204", "missing" },
      { "error outranks a code beside it", 400, '{"code":"9","message":"no","error":{"error_code":"KMS.0105","error_msg":"x"}}', "KMS.0105", "x" },
      { "control characters", 400, '{"error":{"error_code":"KMS.1","error_msg":"a\\nb\\u0000c\\u001b[31m"}}', "KMS.1", "a b c [31m" },
      { "failure under a good status", 200, '{"error":{"error_code":"KMS.0101","error_msg":"general"}}', "KMS.0101", "general" },
    }
    for _, shape in ipairs(SHAPES) do
      local name, status, body, code, message, request_id = unpack(shape, 1, 6)
      it("with an error of shape " .. name .. " gives code and message", function()
        local err = failure { status = status, body = body }
        assert.same({ "service", code, status, request_id }, { err.kind, err.code, err.status, err.request_id })
        assert.equal(message, err.message:sub(1, #message)) -- a hint may follow
      end)
    end

    it("with an encoded authorization message keeps it", function()
      for _, body in ipairs {
        '{"error":{"error_code":"KMS.0306","error_msg":"denied","encoded_authorization_message":"Egp"}}',
        '{"error":{"error_code":"KMS.0306","error_msg":"denied"},"encoded_authorization_message":"Egp"}',
        '{"error_code":"PAP5.0001","error_msg":"denied","encoded_authorization_message":"Egp"}',
      } do
        assert.same({ encoded_authorization_message = "Egp" }, failure({ status = 403, body = body }).cause)
      end
    end)

    it("prefers the request id of the header", function()
      assert.equal("h1", failure({ status = 401, headers = { ["x-request-id"] = "h1" },
        body = '{"error_code":"A","error_msg":"b","request_id":"b1"}' }).request_id)
    end)

    -- Not what the API promises: body and the code that says how.
    local BROKEN = {
      { "HTML", 502, "<html><body>502 Bad Gateway</body></html>", "not_json" },
      { "nothing", 200, "", "empty" },
      { "nothing", 504, "", "empty" },
      { "truncated JSON", 200, '{"key_id":"0d04', "not_json" },
      { "a JSON array", 200, "[]", "not_object" },
      { "a JSON string", 200, '"ok"', "not_object" },
      { "a JSON number", 500, "1", "not_object" },
      { "null", 200, "null", "not_object" },
      { "an empty object", 200, "{}", "wrong_type" },
      { "a number for the region", 200, '{"key_id":"x","primary_region":1}', "wrong_type" },
      { "null for the region", 200, '{"key_id":"x","primary_region":null}', "wrong_type" },
      { "an unknown object", 400, '{"hello":"world"}', "unknown" },
      { "JSON nested too deep", 200, ("["):rep(10000) .. ("]"):rep(10000), "not_json" },
    }
    for _, row in ipairs(BROKEN) do
      local name, status, body, code = unpack(row, 1, 4)
      it(("of status %d with %s is a protocol error"):format(status, name), function()
        local err = failure { status = status, body = body }
        assert.same({ "protocol", code, status }, { err.kind, err.code, err.status })
        assert.is_true(#err.message < 400)
        assert.is_nil(err.message:find "[^ -~\128-\255]")
      end)
    end

    it("shows a bounded, printable piece of a strange body", function()
      local err = failure { status = 502, body = "<html>\n\27[31m" .. ("x"):rep(1e6) }
      assert.matches("1000012 bytes: <html> ?[31mxxx", err.message, 1, true)
      assert.is_true(#err.message < 300)
    end)

    it("that redirects says that redirects are not followed", function()
      local err = failure { status = 302, body = "", headers = { location = "https://evil.example.com/" } }
      assert.equal("protocol", err.kind)
      assert.matches("redirects are not followed", err.message)
    end)

    -- What a status says about a second try, and about the change.
    local OUTCOMES = {
      { 400, retryable = false, uncertain = false }, { 401, retryable = false, uncertain = false },
      { 404, retryable = false, uncertain = false }, { 429, retryable = true, uncertain = false },
      { 500, retryable = true, uncertain = true }, { 502, retryable = true, uncertain = true },
      { 503, retryable = true, uncertain = false }, { 504, retryable = true, uncertain = true },
    }
    for _, outcome in ipairs(OUTCOMES) do
      it(("of status %d is retryable %s, uncertain %s"):format(outcome[1], outcome.retryable, outcome.uncertain), function()
        for _, body in ipairs { '{"error":{"error_code":"KMS.1","error_msg":"x"}}', "<html>" } do
          local err = failure { status = outcome[1], body = body }
          assert.equal(outcome.retryable, err.retryable)
          assert.equal(outcome.uncertain, err.uncertain)
        end
      end)
    end

    it("of status 200 that cannot be read leaves the change uncertain", function()
      assert.is_true(failure({ status = 200, body = "" }).uncertain)
    end)
  end)

  it("knows the 32 regions of the vendor's list", function()
    local count = 0
    for _, region in ipairs(regions.codes) do
      count = count + 1
      local settings = assert(huawei.resolve_settings({ region = region, project_id = PROJECT_ID }, function() end))
      assert.is_nil(settings.unresolved_hint)
    end
    assert.equal(32, count)
    assert.matches("not one of the 32 known regions",
      huawei.resolve_settings({ region = "cn-nroth-4", project_id = PROJECT_ID }, function() end).unresolved_hint)
  end)
end)
