local emulator = require "kms.emulator"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local retry = require "kms.call.retry"
local retry_policy = require "kms.call.retry_policy"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }

local function new_client(transport, options)
  local all = { region = "cn-north-4", project_id = ("a"):rep(32), transport = transport,
    credentials = { access_key = "AK", secret_key = "hush" } }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

local function transport_error(code, uncertain)
  return Error.new { kind = "transport", code = code, message = "m", uncertain = uncertain }
end

local function refusal(status, headers)
  return { status = status, headers = headers, body = '{"error":{"error_code":"KMS.1","error_msg":"x"}}' }
end

--- Makes one call that gets these responses.
---@return table? result, kms.Error? err, table transport, number duration
local function run(responses, options)
  local transport = fake_transport.new(unpack(responses))
  local started = transport.time
  local result, err = new_client(transport, options):update_primary_region(PARAMS)
  return result, err, transport, transport.time - started
end

describe("a failed attempt", function()
  -- Per failure: whether another attempt follows, and after failures of all attempts retryable and uncertain.
  local FAILURES = {
    { "dns", transport_error("dns", false), true, true, false },
    { "connect", transport_error("connect", false), true, true, false },
    { "tls", transport_error("tls", false), true, true, false },
    { "a timeout before the request was sent", transport_error("timeout", false), true, true, false },
    { "a timeout after the request was sent", transport_error("timeout", true), true, true, true },
    { "closed", transport_error("closed", true), true, true, true },
    { "too_large", transport_error("too_large", true), false, false, true },
    { "other", transport_error("other", true), false, false, true },
    { "an unknown transport code", transport_error("strange", true), false, false, true },
    { "status 400", refusal(400), false, false, false }, { "status 401", refusal(401), false, false, false },
    { "status 403", refusal(403), false, false, false }, { "status 404", refusal(404), false, false, false },
    { "status 409", refusal(409), false, false, false }, { "status 413", refusal(413), false, false, false },
    { "status 500", refusal(500), true, true, true },
    { "status 502 with HTML", { status = 502, body = "<html>" }, true, true, true },
    { "status 503", refusal(503), true, true, false }, { "status 504", refusal(504), true, true, true },
    { "status 501", refusal(501), false, false, true },
    { "status 200 that cannot be read", { status = 200, body = "[]" }, false, false, true },
    { "a redirect", { status = 307, body = "" }, false, false, false },
  }
  for _, row in ipairs(FAILURES) do
    local name, failure, is_repeated, retryable, uncertain = unpack(row, 1, 5)
    it(("with %s is %s"):format(name, is_repeated and "repeated" or "never repeated"), function()
      local result, err, transport = run { failure }
      assert.is_nil(result)
      assert.same({ is_repeated and 4 or 1, is_repeated and 4 or 1, retryable, uncertain },
        { #transport.requests, err.attempts, err.retryable, err.uncertain })
      result, err, transport = run { failure, MOVED }
      assert.equal(is_repeated, result ~= nil)
      assert.equal(is_repeated and 2 or 1, #transport.requests)
      assert.equal(is_repeated, err == nil)
      local _, err_of_one = run({ failure, MOVED }, { retry = false })
      assert.same({ 1, retryable, uncertain }, { err_of_one.attempts, err_of_one.retryable, err_of_one.uncertain })
    end)
  end

  it("is repeated with the params of the call, even if the caller changes the table", function()
    local transport = fake_transport.new(transport_error("closed", true), MOVED)
    local params = { key_id = KEY_ID, primary_region = "cn-east-3" }
    local client = new_client(transport, { on_attempt = function() params.key_id, params.primary_region = '"', nil end })
    assert.is_table(client:update_primary_region(params))
    local first, second = transport.requests[1], transport.requests[2]
    assert.same({ first.path, first.body }, { second.path, second.body })
  end)

  it("is signed again when it is repeated", function()
    local transport = fake_transport.new(refusal(503, { ["retry-after"] = "2" }), MOVED)
    assert(new_client(transport):update_primary_region(PARAMS))
    local first, second = fake_transport.headers(transport.requests[1]), fake_transport.headers(transport.requests[2])
    assert.not_equal(first["x-sdk-date"], second["x-sdk-date"])
    assert.not_equal(first.authorization, second.authorization)
  end)

  it("that the cloud throttled is repeated until the deadline, and does not count", function()
    local code = { status = 400, body = '{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit"}' }
    for _, throttle in ipairs { refusal(429), code } do
      local result, err, transport, duration = run { throttle }
      assert.is_nil(result)
      assert.same({ #transport.requests, true, false }, { err.attempts, err.retryable, err.uncertain })
      assert.is_true(#transport.requests > 4)
      assert.is_true(duration > 15 and duration < 30, duration)
      local throttles = {}
      for i = 1, 6 do throttles[i] = throttle end
      throttles[7], throttles[8], throttles[9] = refusal(503), refusal(503), MOVED
      local moved, _, other_transport = run(throttles, { retry = { cap = 0.5 } })
      assert(moved)
      assert.equal(9, #other_transport.requests)
    end
  end)

  it("that the cloud throttled is not repeated without retries", function()
    for _, option in ipairs { false, { attempts = 1 } } do
      local _, err, transport = run({ refusal(429) }, { retry = option })
      assert.same({ 1, true }, { #transport.requests, err.retryable })
    end
  end)

  it("is settled by a later success", function()
    local result, err = run { transport_error("timeout", true), MOVED }
    assert.is_nil(err)
    assert.is_nil(result.uncertain)
  end)

  it("leaves the outcome uncertain if a later attempt is refused", function()
    for _, status in ipairs { 400, 401, 403, 429, 503 } do
      local _, err = run({ transport_error("closed", true), refusal(status) }, { retry = { attempts = 2 }, timeout = 5 })
      assert.same({ status, true }, { err.status, err.uncertain })
    end
  end)

  it("that KMS.0106 follows stays uncertain, and the message says how to verify", function()
    local replica = { status = 400, body = '{"error":{"error_code":"KMS.0106","error_msg":"read-only"}}' }
    local _, err = run { transport_error("closed", true), replica }
    assert.same({ "KMS.0106", true }, { err.code, err.uncertain })
    assert.matches("; an earlier attempt has probably moved the key; to verify, make the same call at the target region",
      err.message, 1, true)
    _, err = run { replica }
    assert.same({ "KMS.0106", false }, { err.code, err.uncertain })
    assert.is_nil(err.message:find("an earlier attempt", 1, true))
  end)

  it("leaves the outcome uncertain whatever a later attempt returns", function()
    local _, err = run { transport_error("timeout", true), refusal(404) }
    assert.same({ "service", 404, 2, true, false }, { err.kind, err.status, err.attempts, err.uncertain, err.retryable })
    assert.matches("2 attempts, the change may have been made", tostring(err), 1, true)
    _, err = run { transport_error("connect", false), refusal(404) }
    assert.is_false(err.uncertain)
  end)

  it("does not change the error of the transport", function()
    local own = transport_error("closed", true)
    run { own }
    assert.same({ kind = "transport", code = "closed", message = "m", uncertain = true }, own)
  end)

  it("is repeated as often as the option says", function()
    for attempts, count in pairs { [1] = 1, [2] = 2, [7] = 7 } do
      local _, _, transport = run({ transport_error("dns", false) }, { retry = { attempts = attempts, base = 0.001 } })
      assert.equal(count, #transport.requests)
    end
    assert.equal(4, #select(3, run({ transport_error("dns", false) }, { retry = true })).requests)
  end)
end)

describe("kms.call.retry", function()
  it("is_retryable refuses an uncertain failure unless the operation is repeatable or only reads", function()
    local lost, unsent = transport_error("closed", true), transport_error("connect", false)
    for _, operation in ipairs { { repeatable = true }, { read_only = true } } do
      assert.is_true(retry.is_retryable(lost, operation))
    end
    assert.is_false(retry.is_retryable(lost, {}))
    assert.is_true(retry.is_retryable(unsent, {}))
    assert.is_false(retry.is_retryable({ kind = "service", status = 500, uncertain = true }, {}))
    assert.is_true(retry.is_retryable({ kind = "service", status = 503, uncertain = false }, {}))
  end)

  it("is_retryable accepts only proof that nothing was done, if the operation is neither repeatable nor only reads", function()
    local cloud = { throttle_codes = { THROTTLED = true } }
    for _, row in ipairs {
      { transport_error("dns", false), true }, { transport_error("connect", false), true },
      { transport_error("tls", false), false }, { transport_error("timeout", false), false },
      { transport_error("closed", false), false },
      { { kind = "service", code = "X", status = 429 }, true }, { { kind = "protocol", status = 503 }, true },
      { { kind = "service", code = "THROTTLED", status = 403 }, true },
      { { kind = "service", code = "X", status = 502 }, false }, { { kind = "service", code = "X", status = 504 }, false },
      { { kind = "credentials", code = "unavailable" }, true },
    } do
      assert.equal(row[2], retry.is_retryable(row[1], {}, cloud))
      if row[1].status ~= 502 and row[1].status ~= 504 then
        assert.is_true(retry.is_retryable(row[1], { repeatable = true }, cloud))
      end
    end
  end)

  it("is_retryable accepts credentials that are unavailable, and no other credentials error", function()
    for code, expected in pairs { unavailable = true, missing = false, refused = false, guarded = false } do
      assert.equal(expected, retry.is_retryable({ kind = "credentials", code = code }, { repeatable = true }))
    end
  end)

  it("compute_wait draws from zero to a limit that doubles up to the cap", function()
    local policy = retry_policy.resolve { base = 1, cap = 4 }
    for attempt, limit in ipairs { 1, 2, 4, 4, 4 } do
      local min, max = math.huge, 0
      for i = 1, 500 do
        local wait = retry.compute_wait(policy, attempt, nil, 1767323045 + i / 7)
        min, max = math.min(min, wait), math.max(max, wait)
      end
      assert.is_true(min >= 0 and min < limit * 0.1, min)
      assert.is_true(max < limit and max > limit * 0.9, max)
    end
  end)

  it("compute_wait is at least what the server asks for, in seconds or as a date by its own clock", function()
    local date = { ["retry-after"] = "Fri, 02 Jan 2026 03:05:05 GMT", date = "Fri, 02 Jan 2026 03:04:45 GMT" }
    for _, headers in ipairs { { ["retry-after"] = "20" }, date } do
      local result, _, _, duration = run { refusal(429, headers), MOVED }
      assert(result)
      assert.is_true(duration >= 20 and duration < 21, duration)
    end
  end)

  it("parse_retry_after reads the two obsolete forms of a date", function()
    local headers = { date = "Sun Nov  6 08:49:37 1994" }
    for _, text in ipairs { "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994" } do
      headers["retry-after"] = text
      assert.equal(10, retry.parse_retry_after({ headers = headers }, 0))
    end
  end)

  it("parse_retry_after returns a finite number for any number of digits", function()
    assert.equal(1e9, retry.parse_retry_after({ headers = { ["retry-after"] = ("9"):rep(5000) } }, 0))
    assert.equal(86400, retry.parse_retry_after({ headers = { ["retry-after"] = "86400" } }, 0))
  end)

  it("parse_retry_after returns 0 for a date that has passed, and nil for other text", function()
    local response = { headers = { ["retry-after"] = "Fri, 02 Jan 2026 03:04:05 GMT" } }
    assert.equal(0, retry.parse_retry_after(response, 1767323099))
    for _, text in ipairs { "", "soon", "-5", "1.5", "1e3" } do
      assert.is_nil(retry.parse_retry_after({ headers = { ["retry-after"] = text } }, 0))
    end
    assert.is_nil(retry.parse_retry_after(nil, 0))
  end)

  it("no pause begins that would end after the deadline", function()
    local result, err, transport, duration = run({ refusal(503, { ["retry-after"] = "60" }), MOVED }, { timeout = 30 })
    assert.is_nil(result)
    assert.same({ 1, 1, true, 0 }, { #transport.requests, err.attempts, err.retryable, duration })
    assert.equal(60, err.retry_after)
    assert.matches("the server asks for a pause of 60 s, and 30 s are left until the deadline", err.message, 1, true)
  end)

  it("all attempts fit in the deadline, and the last one has all the time that is left", function()
    local transport
    transport = fake_transport.new(function(request)
      transport.time = transport.time + request.timeout
      return nil, transport_error("timeout", true)
    end)
    local start = transport.time
    local _, err = new_client(transport, { timeout = 20, retry = { attempt_timeout = 6, base = 0.001, attempts = 3 } })
      :update_primary_region(PARAMS)
    assert.equal(3, err.attempts)
    assert.same({ 6, 6 }, { transport.requests[1].timeout, transport.requests[2].timeout })
    assert.is_true(math.abs(transport.time - start - 20) < 1e-6, transport.time - start)
  end)
end)

describe("after an uncertain failure", function()
  local ACCOUNT = emulator.fixtures.accounts[3]
  local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

  local function new_ncloud(cloud, options)
    local all = { transport = cloud, credentials = { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key } }
    for name, value in pairs(options or {}) do all[name] = value end
    return kms.ncloud(all)
  end

  it("get_key reads the name of a key that was renamed", function()
    local cloud = emulator.new()
    local client = new_ncloud(cloud, { retry = false })
    cloud:fault { kind = "close_within", part = "body" }
    local _, err = client:rename_key { key_tag = TAG, key_name = "newKeyName" }
    assert.is_true(err.uncertain)
    local key = assert(client:get_key { key_tag = TAG })
    assert.same({ TAG, "newKeyName", "ENABLE" }, { key.key_tag, key.key_name, key.status })
  end)

  it("a repeated rename_key returns the result", function()
    local cloud = emulator.new()
    cloud:fault { kind = "close_within", part = "body" }
    local result = assert(new_ncloud(cloud):rename_key { key_tag = TAG, key_name = "newKeyName" })
    assert.equal("newKeyName", result.key_name)
    assert.equal(2, cloud:requests "ncloud")
  end)

  it("get_key is repeated, and its outcome is never uncertain", function()
    local cloud = emulator.new()
    cloud:fault { kind = "close_before", times = 9 }
    local _, err = new_ncloud(cloud):get_key { key_tag = TAG }
    assert.same({ "closed", 4, true, false }, { err.code, err.attempts, err.retryable, err.uncertain })
    cloud:reset()
    assert.equal("NOT_FOUND", select(2, new_ncloud(cloud):get_key { key_tag = "none" }).code)
    assert.equal("key_tag", select(2, new_ncloud(cloud):get_key { key_tag = ".." }).code)
    assert.has_error(function() new_ncloud(cloud):get_key {} end)
  end)

  -- The emulator refuses the repeat because the key is a replica in this region now. That a replica key gets this code
  -- is an inference from the code's text, which speaks of a replica service. So the outcome stays uncertain.
  it("a repeated update_primary_region that the cloud refuses leaves the outcome uncertain", function()
    local cloud, owner = emulator.new(), emulator.fixtures.accounts[1]
    cloud:fault { kind = "close_within", part = "body" }
    local _, err = kms.huawei { region = "cn-north-4", project_id = owner.projects["cn-north-4"], transport = cloud,
      credentials = { access_key = owner.access_key, secret_key = owner.secret_key } }:update_primary_region(PARAMS)
    assert.same({ "KMS.0106", 2, true }, { err.code, err.attempts, err.uncertain })
    assert.equal("cn-east-3", cloud:key(KEY_ID).primary)
  end)
end)
