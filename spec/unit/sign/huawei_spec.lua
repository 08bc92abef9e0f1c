local locales = require "spec.helpers.locales"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"
local subprocess = require "spec.helpers.subprocess"
local util_time = require "kms.util.time"
local versions = require "spec.helpers.versions"

local EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" -- SHA-256 of ""

-- Vectors for which the vendor's SDKs disagree and the guide defines nothing. Here the vector itself is right, not one
-- of its alternatives.
local UNDEFINED_BY_GUIDE = {
  ["query-order-raw-or-encoded"] = "sorted before encoding, as in three of the four official SDKs",
  ["path-pre-encoded"] = "a path is raw, so its percent sign is encoded, as in three of the four official SDKs",
  ["host-default-port"] = "the host is signed as it is: the caller leaves out a default port",
  ["method-lower-case"] = "the method is signed as it is: the caller writes it in upper case",
}

local function stages(changes, credentials, time)
  return sign.huawei_stages(signing.request(changes), credentials or signing.credentials, time or signing.time)
end

local function canonical_lines(changes, ...)
  local text = assert(stages(changes, ...)).canonical_request
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

local function headers(list) return { headers = list } end

describe("kms.sign.huawei with the official SDK's vectors", function()
  local function check(vector)
    local expected = vector
    if vector.quirk then
      expected = vector.alternatives.documented or vector
      if expected == vector then
        assert.is_string(UNDEFINED_BY_GUIDE[vector.name], "neither documented nor listed")
      end
    end
    local request = {
      method = vector.method, scheme = vector.scheme, host = vector.host, path = vector.path, query = vector.query,
      headers = vector.headers, body = vector.body,
    }
    local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
    local time = signing.unix_time(vector.timestamp)
    local actual = assert(sign.huawei_stages(request, credentials, time))
    assert.equal(expected.canonical_request, actual.canonical_request)
    assert.equal(expected.string_to_sign, actual.string_to_sign)
    assert.equal(expected.signature, actual.signature)
    assert.equal(expected.authorization:match "SignedHeaders=([^,]+)", actual.signed_headers)

    local added = assert(sign.huawei(request, credentials, time))
    assert.equal(expected.authorization, added.Authorization)
    local has_date = false
    for _, header in ipairs(vector.headers) do has_date = has_date or header[1]:lower() == "x-sdk-date" end
    assert.equal(not has_date and vector.timestamp or nil, added["X-Sdk-Date"])
  end

  local vectors = signing.vectors "huawei_sdk_hmac_sha256"
  for _, vector in ipairs(vectors) do
    it("computes all stages of vector " .. vector.name, function() check(vector) end)
  end

  it("covers 65 vectors, and every listed exception is one of them", function()
    assert.equal(65, #vectors)
    local names = {}
    for _, vector in ipairs(vectors) do
      if vector.quirk and not vector.alternatives.documented then names[vector.name] = UNDEFINED_BY_GUIDE[vector.name] end
    end
    assert.same(UNDEFINED_BY_GUIDE, names)
  end)
end)

describe("kms.sign.huawei", function()
  it("returns Authorization and X-Sdk-Date, nothing else", function()
    local added = assert(sign.huawei(signing.request(), signing.credentials, signing.time))
    local names = {}
    for name in pairs(added) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "Authorization", "X-Sdk-Date" }, names)
  end)

  it("signs and returns the security token of temporary credentials", function()
    local credentials = { access_key = "a", secret_key = "s", security_token = "tok+/==" }
    local request = signing.request()
    local added = assert(sign.huawei(request, credentials, signing.time))
    assert.equal("tok+/==", added["X-Security-Token"])
    local actual = assert(sign.huawei_stages(request, credentials, signing.time))
    assert.equal("content-type;host;x-sdk-date;x-security-token", actual.signed_headers)

    local with_token = signing.request()
    with_token.headers[2] = { "x-security-token", " tok+/== " }
    local same = assert(sign.huawei(with_token, credentials, signing.time))
    assert.equal(added.Authorization, same.Authorization)
    assert.is_nil(same["X-Security-Token"])
  end)

  it("refuses a security token that differs from the one in the headers", function()
    local credentials = { access_key = "a", secret_key = "s", security_token = "one" }
    local request = signing.request(headers { { "X-Security-Token", "two" } })
    signing.assert_invalid("security_token", "must equal the header", sign.huawei(request, credentials, signing.time))
  end)

  it("signs the time of a header X-Sdk-Date, in any case of its name", function()
    local actual = assert(stages(headers { { "x-SDK-date", "20200101T000000Z" } }))
    assert.matches("^SDK%-HMAC%-SHA256\n20200101T000000Z\n", actual.string_to_sign)
    assert.is_nil(sign.huawei(signing.request(headers { { "x-SDK-date", "20200101T000000Z" } }), signing.credentials,
      signing.time)["X-Sdk-Date"])
    for _, date in ipairs { "", "20200101T000000", "20200101T000000Z1", "20200101 000000Z", "2020010aT000000Z" } do
      signing.assert_invalid("headers", "X-Sdk-Date must have the form", stages(headers { { "X-Sdk-Date", date } }))
    end
  end)

  it("writes X-Sdk-Date in whole seconds of the time rounded to milliseconds", function()
    local dates = {
      [0] = "19700101T000000Z", [0.9994] = "19700101T000000Z", [0.9995] = "19700101T000001Z",
      [951782399] = "20000228T235959Z", [951782400] = "20000229T000000Z", [951868800] = "20000301T000000Z",
      [1767225599.999] = "20251231T235959Z", [1767225600] = "20260101T000000Z",
      [4107542399] = "21000228T235959Z", [4107542400] = "21000301T000000Z",
      [253402300799.999] = "99991231T235959Z",
    }
    for time, date in pairs(dates) do
      assert.equal(date, assert(sign.huawei(signing.request(), signing.credentials, time))["X-Sdk-Date"])
    end
  end)

  it("computes the same dates as kms.util.time up to year 9999", function()
    for time = 0, 253402300799, 86400 * 365.2425 * 7.31 do
      local added = assert(sign.huawei(signing.request(), signing.credentials, time))
      assert.equal(util_time.format_basic(time + 0.0005), added["X-Sdk-Date"])
    end
  end)

  it("sorts the query by the bytes of name and value before it encodes them", function()
    local query = { { "é", "1" }, { "z", "2" }, { "a", "10" }, { "a", "9" }, { "a", "" }, { "F", "f" }, { "ab", "" } }
    assert.equal("F=f&a=&a=10&a=9&ab=&z=2&%C3%A9=1", canonical_lines { query = query }[3])
  end)

  it("signs a missing query and an empty list as an empty line", function()
    assert.equal("", canonical_lines { query = signing.none }[3])
    assert.equal("", canonical_lines { query = {} }[3])
  end)

  it("ends the canonical path with one slash", function()
    assert.equal("/", canonical_lines { path = "/" }[2])
    assert.equal("/", canonical_lines { path = "" }[2])
    assert.equal("/a/", canonical_lines { path = "/a" }[2])
    assert.equal("/a/", canonical_lines { path = "/a/" }[2])
    assert.equal("/a%2Fb/", canonical_lines { path = { "a/b" } }[2])
    assert.equal("/", canonical_lines { path = {} }[2])
  end)

  it("trims header values, keeps inner white space, and sorts by lower-case name", function()
    local list = { { "X-B", "\t a  b\tc \t" }, { "x-a", "" }, { "X-a1", "\195\188" }, { "X_a", "1" } }
    local lines = canonical_lines(headers(list))
    assert.same({
      "host:kms.example.com", "x-a:", "x-a1:\195\188", "x-b:a  b\tc", "x-sdk-date:20260102T030405Z", "x_a:1", "",
      "host;x-a;x-a1;x-b;x-sdk-date;x_a",
    }, { lines[4], lines[5], lines[6], lines[7], lines[8], lines[9], lines[10], lines[11] })
  end)

  it("signs the hash of the empty string for a missing body", function()
    assert.equal(EMPTY_HASH, canonical_lines({ body = signing.none })[9])
    assert.equal(EMPTY_HASH, canonical_lines({ body = "" })[9])
  end)

  it("signs the value of X-Sdk-Content-Sha256 in place of the hash of the body", function()
    local lines = canonical_lines(headers { { "x-sdk-CONTENT-sha256", "UNSIGNED-PAYLOAD" } })
    assert.equal("UNSIGNED-PAYLOAD", lines[#lines])
  end)

  it("ignores a target, because it signs the raw path and query", function()
    assert.same(stages(), stages { target = "/elsewhere?x" })
  end)

  it("gives the signatures of HMAC with keys shorter and longer than a block", function()
    local hmac = require "openssl.hmac"
    for _, length in ipairs { 1, 40, 63, 64, 65, 1000 } do
      local secret_key = ("k"):rep(length)
      local actual = assert(stages(nil, { access_key = "a", secret_key = secret_key }))
      assert.equal(signing.hex(hmac.new(secret_key, "sha256"):final(actual.string_to_sign)), actual.signature)
    end
  end)
end)

describe("kms.sign.huawei refuses", function()
  it("header names that are not tokens", function()
    for _, name in ipairs { "a b", "a:", "a\r\nb", "a\0", "é", "a\127", "a(b)", "a@b" } do
      signing.assert_invalid("headers", "must be a token", stages(headers { { "ok", "1" }, { name, "v" } }))
    end
    signing.assert_invalid("headers", "headers[2].name must be a token; got byte 0x20 at position 2 of 3",
      stages(headers { { "ok", "1" }, { "a b", "v" } }))
    signing.assert_invalid("headers", "headers[1].name must not be empty", stages(headers { { "", "v" } }))
  end)

  it("every control character except tab in header values, and reports byte and position", function()
    for byte = 0, 31 do
      if byte ~= 9 then
        signing.assert_invalid("headers",
          ("headers[2].value must not contain control characters; got byte 0x%02x at position 3 of 4"):format(byte),
          stages(headers { { "ok", "1" }, { "x", "ab" .. string.char(byte) .. "c" } }))
      end
    end
    signing.assert_invalid("headers", "0x7f", stages(headers { { "x", "\127" } }))
    signing.assert_invalid("headers", "0x0a", stages(headers { { "x", "v\n" } }))
  end)

  it("a repeated header name and the header Authorization", function()
    signing.assert_invalid("headers", "must not repeat a name; got x-a twice",
      stages(headers { { "X-A", "1" }, { "x-a", "1" } }))
    signing.assert_invalid("headers", "must not repeat", stages(headers { { "Host", "h" }, { "HOST", "h" } }))
    signing.assert_invalid("headers", "Authorization", stages(headers { { "AUTHORIZATION", "x" } }))
  end)

  it("headers above the limits of the gateway", function()
    signing.assert_invalid("headers", "headers[1].value must be at most 32768 bytes; got 32769",
      stages(headers { { "x", ("v"):rep(32769) } }))
    assert(stages(headers { { "x", ("v"):rep(32768) } }))
    local list = {}
    for i = 1, 4 do list[i] = { "x" .. i, ("v"):rep(32768) } end
    signing.assert_invalid("headers", "131072", stages(headers(list)))
    list = {}
    for i = 1, 256 do list[i] = { "x" .. i, "v" } end
    assert(stages(headers(list)))
    list[257] = { "x257", "v" }
    signing.assert_invalid("headers", "at most 256 entries", stages(headers(list)))
    list = {}
    for i = 1, 5 do list[i] = { "x" .. i .. ("n"):rep(8000), "" } end
    signing.assert_invalid("headers", "32768", sign.huawei(signing.request(headers(list)), signing.credentials, 0))
  end)

  it("the same targets as sign.target because of their length", function()
    for _, length in ipairs { 32767, 32768, 32769 } do
      local fits = length <= 32768
      for _, parts in ipairs {
        { path = "/" .. ("p"):rep(length - 1), query = signing.none },
        { path = "/" .. ("p"):rep(length - 2) .. "/", query = signing.none },
        { path = "/" .. ("p"):rep(length - 7), query = { { "a", "1" }, { "", "" } } },
        { path = "/", query = { { "a", ("v"):rep(length - 4) } } },
      } do
        local query = parts.query ~= signing.none and parts.query or nil
        assert.equal(fits, sign.target(parts.path, query) ~= nil)
        assert.equal(fits, stages(parts) ~= nil)
      end
    end
  end)

  it("hosts that cannot be in a Host header", function()
    for _, host in ipairs { "", "a b", "a/b", "a?b", "a#b", "u@h", "a\\b", "a\r\nb", "a\0", "a\127", "é.example" } do
      signing.assert_invalid("host", "host must", stages { host = host })
      signing.assert_invalid("host", "host must", stages(headers { { "Host", host:gsub("[%c]", "/") .. "" } }))
    end
    assert(stages { host = "[2001:db8::7]:8443" })
  end)

  it("methods that are not tokens of 1 to 32 bytes", function()
    for _, method in ipairs { "", "GET ", "G\nT", "GET/", ("M"):rep(33) } do
      signing.assert_invalid("method", "method must", stages { method = method })
    end
    assert(stages { method = ("M"):rep(32) })
  end)

  it("keys that cannot be in a header, and does not show them", function()
    local function assert_refused(field, value)
      local credentials = { access_key = "AK", secret_key = "SK", security_token = "ST" }
      credentials[field] = value
      local result, err = stages(nil, credentials)
      signing.assert_invalid(field, field .. " must", result, err)
      assert.is_nil(err.message:find("Qz", 1, true))
    end
    for _, value in ipairs { "", "QzQz ", "Qz\nQz", "QzQz\0", "Qzé" } do
      assert_refused("access_key", value)
      assert_refused("security_token", value)
    end
    assert_refused("access_key", "Qz,Qz")
    assert_refused("access_key", ("Qz"):rep(20000))
    assert_refused("secret_key", "")
    assert(stages(nil, { access_key = "a", secret_key = "\0\255 any\nbytes " }))
  end)

  it("times with the same message in a locale with a decimal comma", function()
    local script = [[
      os.setlocale "de_DE.UTF-8"
      local keys = { access_key = "A", secret_key = "S" }
      print(select(2, require("kms.sign").huawei({ method = "GET", host = "h", path = "/" }, keys, -3 / 2)))
    ]]
    local output = subprocess.run(script, (locales.environment()))
    assert.matches("got -2e+00\n", output, 1, true)
  end)

  it("times that a calendar with four-digit years does not contain", function()
    for _, time in ipairs { 0 / 0, math.huge, -math.huge, -1, -1e-9, 253402300799.9996, 253402300800, 1e300 } do
      signing.assert_invalid("timestamp", "timestamp must be Unix time", stages(nil, nil, time))
    end
  end)
end)

describe("kms.sign.huawei with SDK-HMAC-SM3", function()
  -- Expected values of a unit test of the official Python SDK, for the requests of these two vectors.
  local EXPECTED = {
    ["published-python-sdk-get"] = "f8ceb623f0be123dbccd7ad95a6211470f170d1d3c4fa9facbce716d82190e21",
    ["published-python-sdk-post"] = "6521b276625d7870e9836c041bafb2fa8d6a7ed0df045b06f1b137243c050ed8",
  }
  local EMPTY_SM3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"

  it("computes the published signatures", function()
    local checked = 0
    for _, vector in ipairs(signing.vectors "huawei_sdk_hmac_sha256") do
      if EXPECTED[vector.name] then
        local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
        local time = signing.unix_time(vector.timestamp)
        local actual = assert(sign.huawei_stages(vector, credentials, time, "SDK-HMAC-SM3"))
        assert.equal(EXPECTED[vector.name], actual.signature)
        assert.matches("^SDK%-HMAC%-SM3\n" .. vector.timestamp, actual.string_to_sign)
        assert.equal("SDK-HMAC-SM3 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=" .. EXPECTED[vector.name],
          sign.huawei(vector, credentials, time, "SDK-HMAC-SM3").Authorization)
        checked = checked + 1
      end
    end
    assert.equal(2, checked)
  end)

  it("signs the hash of the body, or X-Sdk-Content-Sm3 in its place, and no other header", function()
    local function payload(header, algorithm)
      local request = signing.request { body = "", headers = header and { { header, "UNSIGNED-PAYLOAD" } } or {} }
      return sign.huawei_stages(request, signing.credentials, 0, algorithm).canonical_request:match "[^\n]*$"
    end
    assert.equal(EMPTY_SM3, payload(nil, "SDK-HMAC-SM3"))
    assert.equal("UNSIGNED-PAYLOAD", payload("X-Sdk-Content-Sm3", "SDK-HMAC-SM3"))
    assert.equal(EMPTY_SM3, payload("X-Sdk-Content-Sha256", "SDK-HMAC-SM3"))
    assert.equal("UNSIGNED-PAYLOAD", payload("X-Sdk-Content-Sha256", "SDK-HMAC-SHA256"))
    assert.not_equal("UNSIGNED-PAYLOAD", payload "X-Sdk-Content-Sm3")
  end)

  it("signs with both hashes in turn", function()
    local function signature(algorithm)
      return sign.huawei_stages(signing.request(), signing.credentials, signing.time, algorithm).signature
    end
    local sha256, sm3 = signature "SDK-HMAC-SHA256", signature "SDK-HMAC-SM3"
    assert.not_equal(sha256, sm3)
    for _ = 1, 3 do
      assert.equal(sm3, signature "SDK-HMAC-SM3")
      assert.equal(sha256, signature "SDK-HMAC-SHA256")
    end
  end)

  it("is the only algorithm besides the default, which can be named too", function()
    local request, credentials = signing.request(), signing.credentials
    assert.same(sign.huawei(request, credentials, 0), sign.huawei(request, credentials, 0, "SDK-HMAC-SHA256"))
    for _, name in ipairs { "", "V11-HMAC-SHA256", "SDK-HMAC-SM3\0", "sdk-hmac-sm3" } do
      signing.assert_invalid("algorithm", "must be", sign.huawei(request, credentials, 0, name))
    end
    assert.has_error(function() sign.huawei(request, credentials, 0, 3) end)
  end)
end)

describe("kms.sign without a usable provider of OpenSSL", function()
  local CONFIGURATIONS = {
    ["no algorithm has the required properties"] =
      "openssl_conf = main\n[main]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n",
    ["only the legacy provider is active"] =
      "openssl_conf = main\n[main]\nproviders = list\n[list]\nlegacy = legacy\n[legacy]\nactivate = 1\n",
    ["only the base provider is active"] =
      "openssl_conf = main\n[main]\nproviders = list\n[list]\nbase = base\n[base]\nactivate = 1\n",
  }

  for title, configuration in pairs(CONFIGURATIONS) do
    it("returns nil and an error when " .. title, function()
      local reason = versions.find_reason("libcrypto", "3")
      if reason then return pending(reason) end
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(configuration)
      file:close()
      local output = subprocess.run([[
        local sign = require "kms.sign"
        local request, keys = { method = "GET", host = "h", path = "/", target = "/" }, { access_key = "A", secret_key = "S" }
        for _, name in ipairs { "huawei", "huawei_stages", "ncloud", "ncloud_stages" } do
          local result, err = sign[name](request, keys, 0)
          assert(result == nil)
          print(name, err)
        end
        print("SM3", select(2, sign.huawei(request, keys, 0, "SDK-HMAC-SM3")))
        print("fingerprint", select(2, sign.fingerprint(keys)))
      ]], { OPENSSL_CONF = path })
      os.remove(path)
      local lines, format = {}, "%s\tkms: invalid error algorithm: algorithm %s is not available: OpenSSL in this process "
        .. "cannot compute it\n"
      for _, name in ipairs { "huawei", "huawei_stages", "ncloud", "ncloud_stages", "SM3", "fingerprint" } do
        lines[#lines + 1] = format:format(name, name == "SM3" and "SM3" or "SHA256")
      end
      assert.equal(table.concat(lines), output)
    end)
  end
end)
