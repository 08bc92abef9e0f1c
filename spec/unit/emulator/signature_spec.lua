--- kms.emulator.signature against known signatures: of the official SDKs of Huawei Cloud, and of NAVER's clients. The
--- gateways of the emulator verify them.

local cjson = require "cjson"
local gateway = require "kms.emulator.huawei.gateway"
local ncloud_gateway = require "kms.emulator.ncloud.gateway"
local signature = require "kms.emulator.signature"
local time = require "kms.emulator.time"

local function read_fixture(name)
  local file = assert(io.open("spec/fixtures/" .. name))
  local value = cjson.decode(file:read "*a")
  file:close()
  return value
end

local function deep_copy(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do copy[name] = deep_copy(member) end
  return copy
end

local function escape(c) return ("%%%02X"):format(c:byte()) end

-- Two encodings of one text in a request target: as few escapes as possible, and all bytes escaped.
local function encode_few(text) return (text:gsub('[^!$&-;=@-Z_a-z~]', escape)) end
local function encode_all(text) return (text:gsub(".", escape)) end

local function build_target(vector, encode)
  local pieces = {}
  for i, pair in ipairs(vector.query) do
    -- Both encodings escape the characters that end a name or a value, and "+", which may mean a space.
    local name, value = encode(pair[1]), encode(pair[2])
    pieces[i] = name:gsub("[&+=]", escape) .. "=" .. value:gsub("[&+=]", escape)
  end
  local path = vector.path:gsub("[^/]+", encode)
  return path .. (pieces[1] and "?" .. table.concat(pieces, "&") or "")
end

local function build_huawei_request(vector, authorization, encode)
  local headers = { { "Authorization", authorization } }
  local has = {}
  for _, pair in ipairs(vector.headers) do
    has[pair[1]:lower()] = true
    headers[#headers + 1] = deep_copy(pair)
  end
  if not has.host then headers[#headers + 1] = { "Host", vector.host } end
  if not has["x-sdk-date"] then headers[#headers + 1] = { "X-Sdk-Date", vector.timestamp } end
  return { method = vector.method, target = build_target(vector, encode), headers = headers, body = vector.body }
end

local function authenticate(vector, request)
  local token
  for _, pair in ipairs(vector.headers) do
    if pair[1] == "X-Security-Token" then token = pair[2] end
  end
  local account = { access_key = vector.access_key, secret_key = vector.secret_key, security_token = token, tokens = {} }
  local seconds = time.parse_sdk_date(vector.timestamp)
  return gateway.new({ account }, function() return seconds end):authenticate { request = request, id = "1" }
end

local function flip(text) return string.char((text:byte(1) + 1) % 256) .. text:sub(2) end

describe("SDK-HMAC-SHA256 in the emulator", function()
  for _, vector in ipairs(read_fixture("huawei_sdk_hmac_sha256.json").vectors) do
    local expected = vector.quirk and vector.alternatives.documented or vector
    local authorization = vector.quirk and expected.authorization or vector.authorization

    -- Only the Node SDK has a quirk that the documentation does not cover: there is no expected signature for it.
    if not vector.quirk or vector.alternatives.documented then
      it("the gateway accepts the signature of " .. vector.name, function()
        for _, encode in ipairs { encode_few, encode_all } do
          local account, refusal = authenticate(vector, build_huawei_request(vector, authorization, encode))
          assert.is_nil(refusal and refusal.body)
          assert.equal(vector.access_key, account.access_key)
        end
      end)

      it("the gateway refuses the signature of " .. vector.name .. " after a change of one byte", function()
        local changes = {
          function(request) request.target = request.target .. "x" end,
          function(request) request.method = flip(request.method) end,
          function(request) request.headers[1][2] = authorization:gsub("(Signature=)(.)", function(name, digit)
            return name .. (digit == "0" and "1" or "0")
          end) end,
        }
        if not expected.canonical_request:find "UNSIGNED%-PAYLOAD$" then
          changes[4] = function(request) request.body = request.body == "" and "x" or flip(request.body) end
        end
        for _, change in ipairs(changes) do
          local request = build_huawei_request(vector, authorization, encode_few)
          change(request)
          local account, refusal = authenticate(vector, request)
          assert.is_nil(account)
          assert.truthy(refusal.body:find("verify aksk signature fail", 1, true))
        end
      end)
    end
  end

  it("the gateway shows its canonical request in the refusal, with | for LF", function()
    local vector = read_fixture("huawei_sdk_hmac_sha256.json").vectors[4]
    assert.equal("op-basic", vector.name)
    local wrong = deep_copy(vector)
    wrong.secret_key = "another"
    local _, refusal = authenticate(wrong, build_huawei_request(vector, vector.authorization, encode_few))
    assert.equal("Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:"
      .. vector.canonical_request:gsub("\n", "|"), cjson.decode(refusal.body).error_msg)
  end)
end)

describe("SDK-HMAC-SM3 in the emulator", function()
  -- Signatures in the tests of the official Python SDK (tests/test_signer.py).
  for method, known in pairs {
    GET = { "f8ceb623f0be123dbccd7ad95a6211470f170d1d3c4fa9facbce716d82190e21", "" },
    POST = { "6521b276625d7870e9836c041bafb2fa8d6a7ed0df045b06f1b137243c050ed8", '{"name":"test","id":1}' },
  } do
    local vector = { access_key = "AccessKey", secret_key = "SecretKey", timestamp = "20200608T023900Z", method = method,
      host = "service.endpoint.myhuaweicloud.com", path = "/resources", query = { { "size", "1" } }, headers = {}, body = known[2] }

    it("the gateway accepts the published signature of a " .. method .. ", and not with the name of another algorithm", function()
      local authorization = "SDK-HMAC-SM3 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=" .. known[1]
      local account, refusal = authenticate(vector, build_huawei_request(vector, authorization, encode_few))
      assert.is_nil(refusal and refusal.body)
      assert.equal("AccessKey", account.access_key)
      for name, text in pairs { ["SDK-HMAC-SHA256"] = "verify aksk signature fail", ["SDK-HMAC-MD5"] = "format error" } do
        account, refusal = authenticate(vector, build_huawei_request(vector, authorization:gsub("SDK%-HMAC%-SM3", name), encode_few))
        assert.is_nil(account)
        assert.truthy(refusal.body:find(text, 1, true), refusal.body)
      end
    end)
  end
end)

describe("signature version 2 in the emulator", function()
  local function get_status(vector, request)
    local account = { access_key = vector.access_key, secret_key = vector.secret_key, owner = "demo" }
    local now = function() return vector.timestamp_ms / 1000 end
    local authenticated, refusal = ncloud_gateway.new({ account }, now):authenticate { request = request }
    return authenticated == account and 200 or refusal.status
  end

  local function build_request(vector)
    return { method = vector.method, target = vector.uri, body = "", headers = {
      { "X-NCP-APIGW-TIMESTAMP", ("%.0f"):format(vector.timestamp_ms) },
      { "x-ncp-iam-access-key", vector.access_key },
      { "x-ncp-apigw-signature-v2", vector.signature },
    } }
  end

  for _, vector in ipairs(read_fixture "ncloud_signature_v2.json") do
    it("the gateway accepts the signature of " .. vector.name, function()
      assert.equal(200, get_status(vector, build_request(vector)))
    end)

    it("the gateway refuses the signature of " .. vector.name .. " after a change of one byte", function()
      for _, change in ipairs {
        function(request) request.target = request.target .. "x" end,
        function(request) request.method = flip(request.method) end,
        function(request) request.headers[1][2] = request.headers[1][2]:gsub(".$", function(digit)
          return digit == "0" and "1" or "0"
        end) end,
        function(request) request.headers[3][2] = flip(request.headers[3][2]) end,
      } do
        local request = build_request(vector)
        change(request)
        assert.equal(401, get_status(vector, request))
      end
    end)
  end
end)

describe("kms.emulator.signature", function()
  it("hash_sha256 returns the digest in hexadecimal", function()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", signature.hash_sha256 "")
  end)

  it("is_equal compares whole strings", function()
    assert.is_true(signature.is_equal("", ""))
    assert.is_true(signature.is_equal("abc", "abc"))
    assert.is_false(signature.is_equal("abc", "abd"))
    assert.is_false(signature.is_equal("abc", "ab"))
    assert.is_false(signature.is_equal("ab", "ba"))
  end)

  it("parse_authorization returns the parts, with the header names in lower case and in order", function()
    assert.same({ algorithm = "SDK-HMAC-SHA256", access_key = "A", signed_headers = { "host", "x-a" }, signature = "0f" },
      signature.parse_authorization "SDK-HMAC-SHA256 Access=A, SignedHeaders=X-A;host, Signature=0f")
  end)

  it("parse_authorization returns nil for other schemes and malformed values", function()
    for _, value in ipairs {
      "", "Bearer x", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256, Access=A, SignedHeaders=host, Signature=0f",
      "SDK-HMAC-SHA256 Access=A, SignedHeaders=host, Signature=xyz", "SDK-HMAC-SHA256 Access=, SignedHeaders=host, Signature=0f",
      "SDK-HMAC-MD5 Access=A, SignedHeaders=host, Signature=0f",
    } do
      assert.is_nil(signature.parse_authorization(value), value)
    end
  end)

  it("the canonical path has no dot segments and ends in a slash", function()
    local parts = { algorithm = "SDK-HMAC-SHA256", signed_headers = {} }
    for target, expected in pairs { ["/a/./b/../c"] = "/a/c/", ["/a/b/"] = "/a/b/", ["/"] = "/", ["/a%2fb/:"] = "/a%2Fb/%3A/" } do
      local canonical = signature.build_canonical_request({ method = "GET", target = target }, parts)
      assert.equal(expected, canonical:match "^GET\n([^\n]*)\n")
    end
  end)
end)
