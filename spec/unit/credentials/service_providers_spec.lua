--- What every provider that asks a service promises.

local merge = require "spec.helpers.merge"
local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"

local HOUR = 3600

-- Of the emulator's first account.
local USER = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" }
local IDP, ID_TOKEN, POD_TOKEN = "emulator-idp", "emulator.id.token", "emulator-pod-token"
local POD_URI = "http://169.254.169.254/v1/credentials"

local write_file = provider_call.write_file

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
  local headers, body = merge(case.headers or {}), cjson.decode(cjson.encode(case.body))
  if change then change(body, headers) end
  return { status = 201, headers = headers, body = cjson.encode(body) }
end

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
        local response = merge(new_response(case, function(body)
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
          local lost = provider_call.new_transport_error(code, "gone")
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
          local lost = provider_call.new_transport_error("closed", "gone: " .. secret)
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
              if request_count == index then cloud:fault(merge(fault, { times = 1 })) end
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
        for _, lost in ipairs { provider_call.new_transport_error("closed", "gone"), { kind = "odd" } } do
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
