--- Both operations over verified HTTPS against the emulator: results, errors, kept connections, garbage collection.

local emulated = require "spec.helpers.emulator_client"
local kms = require "kms"
local emulator = require "kms.emulator"
local emulator_server = require "spec.helpers.emulator_server"
local set_collector = require "spec.helpers.set_collector"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local DISABLED = "1e1577c1-f838-4ead-c46e-095cc585b480"
local PROJECTS = emulated.accounts.huawei.projects
local TAG = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6"

local new_transport = emulator_server.new_transport

local function new_huawei(options)
  local all = { endpoint = emulated.huawei["cn-north-4"], project_id = PROJECTS["cn-north-4"], credentials = emulated.keys "huawei",
    transport = new_transport(), retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

local function new_ncloud(options)
  local all = { endpoint = emulated.ncloud, credentials = emulated.keys "ncloud", transport = new_transport(), retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.ncloud(all)
end

local function move(client, key_id, region)
  return client:update_primary_region { key_id = key_id or KEY_ID, primary_region = region or "cn-east-3" }
end

local function rename(client, name, tag)
  return client:rename_key { key_tag = tag or TAG, key_name = name or "newKeyName" }
end

--- Asserts that a call failed with these fields, and that its error is complete and contains no secret.
local function assert_failure(expected, result, err)
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
    it("update_primary_region moves the primary region of a key, and back from there", function()
      local moved = assert(move(new_huawei()))
      assert.same({ KEY_ID, "cn-east-3" }, { moved.key_id, moved.primary_region })
      assert.matches("^%x+$", moved.request_id)
      assert.equal("cn-east-3", emulated.state().keys[KEY_ID].primary)
      local east = new_huawei { endpoint = emulated.huawei["cn-east-3"], project_id = PROJECTS["cn-east-3"] }
      assert(move(east, KEY_ID, "cn-north-4"))
      assert.equal("cn-north-4", emulated.state().keys[KEY_ID].primary)
    end)

    it("update_primary_region works under temporary keys and under a token", function()
      local temporary = emulator.fixtures.accounts[2]
      assert(move(new_huawei { credentials = { access_key = temporary.access_key, secret_key = temporary.secret_key,
        security_token = temporary.security_token } }))
      emulated.reset()
      assert(move(new_huawei { credentials = { token = emulated.accounts.huawei.tokens[1].token } }))
    end)

    local north = { code = "APIGW.0307", status = 401, kind = "service" }
    it("a token of another region is refused", function()
      assert_failure(north, move(new_huawei { credentials = { token = emulated.accounts.huawei.tokens[2].token } }))
    end)

    it("a wrong secret key is refused, with the gateway's message", function()
      local err = assert_failure({ kind = "service", code = "APIGW.0301", status = 401, retryable = false, uncertain = false },
        move(new_huawei { credentials = { access_key = emulated.accounts.huawei.access_key, secret_key = "hush" } }))
      assert.matches("verify aksk signature fail, canonicalRequest:PUT|/v2/", err.message, 1, true)
      assert.is_truthy(err.request_id)
    end)

    it("the security token that the gateway repeats is removed from the error", function()
      local temporary = emulator.fixtures.accounts[2]
      local err = assert_failure({ code = "APIGW.0301" }, move(new_huawei { credentials = { access_key = temporary.access_key, secret_key = "hush",
        security_token = temporary.security_token } }))
      -- The name of the header is like a part of this token.
      assert.matches(":[secret]||content-type", err.message, 1, true)
      assert.is_nil(err.message:find(temporary.security_token, 1, true))
    end)

    it("an unknown access key is refused", function()
      assert_failure({ code = "APIGW.0301" }, move(new_huawei { credentials = { access_key = "NOBODY", secret_key = "x" } }))
    end)

    it("a call with a clock skew is signed again", function()
      emulated.clock(16 * 60)
      assert(move(new_huawei()))
      assert.equal(2, emulated.state().requests.huawei)
    end)

    it("every service error has its own code", function()
      local client = new_huawei()
      for key_id, expected in pairs {
        ["ffffffff-ffff-ffff-ffff-ffffffffffff"] = { code = "KMS.0207", status = 404 },
        [DISABLED] = { code = "KMS.0209", status = 400 },
        ["2f2688d2-0949-4fbe-d57f-1a6dd696c591"] = { code = "KMS.0210", status = 400 },
        ["303799e3-1a5a-40cf-e680-2b7ee7a7d6a2"] = { code = "KMS.0211", status = 400 },
        ["4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3"] = { code = "KMS.0308", status = 400 },
      } do
        assert_failure(expected, move(client, key_id))
        assert_failure({ kind = "service", retryable = false, uncertain = false }, move(client, key_id))
      end
      assert(move(client))
      assert_failure({ code = "KMS.0106", status = 400 }, move(client))
      assert_failure({ code = "KMS.0321", status = 403 }, move(new_huawei { project_id = ("a"):rep(32) }))
    end)
  end)

  describe("NAVER Cloud", function()
    it("rename_key changes the name of a key", function()
      assert.same({ key_tag = TAG, key_name = "newKeyName" }, { key_tag = TAG, key_name = assert(rename(new_ncloud())).key_name })
      assert.equal("newKeyName", emulated.state().keys[TAG].key_name)
    end)

    it("wrong keys are refused, and a call with a clock skew is signed again", function()
      local refused = { kind = "service", code = "200", status = 401, retryable = false, uncertain = false }
      assert_failure(refused, rename(new_ncloud { credentials = { access_key = emulated.accounts.ncloud.access_key, secret_key = "hush" } }))
      assert_failure(refused, rename(new_ncloud { credentials = { access_key = "NOBODY", secret_key = "x" } }))
      emulated.reset()
      emulated.clock(-6 * 60)
      assert(rename(new_ncloud()))
      assert.equal(2, emulated.state().requests.ncloud)
    end)

    it("every service error has its own code", function()
      local client = new_ncloud()
      assert_failure({ kind = "service", code = "NOT_FOUND", status = 404 }, rename(client, "name", "no/such tag"))
      assert_failure({ kind = "service", code = "UNPROCESSABLE_ENTITY", status = 422 }, rename(client, "takenName"))
    end)
  end)

  -- Faults of a response, and the error that both clouds' clients return.
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
    it("after the fault " .. name .. " the error says what happened on both clouds, and the next call works" .. (is_slow and " #timing" or ""), function()
      for _, call in ipairs { { new_huawei, move }, { new_ncloud, rename } } do
        emulated.fault(fault)
        local client = call[1] { timeout = is_slow and 0.3 or 10 }
        assert_failure(expected, call[2](client))
        -- Whether the change was made depends on the fault; a repeat is the caller's choice, and works on the same client.
        emulated.reset()
        assert(call[2](client))
      end
    end)
  end

  it("many calls use one connection", function()
    for _, create in ipairs { new_huawei, new_ncloud } do
      local own = new_transport()
      local client = create { transport = own }
      for i = 1, 20 do
        local result, err
        if create == new_ncloud then
          result, err = rename(client, "name" .. i)
        else -- refused from the second on, which is a response too
          result, err = move(client)
        end
        assert(result or err.kind == "service")
      end
      assert.same({ requests = 20, connections = 1 }, own:stats())
    end
  end)

  it("nothing is sent to a server that is not trusted", function()
    local err = assert_failure({ kind = "transport", code = "tls", uncertain = false }, move(new_huawei { transport = {} }))
    assert.is_number(err.cause.code)
    assert.is_string(err.cause.message)
    assert.equal(0, emulated.state().requests.huawei)
  end)

  it("clients and transports that are dropped after use are collected at any time", function()
    local pause, step = set_collector("pause", 0), set_collector("stepmul", 1000)
    for i = 1, 30 do
      local client = new_ncloud()
      assert(rename(client, "name" .. i))
      if i % 3 == 0 then client:close() end
      if i % 5 == 0 then rename(new_ncloud { transport = {} }, "other") end
    end
    collectgarbage() collectgarbage()
    set_collector("pause", pause) set_collector("stepmul", step)
    assert(rename(new_ncloud(), "lastName"))
  end)

  it("a client keeps all that it needs, also after close", function()
    local client
    do client = kms.ncloud { endpoint = emulated.ncloud, credentials = emulated.keys "ncloud", transport = { ca_file = emulated.ca_file } } end
    collectgarbage() collectgarbage()
    assert(rename(client))
    client:close()
    assert(rename(client, "anotherName"))
  end)
end)
