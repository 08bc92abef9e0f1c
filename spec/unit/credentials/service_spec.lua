local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local service = require "kms.credentials.service"

local HOUR = 3600

-- Of the emulator's first account.
local USER = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" }
local IDP, ID_TOKEN, POD_TOKEN = "emulator-idp", "emulator.id.token", "emulator-pod-token"
local POD_URI = "http://169.254.169.254/v1/credentials"

local write_file = provider_call.write_file

local function with(options, more)
  local all = {}
  for name, value in pairs(options) do all[name] = value end
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

-- Every service: the constructor of its provider, its cloud, the timeout of a request in seconds, the lifetime of the
-- credentials, the body of a good response with a secret in it, and the responses that come before that one.
local CASES = {
  { name = "metadata (Huawei)", cloud = "huawei", timeout = 3, renewal_margin = 40 * 60, lifetime = 6 * HOUR,
    make = function() return credentials.metadata() end, service_name = "metadata service",
    body = { credential = { access = "AK", secret = "hush", securitytoken = "TOKEN",
      expires_at = "2026-01-03T03:04:05.000000Z" } },
    before = { { status = 404 } } },
  { name = "metadata (NAVER)", cloud = "ncloud", timeout = 3, renewal_margin = 15 * 60, lifetime = 6 * HOUR,
    make = function() return credentials.metadata() end, service_name = "metadata service",
    body = { AccessKeyId = "AK", SecretAccessKey = "hush", Expiration = "2026-01-03T12:04:05+09:00", Code = "Success" },
    before = { { "role-id\n" } } },
  { name = "container", cloud = "huawei", timeout = 5, lifetime = 6 * HOUR, secrets = { POD_TOKEN },
    make = function() return credentials.container { uri = POD_URI, token_file = write_file(POD_TOKEN) } end,
    service_name = "pod identity",
    body = { credentials = { accessKeyId = "AK", secretAccessKey = "hush", securityToken = "TOKEN",
      expiration = "2026-01-03T03:04:05.000000Z" } },
    before = {} },
  { name = "iam_token", cloud = "huawei", timeout = 10, renewal_margin = 30 * 60, lifetime = 24 * HOUR,
    secrets = { USER.password }, make = function() return credentials.iam_token(USER) end, service_name = "IAM",
    body = { token = { expires_at = "2026-01-03T03:04:05.000000Z" } }, headers = { ["x-subject-token"] = "hush" },
    before = {} },
  { name = "oidc", cloud = "huawei", timeout = 10, lifetime = 6 * HOUR, secrets = { ID_TOKEN, "unscoped-hush" },
    make = function() return credentials.oidc { idp_id = IDP, id_token_file = write_file(ID_TOKEN .. "\n") } end,
    service_name = "IAM",
    body = { credential = { access = "AK", secret = "hush", securitytoken = "TOKEN",
      expires_at = "2026-01-03T03:04:05.000000Z" } },
    before = { { status = 201, headers = { ["x-subject-token"] = "unscoped-hush" }, body = "{}" } } },
}

local EXPIRES = 1767409445 -- 2026-01-03T03:04:05Z; fake transports begin at 2026-01-02T03:04:05Z

local function new_transport(case, ...)
  local responses = {}
  for i, response in ipairs(case.before) do responses[i] = response end
  for _, response in ipairs { ... } do responses[#responses + 1] = response end
  return fake_transport.new((unpack or table.unpack)(responses)) -- luacheck: ignore
end

--- Creates a good response, changed by a function.
local function new_response(case, change)
  local headers, body = with(case.headers or {}), cjson.decode(cjson.encode(case.body))
  if change then change(body, headers) end
  return { status = 201, headers = headers, body = cjson.encode(body) }
end

local function new_error(code, message)
  return Error.new { kind = "transport", code = code, message = message, uncertain = true }
end

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
    local _, err = service.send(new_context(fake_transport.new(new_error("closed", "gone with hush"))), REQUEST)
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
    local context = new_context(fake_transport.new({ status = 503, body = "busy" }, new_error("closed", "gone"), { "ok" }))
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
    local request = with(REQUEST, { can_repeat = function(response) return response.status ~= 503 end })
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

describe("every provider that asks a service", function()
  after_each(provider_call.remove_files)

  for _, case in ipairs(CASES) do
    local provider, secrets

    --- Names a test so that it stands alone in a report.
    local function named(statement) return ("%s: %s"):format(case.name, statement) end

    local function reset()
      provider, secrets = case.make(), { "hush" }
      for _, secret in ipairs(case.secrets or {}) do secrets[#secrets + 1] = secret end
    end

    local function get(transport, timeout)
      return provider:get(provider_call.new_context(case.cloud, transport, { timeout = timeout }))
    end

    --- Asserts that the provider fails with the code after these responses.
    local function assert_failure(code, ...)
      local err = provider_call.assert_failure(code, secrets, get(new_transport(case, ...)))
      assert.equal(provider.name, err.tried[1].name)
      return err
    end

    describe(case.name, function()
      before_each(reset)

      it(named "the cloud accepts the credentials, and they are renewed ahead of expiry", function()
        local cloud = emulator.new()
        local first = assert(get(cloud))
        assert.is_true(math.abs(first.expires - cloud:now() - case.lifetime) <= 1)
        local margin = case.renewal_margin or case.lifetime / 5
        cloud:advance(case.lifetime - margin - 5)
        assert.equal(first, get(cloud))
        cloud:advance(10)
        local renewed = assert(get(cloud))
        assert.not_equal(first.secret_key or first.token, renewed.secret_key or renewed.token)
      end)

      it(named "a good response gives credentials with an expiry time", function()
        local response = new_response(case)
        if case.name:find "metadata" then response.status = 200 end
        local result = assert(get(new_transport(case, response)))
        assert.equal(EXPIRES, result.expires)
        assert.equal("hush", result.secret_key or result.token)
      end)

      it(named "a malformed response is invalid, and nothing of it is shown", function()
        local function new_malformed(change)
          local response = type(change) == "string" and { body = change, headers = case.headers }
            or new_response(case, change)
          response.status = 200
          provider = case.make()
          return response
        end
        local function inner(body) return body.credential or body.credentials or body.token or body end
        for _, body in ipairs { "", "hush", "[1]", '"hush"', '{"credential":"hush"', "{}",
          '{"credential":1,"credentials":1,"token":1}' } do
          assert.equal("protocol", assert_failure("invalid", new_malformed(body)).cause.kind)
        end
        for _, tail in ipairs { "\0", "\0hush", "{}", ",", "x", "\n1" } do
          assert_failure("invalid", new_malformed(cjson.encode(case.body) .. tail))
        end
        for _, name in ipairs { "expires_at", "Expiration", "expiration", "secret", "SecretAccessKey", "secretAccessKey",
          "access", "securitytoken", "securityToken" } do
          if inner(case.body)[name] then
            assert_failure("invalid", new_malformed(function(body) inner(body)[name] = nil end))
            for _, value in ipairs { cjson.null, 7, "hush hush", "", "2026-01-03T03:04:05" } do
              if value ~= "2026-01-03T03:04:05" or name:lower():find "^expir" then
                assert_failure("invalid", new_malformed(function(body) inner(body)[name] = value end))
              end
            end
          end
        end
      end)

      it(named "credentials that have expired in the response are expired", function()
        local response = with(new_response(case, function(body)
          local inner = body.credential or body.credentials or body.token or body
          for _, name in ipairs { "expires_at", "Expiration", "expiration" } do
            if inner[name] then inner[name] = "2026-01-02T03:04:00Z" end
          end
        end), { status = 200 })
        assert_failure("expired", response)
      end)

      it(named "a failure of the service makes the credentials unavailable, with the status", function()
        for _, status in ipairs { 500, 502, 503, 504, 429, 302 } do
          provider = case.make()
          local err = assert_failure("unavailable", { status = status, headers = {}, body = "<html>no</html>" })
          assert.matches(("HTTP %d"):format(status), err.message)
          assert.equal(status, err.cause.status)
        end
      end)

      it(named "a refusal of the service is reported with its reason", function()
        local body = cjson.encode { error = { code = 403, message = "No: " .. table.concat(case.secrets or {}, " "),
          title = "Forbidden" } }
        local err = assert_failure("refused", { status = 403, headers = { ["x-request-id"] = "rid" }, body = body })
        assert.same({ "service", "403", "rid" }, { err.cause.kind, err.cause.code, err.cause.request_id })
        assert.matches(case.service_name .. " at https?://[%w.-]+ refused the request: HTTP 403: No:", err.message)
      end)

      it(named "a refusal whose body is lost is a refusal, and is not sent again", function()
        for _, code in ipairs { "closed", "timeout", "too_large", "other" } do
          provider = case.make()
          local lost = new_error(code, "gone")
          lost.status = 401
          local transport = new_transport(case, lost)
          provider_call.assert_failure("refused", secrets, get(transport))
          assert.equal(#case.before + 1, #transport.requests)
        end
      end)

      it(named "no text of an error contains what the service repeats of the request", function()
        for _, secret in ipairs(case.secrets or {}) do
          for _, field in ipairs { "code", "error_code", "message", "error_msg", "title", "errorCode" } do
            local object = { code = "C", message = "m", [field] = "it is " .. secret }
            for _, body in ipairs { object, { error = object }, { wrapped = object } } do
              provider = case.make()
              assert_failure("refused", { status = 403, body = cjson.encode(body), headers = {
                ["x-request-id"] = secret, ["x-iam-trace-id"] = secret, date = secret } })
            end
          end
          for _, name in ipairs { "x-request-id", "x-iam-trace-id" } do
            provider = case.make()
            assert_failure("refused", { status = 403, headers = { [name] = secret }, body = secret })
          end
          provider = case.make()
          local lost = new_error("closed", "gone: " .. secret)
          lost.cause = { code = 7, message = secret }
          assert_failure("unavailable", lost)
        end
      end)

      it(named "one temporary failure of each request is repeated", function()
        for _, fault in ipairs { { kind = "status", status = 503, body = "" }, { kind = "status", status = 500, body = "" },
          { kind = "status", status = 429, body = "" }, { kind = "bad_gateway" }, { kind = "close_within", part = "head" },
          { kind = "close_before" } } do
          local cloud = emulator.new()
          provider = case.make()
          assert(get(cloud))
          for index = 1, cloud:requests() do
            cloud, provider = emulator.new(), case.make()
            local request_count = 0
            local transport = setmetatable({ send = function(_, request)
              request_count = request_count + 1
              if request_count == index then cloud:fault(with(fault, { times = 1 })) end
              return cloud:send(request)
            end }, { __index = function(_, name) return function(_, ...) return cloud[name](cloud, ...) end end })
            assert(get(transport))
          end
        end
      end)

      it(named "temporary failures are repeated by the policy of the client, within the deadline", function()
        local function count(timeout, retry, response)
          provider = case.make()
          local transport = fake_transport.new(response)
          local start = transport.time
          local context = provider_call.new_context(case.cloud, transport,
            { timeout = timeout, client = { clock_offset = 0, retry = retry } })
          provider_call.assert_failure("unavailable", secrets, provider:get(context))
          assert.is_true(transport.time - start < timeout)
          return #transport.requests
        end
        local policy = { attempts = 3, base = 0.25, cap = 8 }
        assert.equal(3, count(30, policy, { status = 500 }))
        assert.equal(1, count(30, { attempts = 1, base = 0.25, cap = 8 }, { status = 500 }))
        assert.equal(2, count(30, policy, { status = 500, headers = { ["retry-after"] = "20" } }))
        assert.equal(1, count(30, policy, { status = 500, headers = { ["retry-after"] = "31" } }))
        assert.is_true(count(60, policy, { status = 429, headers = { ["retry-after"] = "5" } }) > 6)
      end)

      it(named "a slow service gets its own timeout, and never more than the deadline of the call", function()
        local function get(transport, timeout) -- luacheck: ignore get
          return provider:get(provider_call.new_context(case.cloud, transport,
            { timeout = timeout, client = { clock_offset = 0, retry = { attempts = 1 } } }))
        end
        local cloud = emulator.new()
        cloud:fault { kind = "delay", seconds = 100, times = 10 }
        local start = cloud:now()
        local err = provider_call.assert_failure("unavailable", secrets, get(cloud, 60))
        assert.equal("timeout", err.cause.code)
        assert.equal(case.timeout, cloud:now() - start)
        provider = case.make()
        start = cloud:now()
        provider_call.assert_failure("unavailable", secrets, get(cloud, 1))
        assert.equal(1, cloud:now() - start)
        local request_count = cloud:requests()
        provider = case.make()
        err = provider_call.assert_failure("unavailable", secrets, get(cloud, 0))
        assert.matches("the deadline passed before the request was sent$", err.message)
        assert.equal(request_count, cloud:requests())
      end)

      it(named "a lost response makes the credentials unavailable, whatever error the transport returns", function()
        for _, lost in ipairs { new_error("closed", "gone"), { kind = "odd" } } do
          provider = case.make()
          local err = assert_failure("unavailable", lost)
          assert.equal("transport", err.cause.kind)
        end
      end)

      it(named "50 concurrent calls ask the service once", function()
        local cloud = emulator.new()
        local request_count = 0
        local transport = { now = function() return cloud:now() end, clock = function() return cloud:clock() end }
        function transport:sleep(seconds) -- luacheck: ignore self
          cloud:advance(seconds / 1000)
          coroutine.yield()
        end
        function transport:send(request) -- luacheck: ignore self
          request_count = request_count + 1
          for _ = 1, 5 do coroutine.yield() end
          return cloud:send(request)
        end
        local functions, results = {}, {}
        for i = 1, 50 do functions[i] = function() results[i] = assert(get(transport)) end end
        provider_call.run_concurrently(functions)
        assert.is_true(request_count <= 2, request_count .. " requests") -- some providers need two
        for i = 1, 50 do assert.equal(results[1], results[i]) end
      end)
    end)
  end
end)
