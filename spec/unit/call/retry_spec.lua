--- What is tried again and what never; what an operator knows after every call. On virtual time: nothing waits.

local canned = require "spec.helpers.fake_transport"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local kms = require "kms"
local retry = require "kms.call.retry"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }
local KEYS = { access_key = "AK", secret_key = "hush" }

local function client(transport, options)
  local all = { region = "cn-north-4", project_id = ("a"):rep(32), credentials = KEYS, transport = transport }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

local function lost(code, uncertain)
  return Error.new { kind = "transport", code = code, message = "m", uncertain = uncertain }
end

local function refused(status, headers)
  return { status = status, headers = headers, body = '{"error":{"error_code":"KMS.1","error_msg":"x"}}' }
end

--- One call; what came of it and what was sent.
local function outcome(answers, options)
  local transport = canned.new((rawget(_G, "unpack") or rawget(table, "unpack"))(answers))
  local started = transport.time
  local result, err = client(transport, options):update_primary_region(PARAMS)
  return result, err, transport, transport.time - started
end

describe("an attempt is made again", function()
  -- The state table: what the first attempt meets, whether another follows, and what the operator knows when all attempts
  -- meet the same: retryable, uncertain.
  local STATES = {
    { "dns", lost("dns", false), true, true, false },
    { "connect", lost("connect", false), true, true, false },
    { "tls", lost("tls", false), true, true, false },
    { "a timeout before anything was sent", lost("timeout", false), true, true, false },
    { "a timeout after it", lost("timeout", true), true, true, true },
    { "closed", lost("closed", true), true, true, true },
    { "too_large", lost("too_large", true), false, false, true },
    { "other", lost("other", true), false, false, true },
    { "400", refused(400), false, false, false }, { "401", refused(401), false, false, false },
    { "403", refused(403), false, false, false }, { "404", refused(404), false, false, false },
    { "409", refused(409), false, false, false }, { "413", refused(413), false, false, false },
    { "429", refused(429), true, true, false }, { "500", refused(500), true, true, true },
    { "502, HTML", { status = 502, body = "<html>" }, true, true, true }, { "503", refused(503), true, true, false },
    { "504", refused(504), true, true, true }, { "501", refused(501), false, false, true },
    { "200 that cannot be read", { status = 200, body = "[]" }, false, false, true },
    { "a redirect", { status = 307, body = "" }, false, false, false },
  }
  for _, row in ipairs(STATES) do
    local name, answer, again, retryable, uncertain = row[1], row[2], row[3], row[4], row[5]
    it((again and "after " or "never after ") .. name, function()
      local result, err, transport = outcome { answer }
      assert.is_nil(result)
      assert.same({ again and 4 or 1, again and 4 or 1, retryable, uncertain },
        { #transport.requests, err.attempts, err.retryable, err.uncertain })
      result, err, transport = outcome { answer, MOVED }
      assert.equal(again, result ~= nil)
      assert.equal(again and 2 or 1, #transport.requests)
      assert.equal(again, err == nil)
      local _, once = outcome({ answer, MOVED }, { retry = false })
      assert.same({ 1, retryable, uncertain }, { once.attempts, once.retryable, once.uncertain })
    end)
  end

  it("with the params of the call, whatever became of their table", function()
    local transport, params = canned.new(lost("closed", true), MOVED), { key_id = KEY_ID, primary_region = "cn-east-3" }
    local again = client(transport, { on_retry = function() params.key_id, params.primary_region = '"', nil end })
    assert.is_table(again:update_primary_region(params))
    local first, second = transport.requests[1], transport.requests[2]
    assert.same({ first.path, first.body }, { second.path, second.body })
  end)

  it("not for what is refused here, nor without credentials", function()
    local transport = canned.new(lost("closed", true))
    local _, err = client(transport, { credentials = function() end }):update_primary_region(PARAMS)
    assert.same({ 0, 0, false }, { #transport.requests, err.attempts, err.uncertain })
    _, err = client(transport):update_primary_region { key_id = "x", primary_region = "cn-east-3" }
    assert.same({ 0, 0, false }, { #transport.requests, err.attempts, err.uncertain })
  end)

  it("with a doubt that no later answer takes away", function()
    local _, err = outcome { lost("timeout", true), refused(404) }
    assert.same({ "service", 404, 2, true, false }, { err.kind, err.status, err.attempts, err.uncertain, err.retryable })
    assert.matches("2 attempts, the change may have been made", tostring(err), 1, true)
    _, err = outcome { lost("connect", false), refused(404) }
    assert.is_false(err.uncertain)
  end)

  it("signed afresh", function()
    local transport = canned.new(refused(503, { ["retry-after"] = "2" }), MOVED)
    assert(client(transport):update_primary_region(PARAMS))
    local first, second = canned.headers(transport.requests[1]), canned.headers(transport.requests[2])
    assert.not_equal(first["x-sdk-date"], second["x-sdk-date"])
    assert.not_equal(first.authorization, second.authorization)
  end)

  it("as often as is wanted", function()
    for attempts, sent in pairs { [1] = 1, [2] = 2, [7] = 7 } do
      local _, _, transport = outcome({ lost("dns", false) }, { retry = { attempts = attempts, base = 0.001 } })
      assert.equal(sent, #transport.requests)
    end
    assert.equal(4, #select(3, outcome({ lost("dns", false) }, { retry = true })).requests)
  end)

  it("and errors that come from a transport stay as they were", function()
    local own = lost("closed", true)
    outcome { own }
    assert.same({ kind = "transport", code = "closed", message = "m", uncertain = true }, own)
  end)
end)

describe("the wait before it", function()
  it("is drawn from zero to a bound that doubles up to a cap", function()
    local policy = retry.resolve_policy { base = 1, cap = 4 }
    for made, bound in ipairs { 1, 2, 4, 4, 4 } do
      local least, most = math.huge, 0
      for i = 1, 500 do
        local wait = retry.compute_wait(policy, made, nil, 1767323045 + i / 7)
        least, most = math.min(least, wait), math.max(most, wait)
      end
      assert.is_true(least >= 0 and least < bound * 0.1, least)
      assert.is_true(most < bound and most > bound * 0.9, most)
    end
  end)

  it("is at least what the server asks for, in seconds or as a date by its own clock", function()
    local date = { ["retry-after"] = "Fri, 02 Jan 2026 03:05:05 GMT", date = "Fri, 02 Jan 2026 03:04:45 GMT" }
    for _, headers in ipairs { { ["retry-after"] = "20" }, date } do
      local result, _, _, waited = outcome { refused(429, headers), MOVED }
      assert(result)
      assert.is_true(waited >= 20 and waited < 21, waited)
    end
    assert.equal(0, retry.parse_retry_after({ headers = { ["retry-after"] = "Fri, 02 Jan 2026 03:04:05 GMT" } }, 1767323099))
    for _, text in ipairs { "", "soon", "-5", "1.5", "1e3" } do
      assert.is_nil(retry.parse_retry_after({ headers = { ["retry-after"] = text } }, 0))
    end
  end)

  it("is not begun when it would pass the deadline", function()
    local result, err, transport, waited = outcome({ refused(503, { ["retry-after"] = "60" }), MOVED }, { timeout = 30 })
    assert.is_nil(result)
    assert.same({ 1, 1, true, 0 }, { #transport.requests, err.attempts, err.retryable, waited })
  end)

  it("leaves all attempts within the deadline, the last with all that is left", function()
    local transport
    local deadlines = {}
    transport = canned.new(function(request)
      transport.time = transport.time + request.timeout
      deadlines[#deadlines + 1] = transport.time
      return nil, lost("timeout", true)
    end)
    local start = transport.time
    local _, err = client(transport, { timeout = 20, retry = { attempt_timeout = 6, base = 0.001, attempts = 3 } })
      :update_primary_region(PARAMS)
    assert.equal(3, err.attempts)
    for i, bound in ipairs { 6, 12.1, 20 } do
      assert.is_true(deadlines[i] - start <= bound + 1e-6, i)
    end
    assert.is_true(math.abs(deadlines[3] - start - 20) < 1e-6)
  end)
end)

describe("on_retry", function()
  it("is told of every wait, without a secret", function()
    local told = {}
    local _, err = outcome({ { status = 500, body = '{"error":{"error_code":"KMS.1","error_msg":"hush"}}' }, refused(404) },
      { on_retry = function(info) told[#told + 1] = info end })
    assert.equal(2, err.attempts)
    assert.equal(1, #told)
    assert.equal(1, told[1].attempt)
    assert.is_number(told[1].wait)
    assert.same({ "KMS.1", "[secret]", "huawei", 1 },
      { told[1].error.code, told[1].error.message, told[1].error.provider, told[1].error.attempts })
  end)

  it("cannot cost the caller the outcome", function()
    local result = outcome({ lost("closed", true), MOVED }, { on_retry = function() error "disk full" end })
    assert.matches("on_retry failed: .*disk full", result.warning)
  end)
end)

describe("the options", function()
  it("are checked", function()
    for problem, option in pairs {
      ["unknown retry field \"tries\"; known: attempts, base, cap, attempt_timeout"] = { tries = 3 },
      ["retry field 'attempts': a number above 0 expected, got 0"] = { attempts = 0 },
      ["retry field 'attempts': a whole number expected, got 1.5"] = { attempts = 1.5 },
      ["retry field 'base': number expected, got string"] = { base = "1" },
    } do
      local ok, message = pcall(client, nil, { retry = option })
      assert.is_false(ok)
      assert.matches(problem, message, 1, true)
    end
    assert.has_error(function() client(nil, { retry = 3 }) end)
    assert.has_error(function() client(nil, { on_retry = "print" }) end)
  end)
end)

describe("after an uncertain end", function()
  local account = emulator.fixtures.accounts[3]
  local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

  local function ncloud(cloud, options)
    local all = { transport = cloud, credentials = { access_key = account.access_key, secret_key = account.secret_key } }
    for name, value in pairs(options or {}) do all[name] = value end
    return kms.ncloud(all)
  end

  it("a renamed key can be read back", function()
    local cloud = emulator.new()
    local renamer = ncloud(cloud, { retry = false })
    cloud:fault { kind = "close_within", part = "body" }
    local _, err = renamer:rename_key { key_tag = TAG, key_name = "newKeyName" }
    assert.is_true(err.uncertain)
    local key = assert(renamer:get_key { key_tag = TAG })
    assert.same({ TAG, "newKeyName", "ENABLE" }, { key.key_tag, key.key_name, key.status })
  end)

  it("a repeat finishes what was lost", function()
    local cloud = emulator.new()
    cloud:fault { kind = "close_within", part = "body" }
    local result = assert(ncloud(cloud):rename_key { key_tag = TAG, key_name = "newKeyName" })
    assert.equal("newKeyName", result.key_name)
    assert.equal(2, cloud:requests "ncloud")
  end)

  it("reading leaves nothing uncertain, and refuses as the others do", function()
    local cloud = emulator.new()
    cloud:fault { kind = "close_before", times = 9 }
    local _, err = ncloud(cloud):get_key { key_tag = TAG }
    assert.same({ "closed", 4, true, false }, { err.code, err.attempts, err.retryable, err.uncertain })
    cloud:reset()
    assert.equal("NOT_FOUND", select(2, ncloud(cloud):get_key { key_tag = "none" }).code)
    assert.equal("key_tag", select(2, ncloud(cloud):get_key { key_tag = ".." }).code)
    assert.has_error(function() ncloud(cloud):get_key {} end)
  end)

  it("of a move a repeat tells that the key is no longer primary here, still in doubt", function()
    local cloud = emulator.new()
    local owner = emulator.fixtures.accounts[1]
    cloud:fault { kind = "close_within", part = "body" }
    local _, err = kms.huawei { region = "cn-north-4", project_id = owner.projects["cn-north-4"], transport = cloud,
      credentials = { access_key = owner.access_key, secret_key = owner.secret_key } }:update_primary_region(PARAMS)
    assert.same({ "KMS.0106", 2, true }, { err.code, err.attempts, err.uncertain })
    assert.equal("cn-east-3", cloud:key(KEY_ID).primary)
  end)
end)
