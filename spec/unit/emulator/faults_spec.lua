--- kms.emulator.faults: validation of faults, the requests that receive them, and the responses under them.

local cjson = require "cjson"
local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local TAG = requests.TAG

local cloud

local function rename() return requests.rename(cloud) end

local function unsigned_move()
  return { method = "PUT", scheme = "https", host = "kms.cn-north-4.myhuaweicloud.com", headers = {}, body = "",
    target = "/v2/p/kms/keys/k/update-primary-region" }
end

local function is_renamed() return cloud:key(TAG).key_name == "newKeyName" end

before_each(function() cloud = emulator.new() end)

describe("cloud:fault", function()
  local KINDS = "kind must be one of append, bad_gateway, close_before, close_within, delay, drip, endless, redirect, rewrite, status, "
    .. "throttled; got "

  for _, case in ipairs {
    { "a table without a kind", {}, KINDS .. "nil" },
    { "an unknown kind", { kind = "flood" }, KINDS .. '"flood"' },
    { "a delay without seconds", { kind = "delay" }, "'seconds' is missing" },
    { "seconds that are not a number", { kind = "delay", seconds = "1" }, "number expected, got string" },
    { "negative seconds", { kind = "delay", seconds = -1 }, "above 0" },
    { "a field of another kind", { kind = "delay", seconds = 1, bytes = 1 }, 'unknown field "bytes"' },
    { "a status fault without a status", { kind = "status" }, "'status' is missing" },
    { "an unknown part", { kind = "close_within", part = "tail" }, "part must be one of head, body" },
    { "a drip without an interval", { kind = "drip", bytes = 1 }, "'interval' is missing" },
    { "a redirect without a location", { kind = "redirect" }, "'location' is missing" },
    { "times that is 0", { kind = "endless", times = 0 }, "times must be a whole number from 1" },
    { "times with a fraction", { kind = "endless", times = 1.5 }, "times must be a whole number from 1" },
    { "times without end", { kind = "endless", times = math.huge }, "'times': finite number expected, got inf" },
    { "a delay without end", { kind = "delay", seconds = math.huge }, "a number above 0 expected, got inf" },
    { "a delay of ages", { kind = "delay", seconds = 1e300 }, "seconds must be a number of seconds, at most 2147483647" },
    { "a delay that is not a number", { kind = "delay", seconds = 0 / 0 }, "a number above 0 expected" },
    { "an infinite retry_after", { kind = "throttled", retry_after = math.huge }, "finite number expected, got inf" },
    { "an unknown format of Retry-After", { kind = "throttled", retry_after_format = "iso" },
      "retry_after_format must be one of seconds, imf, rfc850, asctime" },
    { "half a byte", { kind = "drip", bytes = 0.5, interval = 1 }, "bytes must be a whole number from 1" },
    { "an interim status", { kind = "status", status = 100 }, "status must be a whole number from 200 to 599" },
    { "a header with a line break", { kind = "status", status = 200, headers = { a = "1\r\nb: 2" } },
      "headers must be a table of header names and values" },
    { "a list of headers", { kind = "status", status = 200, headers = { "a" } }, "headers must be a table of header names" },
    { "append without text", { kind = "append" }, "'text' is missing" },
    { "rewrite without a value", { kind = "rewrite", member = "key_id" }, "'value' is missing" },
    { "an unknown field of match", { kind = "endless", match = { method = "PUT" } }, 'unknown field "method"' },
    { "an unknown provider", { kind = "endless", match = { provider = "elsewhere" } },
      'match.provider must be one of huawei, iam, metadata, ncloud; got "elsewhere"' },
    { "an unknown operation", { kind = "endless", match = { operation = "rename" } },
      'match.operation must be an operation of huawei, iam, metadata, ncloud; got "rename"' },
    { "an operation of another provider", { kind = "endless", match = { provider = "huawei", operation = "rename_key" } },
      'match.operation must be an operation of huawei; got "rename_key"' },
    { "a string", "delay", "table expected" },
  } do
    it("cloud:fault raises an argument error for " .. case[1], function()
      local ok, message = pcall(function() cloud:fault(case[2]) end)
      assert.is_false(ok)
      assert.truthy(message:find("^%S*faults_spec.lua:%d+: bad argument #1 to 'fault' %("), message)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("cloud:fault does not change its argument", function()
    local fault = { kind = "bad_gateway" }
    cloud:fault(fault)
    cloud:handle(rename())
    assert.same({ kind = "bad_gateway" }, fault)
  end)
end)

describe("a fault of the emulator", function()
  it("one request receives a fault, or as many as times says, in the order of the faults", function()
    cloud:fault { kind = "bad_gateway" }
    cloud:fault { kind = "throttled", times = 2 }
    local statuses = {}
    for i = 1, 4 do statuses[i] = cloud:handle(rename()).status end
    assert.same({ 502, 429, 429, 200 }, statuses)
  end)

  it("only requests of the matching provider and operation receive a fault", function()
    cloud:fault { kind = "bad_gateway", match = { provider = "huawei" } }
    cloud:fault { kind = "throttled", match = { operation = "get_key" } }
    assert.equal(200, cloud:handle(rename()).status)
    assert.equal(502, cloud:handle(unsigned_move()).status)
    local get = rename()
    get.method, get.target = "GET", get.target:gsub("/name$", "")
    assert.equal(429, cloud:handle(get).status)
  end)

  it("the fault status gives any response, with the headers that all responses have", function()
    cloud:fault { kind = "status", status = 503, headers = { ["X-Odd"] = "1" }, body = "busy" }
    local response = cloud:handle(unsigned_move())
    assert.equal(503, response.status)
    assert.equal("1", response.headers["x-odd"])
    assert.equal("busy", response.body)
    assert.truthy(response.headers["x-request-id"])
    assert.truthy(response.headers.date)
    assert.is_nil(response.fault)
  end)

  it("the fault bad_gateway gives the HTML page of a proxy", function()
    cloud:fault { kind = "bad_gateway" }
    local response = cloud:handle(rename())
    assert.equal("text/html", response.headers["content-type"])
    assert.truthy(response.body:find "^<html>")
  end)

  it("the fault throttled gives the error body of each cloud", function()
    cloud:fault { kind = "throttled", retry_after = 7, times = 2 }
    local response = cloud:handle(unsigned_move())
    assert.equal("7", response.headers["retry-after"])
    assert.equal("APIGW.0308", cjson.decode(response.body).error_code)
    response = cloud:handle(rename())
    assert.equal("410", cjson.decode(response.body).error.errorCode)
  end)

  it("the fault throttled gives a date in each format of HTTP", function()
    cloud = emulator.new { clock = function() return 784111774 end }
    for format, expected in pairs {
      seconds = "3", imf = "Sun, 06 Nov 1994 08:49:37 GMT", rfc850 = "Sunday, 06-Nov-94 08:49:37 GMT",
      asctime = "Sun Nov  6 08:49:37 1994",
    } do
      cloud:fault { kind = "throttled", retry_after = 3, retry_after_format = format }
      assert.equal(expected, cloud:handle(rename()).headers["retry-after"])
    end
  end)

  it("the fault append adds bytes after the JSON value", function()
    local body = cloud:handle(rename()).body
    cloud:fault { kind = "append", text = "\0garbage" }
    assert.equal(body .. "\0garbage", cloud:handle(rename()).body)
  end)

  it("the fault rewrite replaces the value of one member", function()
    cloud:fault { kind = "rewrite", member = "keyTag", value = "another \"%1\"" }
    local data = cjson.decode(cloud:handle(rename()).body).data
    assert.same({ keyTag = 'another "%1"', keyName = "newKeyName" }, data)
  end)

  it("the fault close_before can lose the response of a change that is made", function()
    cloud:fault { kind = "close_before", applied = true }
    local response = cloud:handle(rename())
    assert.equal("close_before", response.fault.kind)
    assert.is_true(is_renamed())
  end)

  it("the fault redirect gives status 307 and a location", function()
    cloud:fault { kind = "redirect", location = "https://example.com/" }
    local response = cloud:handle(rename())
    assert.equal(307, response.status)
    assert.equal("https://example.com/", response.headers.location)
  end)

  -- The default of `applied`, and the fields that a kind requires.
  for kind, case in pairs {
    delay = { true, { seconds = 1 } },
    drip = { true, { bytes = 1, interval = 1 } },
    close_within = { true, {} },
    endless = { true, {} },
    append = { true, { text = "x" } },
    rewrite = { true, { member = "keyTag", value = "x" } },
    status = { false, { status = 500 } },
    bad_gateway = { false, {} },
    throttled = { false, {} },
    redirect = { false, { location = "/" } },
    close_before = { false, {} },
  } do
    it(("the fault %s %s the request by default, and `applied` changes that"):format(
      kind, case[1] and "carries out" or "does not carry out"), function()
      for _, applied in ipairs { case[1], not case[1] } do
        cloud:reset()
        local fault = { kind = kind }
        if applied ~= case[1] then fault.applied = applied end
        for name, value in pairs(case[2]) do fault[name] = value end
        cloud:fault(fault)
        cloud:handle(rename())
        assert.equal(applied, is_renamed())
      end
    end)
  end

  it("a disturbed response to a request that is not carried out is the timeout of the gateway", function()
    cloud:fault { kind = "delay", seconds = 1, applied = false, times = 2 }
    local response = cloud:handle(rename())
    assert.equal(504, response.status)
    assert.equal("510", cjson.decode(response.body).error.errorCode)
    response = cloud:handle(unsigned_move())
    assert.equal(504, response.status)
    assert.equal("APIGW.0203", cjson.decode(response.body).error_code)
  end)
end)
