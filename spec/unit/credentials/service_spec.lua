--- What all sources that ask a service have in common: what they make of answers, and every way to fail.

local caller = require "spec.helpers.provider_call"
local canned = require "spec.helpers.fake_transport"
local cjson = require "cjson"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local Error = require "kms.error"

local HOUR = 3600

-- Of the emulator's first account.
local USER = { user = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" }
local IDP, ID_TOKEN, POD_TOKEN = "emulator-idp", "emulator.id.token", "emulator-pod-token"
local POD_URI = "http://169.254.169.254/v1/credentials"

local paths = {}
local function written(text)
  paths[#paths + 1] = caller.file(text)
  return paths[#paths]
end

local function with(options, more)
  local all = {}
  for name, value in pairs(options) do all[name] = value end
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

-- Every service: how its source is made, the cloud it serves, its requests in the emulator, the seconds it is given for one,
-- and a good answer's body with the secrets in it.
local SERVICES = {
  { name = "metadata (Huawei)", provider = "huawei", timeout = 3, margin = 40 * 60, lifetime = 6 * HOUR,
    make = function() return credentials.metadata() end, emulated = { "metadata", "huawei_key" }, who = "metadata service",
    body = { credential = { access = "AK", secret = "hush", securitytoken = "TOKEN", expires_at = "2026-01-03T03:04:05.000000Z" } },
    before = { { status = 404 } } },
  { name = "metadata (NAVER)", provider = "ncloud", timeout = 3, margin = 15 * 60, lifetime = 6 * HOUR,
    make = function() return credentials.metadata() end, emulated = { "metadata", "ncloud_key" }, who = "metadata service",
    body = { AccessKeyId = "AK", SecretAccessKey = "hush", Expiration = "2026-01-03T12:04:05+09:00", Code = "Success" },
    before = { { "role-id\n" } } },
  { name = "container", provider = "huawei", timeout = 5, lifetime = 6 * HOUR, secrets = { POD_TOKEN },
    make = function() return credentials.container { uri = POD_URI, token_file = written(POD_TOKEN) } end,
    emulated = { "metadata", "pod_key" }, who = "pod identity",
    body = { credentials = { accessKeyId = "AK", secretAccessKey = "hush", securityToken = "TOKEN", expiration = "2026-01-03T03:04:05.000000Z" } },
    before = {} },
  { name = "iam_token", provider = "huawei", timeout = 10, margin = 30 * 60, lifetime = 24 * HOUR, secrets = { USER.password },
    make = function() return credentials.iam_token(USER) end, emulated = { "iam" }, who = "IAM",
    body = { token = { expires_at = "2026-01-03T03:04:05.000000Z" } }, headers = { ["x-subject-token"] = "hush" }, before = {} },
  { name = "oidc", provider = "huawei", timeout = 10, lifetime = 6 * HOUR, secrets = { ID_TOKEN, "unscoped-hush" },
    make = function() return credentials.oidc { idp_id = IDP, id_token_file = written(ID_TOKEN .. "\n") } end,
    emulated = { "iam" }, who = "IAM",
    body = { credential = { access = "AK", secret = "hush", securitytoken = "TOKEN", expires_at = "2026-01-03T03:04:05.000000Z" } },
    before = { { status = 201, headers = { ["x-subject-token"] = "unscoped-hush" }, body = "{}" } } },
}

local EXPIRES = 1767409445 -- 2026-01-03T03:04:05Z; canned transports begin at 2026-01-02T03:04:05Z

local function transport_for(service, ...)
  local answers = {}
  for i, answer in ipairs(service.before) do answers[i] = answer end
  for _, answer in ipairs { ... } do answers[#answers + 1] = answer end
  local transport = canned.new((unpack or table.unpack)(answers)) -- luacheck: ignore
  transport.skip = #service.before
  return transport
end

local function good(service, change)
  local headers, body = with(service.headers or {}), cjson.decode(cjson.encode(service.body))
  if change then change(body, headers) end
  return { status = 201, headers = headers, body = cjson.encode(body) }
end

describe("a source that asks a service", function()
  after_each(function()
    while paths[1] do os.remove(table.remove(paths)) end
  end)

  for _, service in ipairs(SERVICES) do
    describe(service.name, function()
      local source, secrets
      before_each(function()
        source, secrets = service.make(), { "hush" }
        for _, secret in ipairs(service.secrets or {}) do secrets[#secrets + 1] = secret end
      end)

      local function ask(transport, timeout)
        return source:get(caller.context(service.provider, transport, { timeout = timeout }))
      end

      --- The failure after this answer.
      local function failed(code, ...)
        local err = caller.failed(code, secrets, ask(transport_for(service, ...)))
        assert.equal(source.name, err.tried[1].name)
        return err
      end

      it("gives credentials that the cloud takes, and renews them in good time", function()
        local cloud = emulator.new()
        local found = assert(ask(cloud))
        assert.is_true(math.abs(found.expires - cloud:now() - service.lifetime) <= 1)
        local margin = service.margin or service.lifetime / 5
        cloud:advance(service.lifetime - margin - 5)
        assert.equal(found, ask(cloud))
        cloud:advance(10)
        local renewed = assert(ask(cloud))
        assert.not_equal(found.secret_key or found.token, renewed.secret_key or renewed.token)
      end)

      it("reads a good answer", function()
        local answer = service.provider == "ncloud" and with(good(service), { status = 200 }) or good(service)
        if service.name:find "metadata" then answer.status = 200 end
        local found = assert(ask(transport_for(service, answer)))
        assert.equal(EXPIRES, found.expires)
        assert.equal("hush", found.secret_key or found.token)
      end)

      it("is invalid with a malformed answer, of which nothing is shown", function()
        local function answer(change)
          local made = type(change) == "string" and { body = change, headers = service.headers } or good(service, change)
          made.status = 200
          source = service.make()
          return made
        end
        local function inner(body) return body.credential or body.credentials or body.token or body end
        local bodies = { "", "hush", "[1]", '"hush"', '{"credential":"hush"', "{}", '{"credential":1,"credentials":1,"token":1}' }
        for _, body in ipairs(bodies) do
          assert.equal("protocol", failed("invalid", answer(body)).cause.kind)
        end
        for _, name in ipairs { "expires_at", "Expiration", "expiration", "secret", "SecretAccessKey", "secretAccessKey", "access",
          "securitytoken", "securityToken" } do
          if inner(service.body)[name] then
            failed("invalid", answer(function(body) inner(body)[name] = nil end))
            for _, value in ipairs { cjson.null, 7, "hush hush", "", "2026-01-03T03:04:05" } do
              -- A secret key may be any text, but for one with white space at its ends.
              if not (name:lower():find "^secret" and type(value) == "string" and value ~= "")
                and not (value == "2026-01-03T03:04:05" and not name:lower():find "^expir") then
                failed("invalid", answer(function(body) inner(body)[name] = value end))
              end
            end
          end
        end
      end)

      it("is expired with credentials that have ended", function()
        local past = with(good(service, function(body)
          local inner = body.credential or body.credentials or body.token or body
          for _, name in ipairs { "expires_at", "Expiration", "expiration" } do
            if inner[name] then inner[name] = "2026-01-02T03:04:00Z" end
          end
        end), { status = 200 })
        failed("expired", past)
      end)

      it("is unavailable when the service fails, and says how", function()
        for _, status in ipairs { 500, 502, 503, 504, 429, 302 } do
          source = service.make()
          local err = failed("unavailable", { status = status, headers = {}, body = "<html>no</html>" })
          assert.matches(("HTTP %d"):format(status), err.message)
          assert.equal(status, err.cause.status)
        end
      end)

      it("is refused when the service says no, with its reason", function()
        local body = cjson.encode { error = { code = 403, message = "No: " .. table.concat(service.secrets or {}, " "), title = "Forbidden" } }
        local err = failed("refused", { status = 403, headers = { ["x-request-id"] = "rid" }, body = body })
        assert.same({ "service", "403", "rid" }, { err.cause.kind, err.cause.code, err.cause.request_id })
        assert.matches(service.who .. " at https?://[%w.-]+ refused the request: HTTP 403: No:", err.message)
      end)

      it("is unavailable when the service is slow, and gives it no more than its share of the call", function()
        local cloud = emulator.new()
        cloud:fault { kind = "delay", seconds = 100, times = 10 }
        local before = cloud:now()
        local err = caller.failed("unavailable", secrets, ask(cloud, 60))
        assert.equal("timeout", err.cause.code)
        assert.equal(service.timeout, cloud:now() - before)
        source = service.make()
        before = cloud:now()
        caller.failed("unavailable", secrets, ask(cloud, 1))
        assert.equal(1, cloud:now() - before)
        local requests = cloud:requests()
        source = service.make()
        err = caller.failed("unavailable", secrets, ask(cloud, 0))
        assert.matches("the deadline passed before the request was sent$", err.message)
        assert.equal(requests, cloud:requests())
      end)

      it("tells of a lost answer, whatever the transport says", function()
        for _, lost in ipairs { Error.new { kind = "transport", code = "closed", message = "gone", uncertain = true }, { kind = "odd" }, } do
          source = service.make()
          local err = failed("unavailable", lost)
          assert.equal("transport", err.cause.kind)
        end
      end)

      it("is asked once by fifty at once", function()
        local cloud = emulator.new()
        local send = cloud.send
        local requests = 0
        local transport = { now = function() return cloud:now() end }
        function transport:sleep(seconds) -- luacheck: ignore self
          cloud:advance(seconds / 1000)
          coroutine.yield()
        end
        function transport:send(request) -- luacheck: ignore self
          requests = requests + 1
          for _ = 1, 5 do coroutine.yield() end
          return send(cloud, request)
        end
        local functions, found = {}, {}
        for i = 1, 50 do functions[i] = function() found[i] = assert(ask(transport)) end end
        caller.side_by_side(functions)
        assert.is_true(requests <= 2, requests .. " requests") -- two steps, where there are two
        for i = 1, 50 do assert.equal(found[1], found[i]) end
      end)
    end)
  end
end)
