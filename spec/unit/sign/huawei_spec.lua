local child = require "spec.helpers.subprocess"
local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

local EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

-- Vectors on which the vendor's clients disagree and the guide is silent: the reading taken here is that of the
-- vector itself, never one of its alternatives.
local OPEN_READINGS = {
  ["query-order-raw-or-encoded"] = "ordered before encoding: three of the four official SDKs do",
  ["path-pre-encoded"] = "a path is raw, so its percent sign is encoded: three of the four official SDKs do",
  ["host-default-port"] = "the host is signed as given: whoever makes the request leaves a default port out",
  ["method-lower-case"] = "the method is signed as given: whoever makes the request writes it in upper case",
}

local function stages(changes, credentials, time)
  return sign.huawei_stages(signing.request(changes), credentials or signing.credentials, time or signing.time)
end

local function canonical_lines(changes, ...)
  local made = assert(stages(changes, ...))
  local lines = {}
  for line in (made.canonical_request .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

local function headers(list) return { headers = list } end

describe("kms.sign.huawei and the official SDK's vectors:", function()
  local function check(vector)
    local expected = vector
    if vector.quirk then
      expected = vector.alternatives.documented or vector
      if expected == vector then
        assert.is_string(OPEN_READINGS[vector.name], "neither documented nor listed")
      end
    end
    local request = {
      method = vector.method, scheme = vector.scheme, host = vector.host, path = vector.path, query = vector.query,
      headers = vector.headers, body = vector.body,
    }
    local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
    local time = signing.unix_time(vector.timestamp)
    local made = assert(sign.huawei_stages(request, credentials, time))
    assert.equal(expected.canonical_request, made.canonical_request)
    assert.equal(expected.string_to_sign, made.string_to_sign)
    assert.equal(expected.signature, made.signature)
    assert.equal(expected.authorization:match "SignedHeaders=([^,]+)", made.signed_headers)

    local added = assert(sign.huawei(request, credentials, time))
    assert.equal(expected.authorization, added.Authorization)
    local date_given = false
    for _, header in ipairs(vector.headers) do date_given = date_given or header[1]:lower() == "x-sdk-date" end
    assert.equal(not date_given and vector.timestamp or nil, added["X-Sdk-Date"])
  end

  local vectors = signing.vectors "huawei_sdk_hmac_sha256"
  for _, vector in ipairs(vectors) do
    it(vector.name, function() check(vector) end)
  end

  it("every one was there, and the list of open readings is of those", function()
    assert.equal(65, #vectors)
    local open = {}
    for _, vector in ipairs(vectors) do
      if vector.quirk and not vector.alternatives.documented then open[vector.name] = OPEN_READINGS[vector.name] end
    end
    assert.same(OPEN_READINGS, open)
  end)
end)

describe("kms.sign.huawei", function()
  it("adds Authorization and X-Sdk-Date, nothing else", function()
    local added = assert(sign.huawei(signing.request(), signing.credentials, signing.time))
    local names = {}
    for name in pairs(added) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "Authorization", "X-Sdk-Date" }, names)
  end)

  it("signs and adds the security token of temporary keys", function()
    local credentials = { access_key = "a", secret_key = "s", security_token = "tok+/==" }
    local request = signing.request()
    local added = assert(sign.huawei(request, credentials, signing.time))
    assert.equal("tok+/==", added["X-Security-Token"])
    local made = assert(sign.huawei_stages(request, credentials, signing.time))
    assert.equal("content-type;host;x-sdk-date;x-security-token", made.signed_headers)

    local given = signing.request()
    given.headers[2] = { "x-security-token", " tok+/== " }
    local same = assert(sign.huawei(given, credentials, signing.time))
    assert.equal(added.Authorization, same.Authorization)
    assert.is_nil(same["X-Security-Token"])
  end)

  it("refuses a security token other than the one in the headers", function()
    local credentials = { access_key = "a", secret_key = "s", security_token = "one" }
    local request = signing.request(headers { { "X-Security-Token", "two" } })
    signing.assert_refused("security_token", "differs", sign.huawei(request, credentials, signing.time))
  end)

  it("takes the time from a given X-Sdk-Date, whatever the case of its name", function()
    local made = assert(stages(headers { { "x-SDK-date", "20200101T000000Z" } }))
    assert.matches("^SDK%-HMAC%-SHA256\n20200101T000000Z\n", made.string_to_sign)
    assert.is_nil(sign.huawei(signing.request(headers { { "x-SDK-date", "20200101T000000Z" } }), signing.credentials,
      signing.time)["X-Sdk-Date"])
    for _, date in ipairs { "", "20200101T000000", "20200101T000000Z1", "20200101 000000Z", "2020010aT000000Z" } do
      signing.assert_refused("headers", "X-Sdk-Date", stages(headers { { "X-Sdk-Date", date } }))
    end
  end)

  it("writes the whole second of the time rounded to milliseconds", function()
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

  it("agrees with the system's calendar all the way to 9999", function()
    for time = 0, 253402300799, 86400 * 365.2425 * 7.31 do
      local added = assert(sign.huawei(signing.request(), signing.credentials, time))
      assert.equal(os.date("!%Y%m%dT%H%M%SZ", math.floor(time + 0.0005)), added["X-Sdk-Date"])
    end
  end)

  it("orders the query by the bytes of name and value before encoding", function()
    local query = { { "é", "1" }, { "z", "2" }, { "a", "10" }, { "a", "9" }, { "a", "" }, { "F", "f" }, { "ab", "" } }
    assert.equal("F=f&a=&a=10&a=9&ab=&z=2&%C3%A9=1", canonical_lines { query = query }[3])
  end)

  it("signs no query as an empty line, for nil and for an empty list", function()
    assert.equal("", canonical_lines { query = signing.none }[3])
    assert.equal("", canonical_lines { query = {} }[3])
  end)

  it("ends the canonical path in one slash", function()
    assert.equal("/", canonical_lines { path = "/" }[2])
    assert.equal("/", canonical_lines { path = "" }[2])
    assert.equal("/a/", canonical_lines { path = "/a" }[2])
    assert.equal("/a/", canonical_lines { path = "/a/" }[2])
    assert.equal("/a%2Fb/", canonical_lines { path = { "a/b" } }[2])
    assert.equal("/", canonical_lines { path = {} }[2])
  end)

  it("trims values, keeps what is inside them, orders by lower-case name", function()
    local list = { { "X-B", "\t a  b\tc \t" }, { "x-a", "" }, { "X-a1", "\195\188" }, { "X_a", "1" } }
    local lines = canonical_lines(headers(list))
    assert.same({
      "host:kms.example.com", "x-a:", "x-a1:\195\188", "x-b:a  b\tc", "x-sdk-date:20260102T030405Z", "x_a:1", "",
      "host;x-a;x-a1;x-b;x-sdk-date;x_a",
    }, { lines[4], lines[5], lines[6], lines[7], lines[8], lines[9], lines[10], lines[11] })
  end)

  it("hashes nothing for no body, and lets a header stand for the hash", function()
    assert.equal(EMPTY_HASH, canonical_lines({ body = signing.none })[9])
    assert.equal(EMPTY_HASH, canonical_lines({ body = "" })[9])
    local lines = canonical_lines(headers { { "x-sdk-CONTENT-sha256", "UNSIGNED-PAYLOAD" } })
    assert.equal("UNSIGNED-PAYLOAD", lines[#lines])
  end)

  it("ignores a target: its canonical form is of the raw path and query", function()
    assert.same(stages(), stages { target = "/elsewhere?x" })
  end)
end)

describe("kms.sign.huawei refuses", function()
  it("header names that are no token", function()
    for _, name in ipairs { "a b", "a:", "a\r\nb", "a\0", "é", "a\127", "a(b)", "a@b" } do
      signing.assert_refused("headers", "not of a token", stages(headers { { "ok", "1" }, { name, "v" } }))
    end
    signing.assert_refused("headers", "headers[1].name: empty", stages(headers { { "", "v" } }))
  end)

  it("every control character but tab in header values, naming byte and place", function()
    for byte = 0, 31 do
      if byte ~= 9 then
        signing.assert_refused("headers", ("headers[2].value: byte 0x%02x at position 3 of 4"):format(byte),
          stages(headers { { "ok", "1" }, { "x", "ab" .. string.char(byte) .. "c" } }))
      end
    end
    signing.assert_refused("headers", "0x7f", stages(headers { { "x", "\127" } }))
    signing.assert_refused("headers", "0x0a", stages(headers { { "x", "v\n" } }))
  end)

  it("a header twice, or one that signing makes", function()
    signing.assert_refused("headers", "more than once", stages(headers { { "X-A", "1" }, { "x-a", "1" } }))
    signing.assert_refused("headers", "more than once", stages(headers { { "Host", "h" }, { "HOST", "h" } }))
    signing.assert_refused("headers", "Authorization", stages(headers { { "AUTHORIZATION", "x" } }))
  end)

  it("more than the gateway takes", function()
    signing.assert_refused("headers", "32768", stages(headers { { "x", ("v"):rep(32769) } }))
    assert(stages(headers { { "x", ("v"):rep(32768) } }))
    local list = {}
    for i = 1, 4 do list[i] = { "x" .. i, ("v"):rep(32768) } end
    signing.assert_refused("headers", "131072", stages(headers(list)))
    list = {}
    for i = 1, 256 do list[i] = { "x" .. i, "v" } end
    assert(stages(headers(list)))
    list[257] = { "x257", "v" }
    signing.assert_refused("headers", "256", stages(headers(list)))
    list = {}
    for i = 1, 5 do list[i] = { "x" .. i .. ("n"):rep(8000), "" } end
    signing.assert_refused("headers", "32768", sign.huawei(signing.request(headers(list)), signing.credentials, 0))
  end)

  it("exactly the targets that sign.target refuses for their length", function()
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

  it("hosts that cannot stand in a Host header", function()
    for _, host in ipairs { "", "a b", "a/b", "a?b", "a#b", "u@h", "a\\b", "a\r\nb", "a\0", "a\127", "é.example" } do
      signing.assert_refused("host", "host: ", stages { host = host })
      signing.assert_refused("host", "host: ", stages(headers { { "Host", host:gsub("[%c]", "/") .. "" } }))
    end
    assert(stages { host = "[2001:db8::7]:8443" })
  end)

  it("methods that are no token", function()
    for _, method in ipairs { "", "GET ", "G\nT", "GET/", ("M"):rep(33) } do
      signing.assert_refused("method", "method: ", stages { method = method })
    end
  end)

  it("keys that cannot stand in a header, without showing them", function()
    local function refused(field, value)
      local credentials = { access_key = "AK", secret_key = "SK", security_token = "ST" }
      credentials[field] = value
      local result, err = stages(nil, credentials)
      signing.assert_refused(field, field .. ": ", result, err)
      assert.is_nil(err.message:find("Qz", 1, true))
    end
    for _, value in ipairs { "", "QzQz ", "Qz\nQz", "QzQz\0", "Qzé" } do
      refused("access_key", value)
      refused("security_token", value)
    end
    refused("access_key", "Qz,Qz")
    refused("access_key", ("Qz"):rep(20000))
    refused("secret_key", "")
    assert(stages(nil, { access_key = "a", secret_key = "\0\255 any\nbytes " }))
  end)

  it("times that no calendar of four-digit years has", function()
    for _, time in ipairs { 0 / 0, math.huge, -math.huge, -1, -1e-9, 253402300799.9996, 253402300800, 1e300 } do
      signing.assert_refused("timestamp", "timestamp: ", stages(nil, nil, time))
    end
  end)
end)

describe("SDK-HMAC-SM3", function()
  -- What a unit test of the official Python SDK expects for the requests of these two vectors.
  local EXPECTED = {
    ["published-python-sdk-get"] = "f8ceb623f0be123dbccd7ad95a6211470f170d1d3c4fa9facbce716d82190e21",
    ["published-python-sdk-post"] = "6521b276625d7870e9836c041bafb2fa8d6a7ed0df045b06f1b137243c050ed8",
  }
  local EMPTY = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b" -- SM3 of nothing

  it("gives the published answers", function()
    local checked = 0
    for _, vector in ipairs(signing.vectors "huawei_sdk_hmac_sha256") do
      if EXPECTED[vector.name] then
        local credentials = { access_key = vector.access_key, secret_key = vector.secret_key }
        local time = signing.unix_time(vector.timestamp)
        local made = assert(sign.huawei_stages(vector, credentials, time, "SDK-HMAC-SM3"))
        assert.equal(EXPECTED[vector.name], made.signature)
        assert.matches("^SDK%-HMAC%-SM3\n" .. vector.timestamp, made.string_to_sign)
        assert.equal("SDK-HMAC-SM3 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=" .. EXPECTED[vector.name],
          sign.huawei(vector, credentials, time, "SDK-HMAC-SM3").Authorization)
        checked = checked + 1
      end
    end
    assert.equal(2, checked)
  end)

  it("hashes the body, or takes X-Sdk-Content-Sm3 for its hash, and no other header", function()
    local function payload(header, algorithm)
      local request = signing.request { body = "", headers = header and { { header, "UNSIGNED-PAYLOAD" } } or {} }
      return sign.huawei_stages(request, signing.credentials, 0, algorithm).canonical_request:match "[^\n]*$"
    end
    assert.equal(EMPTY, payload(nil, "SDK-HMAC-SM3"))
    assert.equal("UNSIGNED-PAYLOAD", payload("X-Sdk-Content-Sm3", "SDK-HMAC-SM3"))
    assert.equal(EMPTY, payload("X-Sdk-Content-Sha256", "SDK-HMAC-SM3"))
    assert.equal("UNSIGNED-PAYLOAD", payload("X-Sdk-Content-Sha256", "SDK-HMAC-SHA256"))
    assert.not_equal("UNSIGNED-PAYLOAD", payload "X-Sdk-Content-Sm3")
  end)

  it("is refused where OpenSSL does not offer it", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    -- Properties that no algorithm of the default provider has.
    file:write "openssl_conf = main\n[main]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n"
    file:close()
    local output = child.run([[
      local request = { method = "GET", host = "h", path = "/" }
      print(select(2, require("kms.sign").huawei(request, { access_key = "A", secret_key = "S" }, 0, "SDK-HMAC-SM3")))
    ]], { OPENSSL_CONF = path })
    os.remove(path)
    assert.equal("kms: invalid error algorithm: algorithm: the OpenSSL in this process has no SM3\n", output)
  end)

  it("is the one other algorithm; the default may be named", function()
    local request, credentials = signing.request(), signing.credentials
    assert.same(sign.huawei(request, credentials, 0), sign.huawei(request, credentials, 0, "SDK-HMAC-SHA256"))
    for _, name in ipairs { "", "V11-HMAC-SHA256", "SDK-HMAC-SM3\0", "sdk-hmac-sm3" } do
      signing.assert_refused("algorithm", "must be", sign.huawei(request, credentials, 0, name))
    end
    assert.has_error(function() sign.huawei(request, credentials, 0, 3) end)
  end)
end)
