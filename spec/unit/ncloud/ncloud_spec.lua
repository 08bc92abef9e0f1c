local fake_transport = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local cjson = require "cjson.safe"
local kms = require "kms"
local sign = require "kms.sign"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local KEYS = { access_key = "FAKEACCESSKEY0000001", secret_key = "FakeSecretKey0000000000000000000000000001" }
local PARAMS = { key_tag = TAG, key_name = "newKeyName" }
local RENAMED = { ('{"code":"SUCCESS","data":{"keyTag":"%s","keyName":"newKeyName"}}'):format(TAG) }

local function client(transport, options)
  local all = { credentials = KEYS, transport = transport, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.ncloud(all)
end

local function failure(answer)
  local result, err = client(fake_transport.new(answer)):rename_key(PARAMS)
  assert.is_nil(result)
  assert.is_true(kms.is_error(err))
  assert.equal("ncloud", err.provider)
  assert.equal("rename_key", err.operation)
  return err
end

describe("NAVER Cloud", function()
  it("request is the documented one, signed with what it says", function()
    local transport = fake_transport.new(RENAMED)
    assert(client(transport):rename_key(PARAMS))
    local request = transport.requests[1]
    assert.equal("PUT", request.method)
    assert.equal("https://ocapi.ncloud.com", request.scheme .. "://" .. request.host)
    assert.equal("/kms/v1/keys/" .. TAG .. "/name", request.target)
    assert.same({ keyName = "newKeyName" }, cjson.decode(request.body))
    local headers = fake_transport.headers(request)
    assert.equal("application/json", headers["content-type"])
    assert.equal("application/json", headers.accept)
    assert.equal("1767323045250", headers["x-ncp-apigw-timestamp"])
    assert.equal(KEYS.access_key, headers["x-ncp-iam-access-key"])
    assert.equal(sign.ncloud({ method = "PUT", target = request.target }, KEYS, transport.time)["x-ncp-apigw-signature-v2"],
      headers["x-ncp-apigw-signature-v2"])
  end)

  it("request has the tag as one segment, whatever stands in it", function()
    for tag, segment in pairs { ["a b"] = "a%20b", ["a/b"] = "a%2Fb", ["%2F"] = "%252F", ["a?b#c"] = "a%3Fb%23c", ["키"] = "%ED%82%A4",
      ["..."] = "..." } do
      local transport = fake_transport.new(RENAMED)
      assert(client(transport):rename_key { key_tag = tag, key_name = "newKeyName" })
      assert.equal("/kms/v1/keys/" .. segment .. "/name", transport.requests[1].target)
    end
  end)

  it("endpoint follows the zone, or is the given one", function()
    for zone, host in pairs { global = "ocapi.ncloud.com", kr = "ocapi-kr.ncloud.com", jp = "ocapi-jp.ncloud.com",
      gov = "ocapi.gov-ncloud.com" } do
      local transport = fake_transport.new(RENAMED)
      assert(client(transport, { zone = zone }):rename_key(PARAMS))
      assert.equal(host, transport.requests[1].host)
    end
    local transport = fake_transport.new(RENAMED)
    assert(client(transport, { endpoint = "https://localhost:8443" }):rename_key(PARAMS))
    assert.equal("localhost:8443", transport.requests[1].host)
  end)

  it("does not read the variable of another gateway", function()
    local output = child.run([[
      local transport = require("spec.helpers.fake_transport").new { kind = "transport", code = "dns", message = "x" }
      require("kms").ncloud { transport = transport }:rename_key { key_tag = "t", key_name = "name" }
      print(transport.requests[1].host)]], { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S", NCLOUD_API_GW = "https://ncloud.apigw.ntruss.com" })
    assert.equal("ocapi.ncloud.com\n", output)
  end)

  it("values that the API refuses are refused before a byte is sent", function()
    local function refused(field, params, options)
      local transport = fake_transport.new(RENAMED)
      local result, err = client(transport, options):rename_key(params)
      assert.is_nil(result)
      assert.same({ "invalid", field, 0 }, { err.kind, err.code, err.attempts })
      assert.matches(field, err.message, 1, true)
      assert.equal(0, #transport.requests)
      return err.message
    end
    for _, name in ipairs { "", "ab", ("a"):rep(16), "1abc", "-abc", "_abc", "a b", "a.b", "abc\n", "이름이름" } do
      refused("key_name", { key_tag = TAG, key_name = name })
    end
    for _, tag in ipairs { "", ".", ".." } do refused("key_tag", { key_tag = tag, key_name = "name" }) end
    for _, tag in ipairs { "\255", "a\0b", "\237\160\128", ("x"):rep(1025) } do refused("key_tag", { key_tag = tag, key_name = "name" }) end
    for _, zone in ipairs { "", "us", "KR" } do refused("zone", PARAMS, { zone = zone }) end
    refused("endpoint", PARAMS, { endpoint = "ocapi.ncloud.com" })
    assert.equal('key_name must be 3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter; got "1abc" (4)',
      refused("key_name", { key_tag = TAG, key_name = "1abc" }))
    for _, name in ipairs { "abc", ("a"):rep(15), "Ab-_9" } do
      assert(client(fake_transport.new(RENAMED)):rename_key { key_tag = TAG, key_name = name })
    end
  end)

  it("answer becomes a plain table", function()
    assert.same({ key_tag = TAG, key_name = "newKeyName" }, client(fake_transport.new(RENAMED)):rename_key(PARAMS))
  end)

  -- Shapes A to H of error bodies: what is answered, and the code and message that must be read from it.
  local SHAPES = {
    { "service", 400, '{"code":"INVALID_REQUEST","msg":"Invalid request","data":null}', "INVALID_REQUEST", "Invalid request" },
    { "service, message", 404, '{"code":"NOT_FOUND","message":"no key"}', "NOT_FOUND", "no key" },
    { "service under a good status", 200, '{"code":"FORBIDDEN","msg":"Forbidden","data":null}', "FORBIDDEN", "Forbidden" },
    { "service, empty text", 200, '{"code":"INTERNAL_SERVER_ERROR","msg":""}', "INTERNAL_SERVER_ERROR", "no message" },
    { "gateway", 401, '{"error":{"errorCode":"210","message":"Permission Denied","details":"A subscription to the API is required."}}',
      "210", "Permission Denied: A subscription to the API is required." },
    { "gateway, no details", 429, '{"error":{"errorCode":"410","message":"Throttle Limited"}}', "410", "Throttle Limited" },
    { "gateway, numeric code", 503, '{"error":{"errorCode":500,"message":"Endpoint Error"}}', "500", "Endpoint Error" },
    { "gateway, named code", 404, '{"error":{"errorCode":"NOT_FOUND","message":"Not found"}}', "NOT_FOUND", "Not found" },
    { "classic services", 500, '{"responseError":{"returnCode":"1000","returnMessage":"Please try again later"}}', "1000",
      "Please try again later" },
    { "flat", 400, '{"errorCode":9014,"message":"Tenant not created"}', "9014", "Tenant not created" },
    { "framework", 404, '{"timestamp":"2026-01-02T03:04:05Z","status":404,"error":"Not Found","message":"no such path","path":"/x"}',
      "404", "no such path" },
    { "framework, empty message", 404, '{"timestamp":1,"status":404,"error":"Not Found","message":""}', "404", "Not Found" },
    { "framework, no message", 404, '{"timestamp":1,"status":404,"error":"Not Found"}', "404", "Not Found" },
    { "status object", 401, '{"status":{"code":"40100","message":"Unauthorized"}}', "40100", "Unauthorized" },
    { "error.code", 403, '{"error":{"code":"77202","message":"No permission"}}', "77202", "No permission" },
    { "error outranks a code beside it", 401, '{"code":"X","error":{"errorCode":"200","message":"Authentication Failed"}}', "200",
      "Authentication Failed" },
    { "error as a text", 400, '{"error":"bad thing"}', "400", "bad thing" },
  }
  for _, shape in ipairs(SHAPES) do
    local name, status, body, code, message = unpack(shape, 1, 5)
    it("answer with an error of shape " .. name .. " gives code and message", function()
      local err = failure { status = status, body = body }
      assert.same({ "service", code, status }, { err.kind, err.code, err.status })
      assert.equal(message, err.message:sub(1, #message)) -- a hint may follow
    end)
  end

  local BROKEN = {
    { "XML", 401, "<Message><status><code>200</code></status></Message>", "not_json" },
    { "nothing", 200, "", "empty" },
    { "truncated JSON", 200, '{"code":"SUCCESS","data":{"keyTag"', "not_json" },
    { "no data", 200, '{"code":"SUCCESS","data":null}', "unknown" },
    { "data of a wrong type", 200, '{"code":"SUCCESS","data":"yes"}', "unknown" },
    { "a name of a wrong type", 200, '{"code":"SUCCESS","data":{"keyTag":"t","keyName":7}}', "wrong_type" },
    { "success under a bad status", 500, '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"n"}}', "unknown" },
    { "no code", 200, '{"data":{"keyTag":"t","keyName":"n"}}', "unknown" },
  }
  for _, row in ipairs(BROKEN) do
    local name, status, body, code = unpack(row, 1, 4)
    it(("answer of status %d with %s is a protocol error"):format(status, name), function()
      local err = failure { status = status, body = body }
      assert.same({ "protocol", code, status }, { err.kind, err.code, err.status })
    end)
  end
end)
