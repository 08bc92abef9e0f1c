local cjson = require "cjson.safe"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local huawei = require "kms.huawei"
local kms = require "kms"
local locales = require "spec.helpers.locales"
local regions = require "kms.huawei.regions"
local sign = require "kms.sign"
local subprocess = require "spec.helpers.subprocess"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PROJECT_ID = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"
local KEYS = { access_key = "HWIFAKEACCESSKEY0001", secret_key = "fakeSecretKeyForTestsOnly0123456789ABCDE" }
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { cjson.encode(PARAMS), headers = { ["x-request-id"] = "r1" } }

local function new_client(transport, options)
  local all = { region = "cn-north-4", project_id = PROJECT_ID, credentials = KEYS, transport = transport, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

--- Makes one call that gets this response, and returns its error.
local function fail(response)
  local result, err = new_client(fake_transport.new(response)):update_primary_region(PARAMS)
  assert.is_nil(result)
  assert.is_true(kms.is_error(err))
  assert.same({ "huawei", "update_primary_region", 1 }, { err.provider, err.operation, err.attempts })
  return err
end

--- Makes a call of an operation that gets a success with this body.
local function receive(body, name, params)
  local client = new_client(fake_transport.new { body })
  return client[name](client, params)
end

describe("kms.huawei", function()
  it("sends the documented request, signed with what it says", function()
    local transport = fake_transport.new(MOVED)
    assert(new_client(transport):update_primary_region(PARAMS))
    local request = transport.requests[1]
    assert.equal("PUT", request.method)
    assert.equal("https", request.scheme)
    assert.equal("kms.cn-north-4.myhuaweicloud.com", request.host)
    assert.equal("/v2/" .. PROJECT_ID .. "/kms/keys/" .. KEY_ID .. "/update-primary-region", request.target)
    assert.same(PARAMS, cjson.decode(request.body))
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

  it("signs the query, sorted by name", function()
    local transport = fake_transport.new { '{"aliases":[]}' }
    assert(new_client(transport):list_aliases { key_id = KEY_ID, marker = "a b" })
    local request = transport.requests[1]
    local path = ("/v1.0/%s/kms/aliases"):format(PROJECT_ID)
    assert.equal(("%s?key_id=%s&marker=a%%20b"):format(path, KEY_ID), request.target)
    local signed = sign.huawei({ method = "GET", host = request.host, path = path,
      query = { { "marker", "a b" }, { "key_id", KEY_ID } },
      headers = { { "Content-Type", "application/json" }, { "X-Project-Id", PROJECT_ID } } }, KEYS, transport.time)
    assert.equal(signed.Authorization, fake_transport.headers(request).authorization)
  end)

  it("accepts any 2xx, and a success without a body if no field is required", function()
    local client = new_client(fake_transport.new({ status = 204, headers = { ["x-request-id"] = "r2" } },
      { status = 201, body = '{"alias":"alias/a"}' }, { status = 204 }))
    assert.same({ request_id = "r2" }, client:delete_tag { key_id = KEY_ID, key = "k" })
    assert.equal("alias/a", assert(client:create_alias { key_id = KEY_ID, alias = "alias/a" }).alias)
    local _, err = client:update_primary_region(PARAMS)
    assert.same({ "protocol", "empty", 204 }, { err.kind, err.code, err.status })
  end)

  it("accepts an array and an object for the list of aliases", function()
    local client = new_client(fake_transport.new({ '[{"alias":"a"}]' }, { '{"aliases":[{"alias":"b"}]}' }))
    assert.equal("a", assert(client:list_aliases {}).aliases[1].alias)
    assert.equal("b", assert(client:list_aliases {}).aliases[1].alias)
  end)

  it("sends and signs the security token of temporary keys", function()
    local transport = fake_transport.new(MOVED)
    local keys = { access_key = "AK", secret_key = "SK", security_token = "gQpjbi1u" }
    assert(new_client(transport, { credentials = keys }):update_primary_region(PARAMS))
    local headers = fake_transport.headers(transport.requests[1])
    assert.equal("gQpjbi1u", headers["x-security-token"])
    assert.matches("x-sdk-date;x-security-token,", headers.authorization, 1, true)
  end)

  it("sends a token instead of a signature", function()
    local transport = fake_transport.new(MOVED)
    assert(new_client(transport, { credentials = { token = "MIIFake" } }):update_primary_region(PARAMS))
    local headers = fake_transport.headers(transport.requests[1])
    assert.equal("MIIFake", headers["x-auth-token"])
    assert.is_nil(headers.authorization)
  end)

  it("names the headers of a signature that errors must not contain", function()
    local headers = assert(huawei.authenticate({ method = "GET", host = "h", path = "/" }, KEYS, 0, {}))
    for name, pattern in pairs(huawei.secret_headers) do assert.is_string(headers[name]:match(pattern)) end
  end)

  it("does not change the params", function()
    local params = { key_id = KEY_ID, primary_region = "cn-east-3" }
    assert(new_client(fake_transport.new(MOVED)):update_primary_region(params))
    assert.same(PARAMS, params)
  end)

  describe("resolve_settings", function()
    local function resolve(values)
      return huawei.resolve_settings(values, function() end)
    end

    it("knows every region of the vendor's list", function()
      for _, code in ipairs(regions.codes) do
        local settings = assert(resolve { region = code, project_id = PROJECT_ID })
        assert.equal(regions.kms_host(code), settings.host)
        assert.is_nil(settings.unresolved_hint)
      end
    end)

    it("prepares a hint for a region that is not in the list", function()
      assert.matches('region "cn-nroth-4" is not one of the 32 known regions',
        resolve({ region = "cn-nroth-4", project_id = PROJECT_ID }).unresolved_hint, 1, true)
      assert.is_nil(resolve({ region = "cn-nroth-4", project_id = PROJECT_ID, endpoint = "https://x" }).unresolved_hint)
    end)
  end)

  describe("the endpoint", function()
    local function find_endpoint(options)
      local transport = fake_transport.new(MOVED)
      local all = { project_id = PROJECT_ID, credentials = KEYS, transport = transport, retry = false }
      for name, value in pairs(options) do all[name] = value end
      assert(kms.huawei(all):update_primary_region(PARAMS))
      return transport.requests[1].scheme .. "://" .. transport.requests[1].host
    end

    it("is that of the region", function()
      assert.equal("https://kms.cn-north-4.myhuaweicloud.com", find_endpoint { region = "cn-north-4" })
      assert.equal("https://kms.eu-west-101.myhuaweicloud.eu", find_endpoint { region = "eu-west-101" })
      assert.equal("https://kms.xx-newland-77.myhuaweicloud.com", find_endpoint { region = "xx-newland-77" })
    end)

    it("is the option, with or without a region", function()
      assert.equal("https://kms.example.com:8443", find_endpoint { endpoint = "https://kms.example.com:8443" })
      assert.equal("https://kms.example.com",
        find_endpoint { endpoint = "https://kms.example.com:443/", region = "cn-north-4" })
    end)

    it("of an unknown region is explained if the host cannot be resolved", function()
      local unresolved = Error.new { kind = "transport", code = "dns", message = "no such host" }
      local _, err = new_client(fake_transport.new(unresolved), { region = "cn-nroth-4" }):update_primary_region(PARAMS)
      assert.same({ "dns", 'no such host; region "cn-nroth-4" is not one of the 32 known regions' },
        { err.code, err.message })
    end)

    local PROGRAM = [[
      local kms = require "kms"
      local transport = require("spec.helpers.fake_transport").new { kind = "transport", code = "dns", message = "x" }
      local _, err = kms.update_primary_region({ key_id = "]] .. KEY_ID .. [[", primary_region = "cn-east-3" },
        kms.huawei { transport = transport })
      print(transport.requests[1] and transport.requests[1].host or err)
    ]]

    it("is the first entry of the variable of the official SDKs", function()
      local variables = { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_PROJECT_ID = PROJECT_ID,
        HUAWEICLOUD_SDK_REGION = "cn-north-4" }
      assert.equal("kms.cn-north-4.myhuaweicloud.com\n", (subprocess.run(PROGRAM, variables)))
      variables.HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://one.example.com:8443,https://two.example.com"
      assert.equal("one.example.com:8443\n", (subprocess.run(PROGRAM, variables)))
      variables.HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = " one.example.com"
      assert.equal("one.example.com\n", (subprocess.run(PROGRAM, variables))) -- https, as in the vendor's SDK for Go
      variables.HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "ftp://one.example.com"
      assert.matches("invalid error endpoint: HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 must be https://host[:port] ",
        (subprocess.run(PROGRAM, variables)), 1, true)
    end)

    it("and the project are named if they are missing", function()
      assert.equal("huawei update_primary_region " .. KEY_ID .. ": invalid error region: no region: give the option region "
        .. "or set HUAWEICLOUD_SDK_REGION; no project_id: give the option project_id or set HUAWEICLOUD_SDK_PROJECT_ID\n",
        (subprocess.run(PROGRAM)))
      assert.equal("huawei update_primary_region " .. KEY_ID .. ": invalid error project_id: no project_id: give the option project_id "
        .. "or set HUAWEICLOUD_SDK_PROJECT_ID\n",
        (subprocess.run(PROGRAM, { HUAWEICLOUD_SDK_REGION = "cn-north-4" })))
    end)
  end)

  describe("an option that is not valid is refused before anything is sent:", function()
    for name, values in pairs {
      region = { "", "cn", "CN-NORTH-4", "cn-north-4.evil.com", "cn-" .. ("x"):rep(64) },
      project_id = { "", "short", PROJECT_ID .. "0", PROJECT_ID:sub(1, 31) .. "-" },
      endpoint = { "", "kms.example.com", "https://x/y", "ftp://x", "https://x:99999", "https://x:", "https://[::1",
        "https://a,b", "http://example.com" },
      algorithm = { "", "SDK-HMAC-SHA512", "sdk-hmac-sha256" },
    } do
      for _, value in ipairs(values) do
        it(("%s = %q"):format(name, value), function()
          local transport = fake_transport.new(MOVED)
          local _, err = new_client(transport, { [name] = value }):update_primary_region(PARAMS)
          assert.same({ "invalid", name, 0, false, false, 0 },
            { err.kind, err.code, err.attempts, err.uncertain, err.retryable, #transport.requests })
          assert.matches(name .. " must be ", err.message, 1, true)
        end)
      end
    end
  end)

  it("returns a plain table with the request id", function()
    assert.same({ key_id = KEY_ID, primary_region = "cn-east-3", request_id = "r1" },
      new_client(fake_transport.new(MOVED)):update_primary_region(PARAMS))
  end)

  it("returns an uncertain protocol error for the response to another request", function()
    for _, body in ipairs {
      '{"key_id":"bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e","primary_region":"cn-east-3"}',
      '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-north-4"}',
    } do
      local transport = fake_transport.new { body }
      local result, err = new_client(transport):update_primary_region(PARAMS)
      assert.is_nil(result)
      assert.same({ "protocol", "mismatch", 200, true, false, 1 },
        { err.kind, err.code, err.status, err.uncertain, err.retryable, #transport.requests })
    end
  end)

  -- An operation, a param besides the key, the body of a success, and whether the response leaves the outcome open.
  local OTHER_KEYS = {
    { "enable_key", {}, '{"key_info":{"key_id":"%s","key_state":"2"}}', true },
    { "delete_key", { pending_days = 7 }, '{"key_id":"%s","key_state":"4"}', true },
    { "update_key_alias", { key_alias = "new" }, '{"key_info":{"key_id":"%s","key_alias":"new"}}', true },
    { "rotate_on_demand", {}, '{"key_id":"%s"}', true },
    { "encrypt_data", { plain_text = "p" }, '{"key_id":"%s","cipher_text":"c"}', false },
    { "show_public_key", {}, '{"key_id":"%s","public_key":"p"}', false },
    { "list_key_detail", {}, '{"key_info":{"key_id":"%s"}}', false },
  }
  for _, row in ipairs(OTHER_KEYS) do
    local name, params, body, is_uncertain = row[1], row[2], row[3], row[4]
    it(name .. " returns a protocol error for the success of another key", function()
      params.key_id = KEY_ID
      assert(receive(body:format(KEY_ID), name, params))
      local result, err = receive(body:format "bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e", name, params)
      assert.is_nil(result)
      assert.same({ "protocol", "mismatch", is_uncertain }, { err.kind, err.code, err.uncertain })
    end)
  end

  it("decrypt_data accepts any key if the request names none", function()
    local body = '{"key_id":"bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e","plain_text":"p"}'
    assert(receive(body, "decrypt_data", { cipher_text = "AAAA" }))
    local _, err = receive(body, "decrypt_data", { cipher_text = "AAAA", key_id = KEY_ID })
    assert.equal("mismatch", err.code)
  end)

  it("update_key_alias returns a protocol error for the success with another name", function()
    local body = ('{"key_info":{"key_id":"%s","key_alias":"other"}}'):format(KEY_ID)
    local _, err = receive(body, "update_key_alias", { key_id = KEY_ID, key_alias = "new" })
    assert.same({ "protocol", "mismatch", true }, { err.kind, err.code, err.uncertain })
  end)

  it("reads the request id from the header, or else from the body", function()
    local body = '{"error_code":"A","error_msg":"b","request_id":"b1"}'
    assert.equal("h1", fail({ status = 401, headers = { ["x-request-id"] = "h1" }, body = body }).request_id)
    assert.equal("b1", fail({ status = 401, body = body }).request_id)
  end)

  it("returns a service error for an error under a success status", function()
    local err = fail { status = 200, body = '{"error":{"error_code":"KMS.0308","error_msg":"general"}}' }
    assert.same({ "service", "KMS.0308", "general", 200 }, { err.kind, err.code, err.message, err.status })
  end)

  it("makes a service's message printable", function()
    assert.equal("a b c [31m",
      fail({ status = 400, body = '{"error":{"error_code":"KMS.1","error_msg":"a\\nb\\u0000c\\u001b[31m"}}' }).message)
  end)

  -- Name, status and body of the response, and the code of the protocol error.
  local MALFORMED = {
    { "HTML", 502, "<html><body>502 Bad Gateway</body></html>", "not_json" },
    { "nothing", 200, "", "empty" },
    { "nothing", 504, "", "empty" },
    { "truncated JSON", 200, '{"key_id":"0d04', "not_json" },
    { "a JSON array", 200, "[]", "not_object" },
    { "a JSON string", 200, '"ok"', "not_object" },
    { "a JSON number", 500, "1", "not_object" },
    { "null", 200, "null", "not_object" },
    { "an empty object", 200, "{}", "wrong_type" },
    { "a list for the region", 200, '{"key_id":"' .. KEY_ID .. '","primary_region":[1]}', "wrong_type" },
    { "null for the region", 200, '{"key_id":"' .. KEY_ID .. '","primary_region":null}', "wrong_type" },
    { "an unknown object", 400, '{"hello":"world"}', "unknown" },
    { "JSON that is nested too deep", 200, ("["):rep(10000) .. ("]"):rep(10000), "not_json" },
  }
  for _, row in ipairs(MALFORMED) do
    local name, status, body, code = unpack(row, 1, 4)
    it(("returns a protocol error for %s under status %d"):format(name, status), function()
      local err = fail { status = status, body = body }
      assert.same({ "protocol", code, status }, { err.kind, err.code, err.status })
      assert.is_true(#err.message < 400)
      assert.is_nil(err.message:find "[^ -~\128-\255]")
    end)
  end

  it("returns an uncertain protocol error that names the status for a part of a response", function()
    local err = fail { status = 206, body = '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }
    assert.same({ "protocol", "unknown", 206, true, false }, { err.kind, err.code, err.status, err.uncertain, err.retryable })
    assert.matches("^status 206 says that this is a part of a response", err.message)
  end)

  it("shows a bounded, printable excerpt of a malformed body", function()
    local err = fail { status = 502, body = "<html>\n\27[31m" .. ("x"):rep(1e6) }
    assert.matches("1000012 bytes: <html> ?[31mxxx", err.message, 1, true)
    assert.is_true(#err.message < 400)
  end)

  it("says that it does not follow redirects", function()
    local err = fail { status = 302, body = "", headers = { location = "https://evil.example.com/" } }
    assert.equal("protocol", err.kind)
    assert.matches("redirects are not followed", err.message)
  end)

  -- Status, retryable, uncertain.
  for _, row in ipairs { { 400, false, false }, { 401, false, false }, { 404, false, false }, { 429, true, false },
    { 500, true, true }, { 502, true, true }, { 503, true, false }, { 504, true, true } } do
    local status, retryable, uncertain = unpack(row, 1, 3)
    it(("sets retryable = %s and uncertain = %s for status %d"):format(tostring(retryable), tostring(uncertain), status), function()
      for _, body in ipairs { '{"error":{"error_code":"KMS.1","error_msg":"x"}}', "<html>" } do
        local err = fail { status = status, body = body }
        assert.same({ retryable, uncertain }, { err.retryable, err.uncertain })
      end
    end)
  end

  it("calls the outcome uncertain if a success cannot be read", function()
    assert.is_true(fail({ status = 200, body = "" }).uncertain)
  end)

  it("reads the variable of a region's endpoint in any locale", function()
    local variables, is_available = locales.environment()
    if not is_available then return pending "this system has no sources of locales" end
    variables.HUAWEICLOUD_SDK_REGION_KMS_SA_BRAZIL_1 = "https://kms.istanbul.example"
    for _, name in ipairs { "C", "tr_TR.UTF-8", "tr_TR.ISO-8859-9" } do
      local output = subprocess.run(([[
        assert(os.setlocale(%q))
        print(require("kms").huawei({ region = "sa-brazil-1", project_id = ("a"):rep(32) }):target().host)
      ]]):format(name), variables)
      assert.equal("kms.istanbul.example\n", output)
    end
  end)
end)
