local cjson = require "cjson.safe"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local ncloud = require "kms.ncloud"
local sign = require "kms.sign"
local subprocess = require "spec.helpers.subprocess"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"
local KEYS = { access_key = "FAKEACCESSKEY0000001", secret_key = "FakeSecretKey0000000000000000000000000001" }
local PARAMS = { key_tag = TAG, key_name = "newKeyName" }
local RENAMED = { ('{"code":"SUCCESS","data":{"keyTag":"%s","keyName":"newKeyName"}}'):format(TAG) }

local function new_client(transport, options)
  local all = { credentials = KEYS, transport = transport, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.ncloud(all)
end

--- Makes one call that gets this response, and returns its error.
local function fail(response)
  local result, err = new_client(fake_transport.new(response)):rename_key(PARAMS)
  assert.is_nil(result)
  assert.is_true(kms.is_error(err))
  assert.same({ "ncloud", "rename_key" }, { err.provider, err.operation })
  return err
end

describe("kms.ncloud", function()
  it("sends the documented request, signed with what it says", function()
    local transport = fake_transport.new(RENAMED)
    assert(new_client(transport):rename_key(PARAMS))
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
    local signature = sign.ncloud({ method = "PUT", target = request.target }, KEYS, transport.time)
    assert.equal(signature["x-ncp-apigw-signature-v2"], headers["x-ncp-apigw-signature-v2"])
  end)

  it("signs the query too", function()
    local transport = fake_transport.new { '{"code":"SUCCESS","data":{"keyList":[]}}' }
    assert(new_client(transport):list_keys { page_no = 2, page_size = 10 })
    local request = transport.requests[1]
    assert.equal("/kms/v1/keys?pageNo=2&pageSize=10", request.target)
    local signature = sign.ncloud({ method = "GET", target = request.target }, KEYS, transport.time)
    assert.equal(signature["x-ncp-apigw-signature-v2"], fake_transport.headers(request)["x-ncp-apigw-signature-v2"])
  end)

  it("sends an ocapi_token in place of a signature", function()
    local transport = fake_transport.new { '{"code":"SUCCESS","data":{"ciphertext":"c"}}' }
    local client = new_client(transport, { credentials = { ocapi_token = "FakeToken0001" } })
    assert.equal("c", assert(client:encrypt { key_tag = TAG, plaintext = "aGVsbG8=" }).ciphertext)
    local headers = fake_transport.headers(transport.requests[1])
    assert.equal("FakeToken0001", headers["x-ncp-ocapi-token"])
    assert.is_nil(headers["x-ncp-iam-access-key"] or headers["x-ncp-apigw-signature-v2"])
  end)

  it("refuses the wrong kind of credentials before it sends anything", function()
    for _, row in ipairs {
      { "get_key", { ocapi_token = "FakeToken0001" },
        "get_key needs access_key and secret_key of an account; the credentials are an ocapi_token" },
      { "create_access_token", KEYS,
        "create_access_token needs an ocapi_token, which must be a refresh token; the credentials are access_key and "
        .. "secret_key" },
    } do
      local transport = fake_transport.new(RENAMED)
      local client = new_client(transport, { credentials = row[2] })
      local _, err = client[row[1]](client, { key_tag = TAG })
      assert.same({ "credentials", "invalid", row[3], 0, 0 },
        { err.kind, err.code, err.message, err.attempts, #transport.requests })
    end
  end)

  it("accepts null for the data of an operation without a result", function()
    local transport = fake_transport.new({ '{"code":"SUCCESS","data":null}' }, { status = 204 })
    local client = new_client(transport)
    assert.same({ {}, {} }, { client:delete_key { key_tag = TAG }, client:delete_key { key_tag = TAG } })
  end)

  it("finds the number of pages inside the data and beside it", function()
    local transport = fake_transport.new({ '{"code":"SUCCESS","data":{"keyList":[],"totalPageNo":3}}' },
      { '{"code":"SUCCESS","data":{"KeyList":[]},"totalPageNo":4,"totalCount":9}' })
    local client = new_client(transport)
    assert.same({ key_list = {}, total_page_no = 3 }, client:list_keys {})
    assert.same({ key_list = {}, total_page_no = 4, total_count = 9 }, client:list_keys {})
  end)

  it("uses NCLOUD_KMS_ENDPOINT unless the option endpoint or zone is set", function()
    local program = [[
      local fake_transport = require "spec.helpers.fake_transport"
      local transport = fake_transport.new { "{}" }
      local client = require("kms").ncloud { transport = transport, retry = false, zone = os.getenv "ZONE",
        endpoint = os.getenv "ENDPOINT", credentials = { access_key = "A", secret_key = "S" } }
      local _, err = client:get_key { key_tag = "t" }
      print(transport.requests[1] and transport.requests[1].host or err.code .. ": " .. err.message)
    ]]
    for _, case in ipairs {
      { "ocapi.ncloud.com\n" },
      { "kms.example:8443\n", NCLOUD_KMS_ENDPOINT = "https://kms.example:8443" },
      { "kms.example\n", NCLOUD_KMS_ENDPOINT = " kms.example " },
      { "ocapi-kr.ncloud.com\n", NCLOUD_KMS_ENDPOINT = "https://kms.example", ZONE = "kr" },
      { "own.example\n", NCLOUD_KMS_ENDPOINT = "https://kms.example", ENDPOINT = "https://own.example" },
      { 'endpoint: NCLOUD_KMS_ENDPOINT must be https://host[:port] without a path (http:// for loopback only); '
        .. 'got "http://kms.example"\n', NCLOUD_KMS_ENDPOINT = "http://kms.example" },
    } do
      local expected = table.remove(case, 1)
      assert.equal(expected, (subprocess.run(program, case)))
    end
  end)

  it("signs the target as it is sent, whatever the key_tag contains", function()
    local transport = fake_transport.new { '{"code":"SUCCESS","data":{"keyTag":"a/b c","keyName":"newKeyName"}}' }
    assert(new_client(transport):rename_key { key_tag = "a/b c", key_name = "newKeyName" })
    local request = transport.requests[1]
    assert.equal("/kms/v1/keys/a%2Fb%20c/name", request.target)
    local signature = sign.ncloud({ method = "PUT", target = request.target }, KEYS, transport.time)
    assert.equal(signature["x-ncp-apigw-signature-v2"], fake_transport.headers(request)["x-ncp-apigw-signature-v2"])
  end)

  it("names the headers of a signature that errors must not contain", function()
    local request = { method = "GET", target = "/" }
    local headers = assert(ncloud.authenticate(request, KEYS, 0))
    for name, value in pairs(assert(ncloud.authenticate(request, { ocapi_token = "t" }, 0))) do headers[name] = value end
    for name, pattern in pairs(ncloud.secret_headers) do assert.is_string(headers[name]:match(pattern)) end
  end)

  it("calls the endpoint of the zone, or the one that is set", function()
    for zone, host in pairs { global = "ocapi.ncloud.com", kr = "ocapi-kr.ncloud.com", jp = "ocapi-jp.ncloud.com",
      gov = "ocapi.gov-ncloud.com" } do
      local transport = fake_transport.new(RENAMED)
      assert(new_client(transport, { zone = zone }):rename_key(PARAMS))
      assert.equal(host, transport.requests[1].host)
    end
    local transport = fake_transport.new(RENAMED)
    assert(new_client(transport, { endpoint = "https://localhost:8443" }):rename_key(PARAMS))
    assert.equal("localhost:8443", transport.requests[1].host)
  end)

  it("ignores the variable of another gateway", function()
    local output = subprocess.run([[
      local transport = require("spec.helpers.fake_transport").new { kind = "transport", code = "dns", message = "x" }
      require("kms").ncloud { transport = transport }:rename_key { key_tag = "t", key_name = "name" }
      print(transport.requests[1].host)]],
      { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S", NCLOUD_API_GW = "https://ncloud.apigw.ntruss.com" })
    assert.equal("ocapi.ncloud.com\n", output)
  end)

  it("refuses a value that is not valid before anything is sent", function()
    for name, row in pairs {
      key_name = { { key_tag = TAG, key_name = "ab" } }, key_tag = { { key_tag = "..", key_name = "name" } },
      zone = { PARAMS, { zone = "KR" } }, endpoint = { PARAMS, { endpoint = "ocapi.ncloud.com" } },
    } do
      local transport = fake_transport.new(RENAMED)
      local result, err = new_client(transport, row[2]):rename_key(row[1])
      assert.is_nil(result)
      assert.same({ "invalid", name, 0, 0 }, { err.kind, err.code, err.attempts, #transport.requests })
      assert.matches(name .. " must be ", err.message, 1, true)
    end
  end)

  it("returns a plain table", function()
    assert.same({ key_tag = TAG, key_name = "newKeyName" }, new_client(fake_transport.new(RENAMED)):rename_key(PARAMS))
  end)

  it("returns a service error for an error under a success status", function()
    local err = fail { status = 200, body = '{"code":"FORBIDDEN","msg":"Forbidden","data":null}' }
    assert.same({ "service", "FORBIDDEN", 200 }, { err.kind, err.code, err.status })
    assert.matches("^Forbidden; .*NCP_KMS_VIEWER", err.message)
  end)

  it("returns a protocol error for the response to another request, uncertain after a change", function()
    local body = '{"code":"SUCCESS","data":{"keyTag":"%s","keyName":"%s"}}'
    for _, other in ipairs { body:format("other", "newKeyName"), body:format(TAG, "otherName") } do
      local err = fail { status = 200, body = other }
      assert.same({ "protocol", "mismatch", true, false }, { err.kind, err.code, err.uncertain, err.retryable })
      assert.matches("get_key", err.message, 1, true)
    end
    local _, err = new_client(fake_transport.new { body:format("other", "name") }):get_key { key_tag = TAG }
    assert.same({ "protocol", "mismatch", false }, { err.kind, err.code, err.uncertain })
    assert(new_client(fake_transport.new { body:format(TAG, "anyName") }):get_key { key_tag = TAG })
  end)

  it("takes a tag in another case for the tag of the request", function()
    local body = '{"code":"SUCCESS","data":{"keyTag":"%s","keyName":"newKeyName"}}'
    local renamed = new_client(fake_transport.new { body:format(TAG) }):rename_key {
      key_tag = TAG:upper(), key_name = "newKeyName",
    }
    assert.equal(TAG, renamed.key_tag)
  end)

  -- Name, status and body of the response, and the code of the protocol error.
  local MALFORMED = {
    { "XML", 401, "<Message><status><code>200</code></status></Message>", "not_json" },
    { "nothing", 200, "", "empty" },
    { "truncated JSON", 200, '{"code":"SUCCESS","data":{"keyTag"', "not_json" },
    { "data that is null", 200, '{"code":"SUCCESS","data":null}', "wrong_type" },
    { "data of a wrong type", 200, '{"code":"SUCCESS","data":"yes"}', "unknown" },
    { "a name of a wrong type", 200, '{"code":"SUCCESS","data":{"keyTag":"' .. TAG .. '","keyName":[7]}}', "wrong_type" },
    { "success", 500, '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"n"}}', "unknown" },
    { "no code", 200, '{"data":{"keyTag":"t","keyName":"n"}}', "unknown" },
  }
  for _, row in ipairs(MALFORMED) do
    local name, status, body, code = unpack(row, 1, 4)
    it(("returns a protocol error for %s under status %d"):format(name, status), function()
      local err = fail { status = status, body = body }
      assert.same({ "protocol", code, status }, { err.kind, err.code, err.status })
    end)
  end

  it("returns an uncertain protocol error that names the status for a part of a response", function()
    local err = fail { status = 206, body = '{"code":"SUCCESS","data":{"keyTag":"' .. TAG .. '","keyName":"newKeyName"}}' }
    assert.same({ "protocol", "unknown", 206, true, false }, { err.kind, err.code, err.status, err.uncertain, err.retryable })
    assert.matches("^status 206 says that this is a part of a response", err.message)
  end)
end)
