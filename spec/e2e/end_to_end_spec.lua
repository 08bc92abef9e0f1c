--- Both operations over verified HTTPS against the emulator: success, every family of errors, kept connections, collection.

local emulated = require "spec.helpers.emulator_client"
local curl = require "kms.transport.curl"
local kms = require "kms"
local emulator = require "kms.emulator"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local DISABLED = "1e1577c1-f838-4ead-c46e-095cc585b480"
local PROJECTS = emulated.accounts.huawei.projects
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local function transport(options)
  local all = { ca_file = emulated.ca_file, timeout = 10 }
  for name, value in pairs(options or {}) do all[name] = value end
  return curl.new(all)
end

local function huawei(options)
  local all = { endpoint = emulated.huawei["cn-north-4"], project_id = PROJECTS["cn-north-4"], credentials = emulated.keys "huawei",
    transport = transport(), retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

local function ncloud(options)
  local all = { endpoint = emulated.ncloud, credentials = emulated.keys "ncloud", transport = transport(), retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.ncloud(all)
end

local function move(client, key_id, region)
  return client:update_primary_region { key_id = key_id or KEY_ID, primary_region = region or "cn-east-3" }
end

local function rename(client, name, tag)
  return client:rename_key { key_tag = tag or TAG, key_name = name or "newKeyName" }
end

--- Compares fields of an error, and that it is complete.
local function failed(expected, result, err)
  assert.is_nil(result)
  assert.is_true(kms.is_error(err))
  for name, value in pairs(expected) do assert.equal(value, err[name], name .. " of " .. tostring(err)) end
  assert.equal(1, err.attempts)
  assert.is_nil(tostring(err):find("[\r\n]"))
  for _, account in ipairs(emulator.fixtures.accounts) do
    assert.is_nil(tostring(err):find(account.secret_key, 1, true))
    assert.is_nil(account.security_token and tostring(err):find(account.security_token, 1, true))
  end
  return err
end

describe("end to end", function()
  before_each(emulated.reset)

  describe("Huawei Cloud", function()
    it("moves a key's primary region, and back from there", function()
      local moved = assert(move(huawei()))
      assert.same({ KEY_ID, "cn-east-3" }, { moved.key_id, moved.primary_region })
      assert.matches("^%x+$", moved.request_id)
      assert.equal("cn-east-3", emulated.state().keys[KEY_ID].primary)
      local east = huawei { endpoint = emulated.huawei["cn-east-3"], project_id = PROJECTS["cn-east-3"] }
      assert(move(east, KEY_ID, "cn-north-4"))
      assert.equal("cn-north-4", emulated.state().keys[KEY_ID].primary)
    end)

    it("takes temporary keys and a ready token", function()
      local temporary = emulator.fixtures.accounts[2]
      assert(move(huawei { credentials = { access_key = temporary.access_key, secret_key = temporary.secret_key,
        security_token = temporary.security_token } }))
      emulated.reset()
      assert(move(huawei { credentials = { token = emulated.accounts.huawei.tokens[1].token } }))
    end)

    local north = { code = "APIGW.0307", status = 401, kind = "service" }
    it("tells a token of another region", function()
      failed(north, move(huawei { credentials = { token = emulated.accounts.huawei.tokens[2].token } }))
    end)

    it("tells a wrong secret, with what the gateway says", function()
      local err = failed({ kind = "service", code = "APIGW.0301", status = 401, retryable = false, uncertain = false },
        move(huawei { credentials = { access_key = emulated.accounts.huawei.access_key, secret_key = "hush" } }))
      assert.matches("verify aksk signature fail, canonicalRequest:PUT|/v2/", err.message, 1, true)
      assert.is_truthy(err.request_id)
    end)

    it("keeps the security token out of what the gateway repeats", function()
      local temporary = emulator.fixtures.accounts[2]
      local err = failed({ code = "APIGW.0301" }, move(huawei { credentials = { access_key = temporary.access_key, secret_key = "hush",
        security_token = temporary.security_token } }))
      assert.matches("x-security-token:[secret]|", err.message, 1, true)
    end)

    it("tells an unknown access key", function()
      failed({ code = "APIGW.0301" }, move(huawei { credentials = { access_key = "NOBODY", secret_key = "x" } }))
    end)

    it("finds out that the clock is off, and goes on", function()
      emulated.clock(16 * 60)
      assert(move(huawei()))
      assert.equal(2, emulated.state().requests.huawei)
    end)

    it("tells every service refusal by its own code", function()
      local client = huawei()
      for key_id, expected in pairs {
        ["ffffffff-ffff-ffff-ffff-ffffffffffff"] = { code = "KMS.0207", status = 404 },
        [DISABLED] = { code = "KMS.0209", status = 400 },
        ["2f2688d2-0949-4fbe-d57f-1a6dd696c591"] = { code = "KMS.0210", status = 400 },
        ["303799e3-1a5a-40cf-e680-2b7ee7a7d6a2"] = { code = "KMS.0211", status = 400 },
        ["4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3"] = { code = "KMS.0308", status = 400 },
      } do
        failed(expected, move(client, key_id))
        failed({ kind = "service", retryable = false, uncertain = false }, move(client, key_id))
      end
      assert(move(client))
      failed({ code = "KMS.0106", status = 400 }, move(client))
      failed({ code = "KMS.0321", status = 403 }, move(huawei { project_id = ("a"):rep(32) }))
    end)
  end)

  describe("NAVER Cloud", function()
    it("renames a key", function()
      assert.same({ key_tag = TAG, key_name = "newKeyName" }, { key_tag = TAG, key_name = assert(rename(ncloud())).key_name })
      assert.equal("newKeyName", emulated.state().keys[TAG].key_name)
    end)

    it("tells a wrong secret and an unknown key, and finds out that the clock is off", function()
      local refused = { kind = "service", code = "200", status = 401, retryable = false, uncertain = false }
      failed(refused, rename(ncloud { credentials = { access_key = emulated.accounts.ncloud.access_key, secret_key = "hush" } }))
      failed(refused, rename(ncloud { credentials = { access_key = "NOBODY", secret_key = "x" } }))
      emulated.reset()
      emulated.clock(-6 * 60)
      assert(rename(ncloud()))
      assert.equal(2, emulated.state().requests.ncloud)
    end)

    it("tells every service refusal by its own code", function()
      local client = ncloud()
      failed({ kind = "service", code = "NOT_FOUND", status = 404 }, rename(client, "name", "no/such tag"))
      failed({ kind = "service", code = "UNPROCESSABLE_ENTITY", status = 422 }, rename(client, "takenName"))
    end)
  end)

  -- What can happen to an answer on its way: the fault, and the error that comes of it, for both clouds.
  local FAULTS = {
    { { kind = "bad_gateway" }, { kind = "protocol", code = "not_json", status = 502, retryable = true, uncertain = true } },
    { { kind = "throttled", retry_after = 3 }, { kind = "service", status = 429, retryable = true, uncertain = false } },
    { { kind = "status", status = 500, body = "" }, { kind = "protocol", code = "empty", status = 500, retryable = true, uncertain = true } },
    { { kind = "status", status = 200, body = "[]" }, { kind = "protocol", code = "not_object", retryable = false, uncertain = true } },
    { { kind = "status", status = 204 }, { kind = "protocol", code = "empty", status = 204, uncertain = true } },
    { { kind = "close_before" }, { kind = "transport", code = "closed", retryable = true, uncertain = true } },
    { { kind = "close_within", part = "head" }, { kind = "transport", code = "closed", retryable = true, uncertain = true } },
    { { kind = "close_within", part = "body" }, { kind = "transport", code = "closed", retryable = true, uncertain = true } },
    { { kind = "endless" }, { kind = "transport", code = "too_large", retryable = false, uncertain = true } },
    { { kind = "delay", seconds = 20 }, { kind = "transport", code = "timeout", retryable = true, uncertain = true } },
    { { kind = "drip", bytes = 1, interval = 5 }, { kind = "transport", code = "timeout", retryable = true, uncertain = true } },
    { { kind = "redirect", location = "https://127.0.0.1:1/" }, { kind = "protocol", code = "empty", status = 307, uncertain = false } },
  }
  for _, row in ipairs(FAULTS) do
    local fault, expected = row[1], row[2]
    local name = fault.kind .. (fault.part and " of the " .. fault.part or "") .. (fault.status and " " .. fault.status or "")
    local is_slow = fault.kind == "delay" or fault.kind == "drip"
    it("survives " .. name .. " on both clouds, and the next call works" .. (is_slow and " #timing" or ""), function()
      for _, call in ipairs { { huawei, move }, { ncloud, rename } } do
        emulated.fault(fault)
        local client = call[1] { timeout = is_slow and 0.3 or 10 }
        failed(expected, call[2](client))
        -- Whether the change was made depends on the fault; a repeat is the caller's choice, and works on the same client.
        emulated.reset()
        assert(call[2](client))
      end
    end)
  end

  it("keeps its connection: many calls, one connection", function()
    for _, make in ipairs { huawei, ncloud } do
      local own = transport()
      local client = make { transport = own }
      for i = 1, 20 do
        local result, err
        if make == ncloud then
          result, err = rename(client, "name" .. i)
        else -- refused from the second on, which is an answer too
          result, err = move(client)
        end
        assert(result or err.kind == "service")
      end
      assert.same({ requests = 20, connections = 1 }, own:stats())
    end
  end)

  it("does not trust a server without its CA, and sends it nothing", function()
    local err = failed({ kind = "transport", code = "tls", uncertain = false }, move(huawei { transport = {} }))
    assert.is_number(err.cause.code)
    assert.is_string(err.cause.message)
    assert.equal(0, emulated.state().requests.huawei)
  end)

  it("survives clients and transports that are dropped in mid-use, the collector at its most eager", function()
    local pause, step = collectgarbage("setpause", 0), collectgarbage("setstepmul", 1000)
    for i = 1, 30 do
      local client = ncloud()
      assert(rename(client, "name" .. i))
      if i % 3 == 0 then client:close() end
      if i % 5 == 0 then rename(ncloud { transport = {} }, "other") end
    end
    collectgarbage() collectgarbage()
    collectgarbage("setpause", pause) collectgarbage("setstepmul", step)
    assert(rename(ncloud(), "lastName"))
  end)

  it("works on the client alone after everything else was dropped", function()
    local client
    do client = kms.ncloud { endpoint = emulated.ncloud, credentials = emulated.keys "ncloud", transport = { ca_file = emulated.ca_file } } end
    collectgarbage() collectgarbage()
    assert(rename(client))
    client:close()
    assert(rename(client, "anotherName"))
  end)
end)
