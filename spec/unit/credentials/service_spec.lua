local merge = require "spec.helpers.merge"
local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local Error = require "kms.error"
local service = require "kms.credentials.service"

describe("kms.credentials.service", function()
  after_each(provider_call.remove_files)

  local REQUEST = { service_name = "test service", method = "POST", scheme = "https", host = "service.example",
    target = "/keys?a=b", headers = { { "X-A", "b" } }, body = "{}", timeout = 7, secrets = { "hush" },
    parse_error = function(object) return object.code, object.message end }

  local function new_context(transport, timeout)
    return provider_call.new_context("huawei", transport, { timeout = timeout })
  end

  it("parse_url splits a URL and drops a default port", function()
    for url, expected in pairs {
      ["https://a.example"] = "https a.example /", ["https://a.example:443/x?y=z"] = "https a.example /x?y=z",
      ["https://a.example:80/"] = "https a.example:80 /", ["https://a.example?y"] = "https a.example /?y",
      ["http://127.0.0.1:80/x"] = "http 127.0.0.1 /x", ["http://localhost:8080"] = "http localhost:8080 /",
      ["http://169.254.170.2/v1"] = "http 169.254.170.2 /v1",
    } do
      assert.equal(expected, table.concat({ service.parse_url(url) }, " "))
    end
  end)

  it("parse_url refuses other URLs, and http to a host that is neither loopback nor link-local", function()
    for _, url in ipairs { "", "a.example", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example/#f",
      "https://a.example/ x", "http://a.example", "http://10.0.0.1/", "http://169.254.1.2.example/", "https://a b/" } do
      assert.is_nil(service.parse_url(url), url)
    end
  end)

  it("parse_time reads ISO 8601 with Z or an offset, and refuses a time without either", function()
    for text, expected in pairs {
      ["2026-01-03T03:04:05Z"] = 1767409445, ["2026-01-03T03:04:05.250000Z"] = 1767409445.25,
      ["2026-01-03T12:04:05+09:00"] = 1767409445, ["2026-01-02T21:34:05-0530"] = 1767409445,
    } do
      assert.equal(expected, service.parse_time(text))
    end
    for _, value in ipairs { "", "2026-01-03T03:04:05", "2026-01-03", "tomorrow", 1767409445, ("2"):rep(65) .. "Z" } do
      assert.is_nil(service.parse_time(value))
    end
  end)

  it("send passes the request to the transport, with its timeout", function()
    local transport = fake_transport.new { "ok" }
    assert.equal("ok", service.send(new_context(transport), REQUEST).body)
    local request = transport.requests[1]
    assert.same({ "POST", "https", "service.example", "/keys?a=b", "{}", 7 },
      { request.method, request.scheme, request.host, request.target, request.body, request.timeout })
    assert.same({ REQUEST.headers[1], { "Accept-Encoding", "identity" } }, request.headers)
    assert.is_nil(request.link_local)
  end)

  it("send reports a failure of the transport as unavailable, and shows no secret", function()
    local lost = provider_call.new_transport_error("closed", "gone with hush")
    local _, err = service.send(new_context(fake_transport.new(lost)), REQUEST)
    assert.same({ "unavailable", "request to test service failed: gone with [secret]" }, { err.code, err.message })
    assert.same({ "transport", "closed" }, { err.cause.kind, err.cause.code })
  end)

  it("send reports an argument error of the transport as invalid", function()
    local refusal = Error.new { kind = "invalid", code = "host", message = "bad host" }
    local _, err = service.send(new_context(fake_transport.new(refusal)), REQUEST)
    assert.same({ "invalid", "invalid" }, { err.code, err.cause.kind })
  end)

  it("send reports each failed attempt to the calls that wait, and extends the lease for the next one", function()
    local reports, seconds = {}, {}
    local lost = provider_call.new_transport_error("closed", "gone")
    local context = new_context(fake_transport.new({ status = 503, body = "busy" }, lost, { "ok" }))
    context.lease = {
      extend = function(_, _, duration) seconds[#seconds + 1] = duration end,
      report = function(_, failure) reports[#reports + 1] = failure.message end,
    }
    assert.equal("ok", service.send(context, REQUEST).body)
    assert.same({ "test service failed: HTTP 503: the response body is not JSON, 4 bytes: busy",
      "request to test service failed: gone" }, reports)
    assert.equal(3, #seconds)
    assert.equal(7, seconds[1])
    for i = 2, 3 do assert.is_true(seconds[i] >= 7 and seconds[i] < 8) end
  end)

  it("send does not repeat what the request excludes", function()
    local transport = fake_transport.new { status = 503 }
    local request = merge(REQUEST, { can_repeat = function(response) return response.status ~= 503 end })
    assert.equal(503, service.send(new_context(transport), request).status)
    assert.equal(1, #transport.requests)
  end)

  it("create_response_error tells temporary failures from refusals by the status", function()
    for status, code in pairs { [400] = "refused", [401] = "refused", [403] = "refused", [404] = "refused",
      [302] = "unavailable", [429] = "unavailable", [500] = "unavailable", [503] = "unavailable" } do
      local _, err = service.create_response_error(REQUEST, { status = status, headers = {}, body = "{}" })
      assert.equal(code, err.code)
    end
  end)

  it("create_response_error shows code and message of the service, without a code that repeats the status", function()
    local headers = { ["x-iam-trace-id"] = "trace" }
    local _, err = service.create_response_error(REQUEST, { status = 403, headers = headers,
      body = '{"code":"IAM.0001","message":"no hush"}' })
    assert.equal("test service refused the request: HTTP 403 IAM.0001: no [secret]", err.message)
    assert.same({ "service", "IAM.0001", "no [secret]", 403, "trace" },
      { err.cause.kind, err.cause.code, err.cause.message, err.cause.status, err.cause.request_id })
    _, err = service.create_response_error(REQUEST, { status = 500, headers = {}, body = '{"code":"500","message":"busy"}' })
    assert.equal("test service failed: HTTP 500: busy", err.message)
  end)

  it("create_response_error keeps the digits of a numeric code", function()
    local _, err = service.create_response_error(REQUEST, { status = 400, headers = {},
      body = '{"code":123456789012345678901,"message":1.50}' })
    assert.same({ "123456789012345678901", "1.50" }, { err.cause.code, err.cause.message })
  end)

  it("create_response_error describes a body that is not an error of the service, with an excerpt", function()
    local _, err = service.create_response_error(REQUEST, { status = 502, headers = {}, body = "<p>hush</p>" })
    assert.same({ "protocol", "not_json", 502 }, { err.cause.kind, err.cause.code, err.cause.status })
    assert.matches("11 bytes: <p>[secret]</p>", err.message, 1, true)
    _, err = service.create_response_error(REQUEST, { status = 400, headers = {}, body = '{"a":1}' })
    assert.equal("unknown", err.cause.code)
  end)

  it("an error names the encoding of a body that was to have none", function()
    local encoded = { status = 502, headers = { ["content-encoding"] = "gzip" }, body = "\31\139\8" }
    local expected = "the response has Content-Encoding gzip, although the request accepts identity only"
    assert.equal("test service failed: HTTP 502: " .. expected, select(2, service.create_response_error(REQUEST, encoded)).message)
    encoded.status = 200
    local object, err = service.decode(REQUEST, encoded)
    assert.is_nil(object)
    assert.equal("test service sent an unusable response: " .. expected, err.message)
  end)

  it("create_malformed_error shows nothing of the body", function()
    local _, err = service.create_malformed_error(REQUEST, { status = 200, headers = {}, body = "new-secret" }, "no keys")
    assert.equal("test service sent an unusable response: no keys", err.message)
    assert.same({ "protocol", "wrong_type", 200 }, { err.cause.kind, err.cause.code, err.cause.status })
  end)
end)
