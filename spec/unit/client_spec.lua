local fake_transport = require "spec.helpers.fake_transport"
local child = require "spec.helpers.subprocess"
local Error = require "kms.error"
local kms = require "kms"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PROJECT_ID = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"
local KEYS = { access_key = "AK", secret_key = "hush-secret", security_token = "hush-token" }
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }

local function huawei(transport, credentials)
  return kms.huawei { region = "cn-north-4", project_id = PROJECT_ID, credentials = credentials or KEYS, transport = transport,
    retry = false }
end

--- The message that a misuse raises, and whether it points at the line in this file that called.
local function raised(call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  local line = debug.getinfo(call, "S").linedefined
  local prefix = "client_spec.lua:" .. line .. ": "
  local at = message:find(prefix, 1, true)
  assert(at, "does not point at line " .. line .. ": " .. message)
  return message:sub(at + #prefix)
end

describe("a client", function()
  it("raises on misuse, with the caller's line", function()
    local client, renamer = huawei(fake_transport.new(MOVED)), kms.ncloud {}
    for expected, call in pairs {
      ["bad argument #1 to 'huawei' (table expected, got string)"] = function() kms.huawei "x" end,
      ["bad argument #1 to 'huawei' (unknown option \"regoin\"; known: region, project_id, endpoint, algorithm, "
        .. "credentials, timeout, transport, lock_guard, retry, on_attempt)"] =
        function() kms.huawei { regoin = "x" } end,
      ["bad argument #1 to 'huawei' (option 'region': string expected, got number)"] = function() kms.huawei { region = 4 } end,
      ["bad argument #1 to 'ncloud' (option 'timeout': a number above 0 expected, got -1)"] = function() kms.ncloud { timeout = -1 } end,
      ["bad argument #1 to 'ncloud' (credentials field 'secret_key' is missing)"] =
        function() kms.ncloud { credentials = { access_key = "x" } } end,
      ["bad argument #1 to 'update_primary_region' (table expected, got no value)"] = function() client:update_primary_region() end,
      ["bad argument #1 to 'update_primary_region' (field 'key_id' is missing)"] = function() client:update_primary_region {} end,
      ["bad argument #1 to 'update_primary_region' (field 'key_id': string expected, got number)"] =
        function() client:update_primary_region { key_id = 1, primary_region = "x" } end,
      ["bad argument #1 to 'update_primary_region' (unknown field \"region\"; known: key_id, primary_region)"] =
        function() client:update_primary_region { key_id = KEY_ID, region = "cn-east-3" } end,
      ["bad argument #2 to 'update_primary_region' (unknown option \"time_out\"; known: timeout)"] =
        function() client:update_primary_region(PARAMS, { time_out = 1 }) end,
      ["calling 'update_primary_region' on bad self (kms.huawei client expected, got table)"] =
        function() client.update_primary_region(PARAMS) end,
      ["bad argument #1 to 'rename_key' (field 'key_tag' is missing)"] = function() kms.rename_key({}, renamer) end,
      ["bad argument #3 to 'rename_key' (unknown option \"time_out\"; known: timeout)"] =
        function() kms.rename_key({ key_tag = "t", key_name = "name" }, renamer, { time_out = 1 }) end,
      ["bad argument #1 to 'huawei' (unknown lock_guard field \"share\"; known: shared)"] =
        function() kms.huawei { lock_guard = { share = "x" } } end,
      ["bad argument #1 to 'huawei' (option 'lock_guard': there is no lua_shared_dict \"x\")"] =
        function() kms.huawei { lock_guard = { shared = "x" } } end,
      ["bad argument #2 to 'rename_key' (kms.ncloud client expected, got table)"] = function() kms.rename_key({}, client) end,
      ["bad argument #2 to 'update_primary_region' (kms.huawei client expected, got string)"] =
        function() kms.update_primary_region({}, "x") end,
    } do
      assert.equal(expected, raised(call))
    end
  end)

  it("raises on a misused option of the default transport at the first call", function()
    local client = kms.ncloud { credentials = KEYS and { access_key = "A", secret_key = "S" }, transport = { time_out = 1 } }
    local message = raised(function() client:rename_key { key_tag = "t", key_name = "name" } end)
    assert.matches("^bad argument #1 to 'ncloud' %(option 'transport': .*time_out", message)
  end)

  it("calls through the plain function alike", function()
    local transport = fake_transport.new(MOVED)
    assert.same({ key_id = KEY_ID, primary_region = "cn-east-3" }, kms.update_primary_region(PARAMS, huawei(transport)))
    assert.equal(1, #transport.requests)
  end)

  it("makes the default client once, from the environment, and says what is missing", function()
    local program = [[
      local fake_transport = require "spec.helpers.fake_transport"
      local made = {}
      package.loaded["kms.transport.curl"] = { new = function()
        made[#made + 1] = fake_transport.new { '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"name"}}' }
        return made[#made]
      end }
      local kms = require "kms"
      for _ = 1, 2 do
        local result, err = kms.rename_key { key_tag = "t", key_name = "name" }
        print(result and result.key_name or err)
      end
      print(#made, #made[1].requests)
    ]]
    assert.equal("name\nname\n1\t2\n", (child.run(program, { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S" })))
    local message = "ncloud rename_key: credentials error missing: no access_key: give the option credentials.access_key "
      .. "or set NCLOUD_ACCESS_KEY_ID or NCLOUD_ACCESS_KEY; no secret_key: give the option credentials.secret_key "
      .. "or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY; no credentials file: HOME, the folder of "
      .. "~/.ncloud/configure, is not set\n"
    assert.equal(message .. message .. "1\t0\n", (child.run(program)))
  end)

  it("gives one deadline to the transport: its own timeout, or the call's", function()
    local transport = fake_transport.new(MOVED)
    local client = kms.huawei { region = "cn-north-4", project_id = PROJECT_ID, credentials = KEYS, transport = transport, timeout = 8,
      retry = false }
    client:update_primary_region(PARAMS)
    client:update_primary_region(PARAMS, { timeout = 0.5 })
    assert.equal(8, transport.requests[1].timeout)
    assert.equal(0.5, transport.requests[2].timeout)
  end)

  it("works with a transport that has no clock", function()
    local transport = fake_transport.new(MOVED)
    local bare = { send = function(_, request) return transport:send(request) end, sleep = function() end }
    assert(huawei(bare):update_primary_region(PARAMS))
    local timeout = transport.requests[1].timeout
    assert.is_true(timeout > 29 and timeout <= 30)
  end)

  describe("when the transport fails", function()
    local ROWS = {
      { "timeout", true, true }, { "timeout", false, true }, { "dns", false, true }, { "connect", false, true },
      { "tls", false, true }, { "closed", true, true }, { "too_large", true, false }, { "other", true, false },
    }
    for _, row in ipairs(ROWS) do
      local code, uncertain, retryable = row[1], row[2], row[3]
      it(("with %s, uncertain %s, says so"):format(code, uncertain), function()
        local cause = { code = 28, message = "libcurl's words" }
        local result, err = huawei(fake_transport.new(Error.new { kind = "transport", code = code, message = "m", uncertain = uncertain,
          cause = cause })):update_primary_region(PARAMS)
        assert.is_nil(result)
        assert.same({ "transport", code, uncertain, retryable, 1, "huawei", "update_primary_region" },
          { err.kind, err.code, err.uncertain, err.retryable, err.attempts, err.provider, err.operation })
        assert.same(cause, err.cause)
        assert.is_nil(err.status)
      end)
    end

    it("with an error of its own kind, wraps it", function()
      local _, err = huawei({ send = function() return nil, "no cable" end }):update_primary_region(PARAMS)
      assert.same({ "transport", "other", "no cable", true }, { err.kind, err.code, err.message, err.uncertain })
    end)
  end)

  it("keeps secrets that the other side repeats out of every error", function()
    for _, body in ipairs {
      '{"error_code":"APIGW.0301","error_msg":"canonicalRequest:PUT|x-security-token:hush-token|hush-secret hush-token"}',
      '{"error":{"error_code":"hush-secret","error_msg":"x","encoded_authorization_message":"hush-token"}}',
      "<html>hush-token hush-secret</html>", '"hush-token"', '{"hush-token":1}',
      '{"error_code":"A","error_msg":"b","request_id":"hush-token"}',
    } do
      local _, err = huawei(fake_transport.new { status = 401, body = body, headers = { location = "hush-secret" } }):update_primary_region(PARAMS)
      for _, text in ipairs { tostring(err), err.code, err.message, err.request_id or "", err.cause and err.cause.encoded_authorization_message or "" } do
        assert.is_nil(text:find("hush", 1, true), text)
      end
      assert.matches("[secret]", tostring(err) .. (err.request_id or ""), 1, true)
    end
    local _, err = huawei(fake_transport.new(Error.new { kind = "transport", code = "other", message = "m", cause = { code = 1, message = "hush-token" } }))
      :update_primary_region(PARAMS)
    assert.equal("[secret]", err.cause.message)
  end)

  it("keeps even a piece of a secret out, however it is escaped or cut on its way", function()
    local token = "hush/" .. ("t"):rep(600) .. '+"hush'
    local keys = { access_key = "AK", secret_key = "SK", security_token = token }
    local json = token:gsub("[/+\"]", function(c) return ("\\u%04x"):format(c:byte()) end)
    for _, body in ipairs {
      '{"error_code":"A","error_msg":"' .. ("x"):rep(1900) .. json .. '"}', -- at the edge of what a message keeps
      "<html>" .. ("x"):rep(150) .. token, -- at the edge of a snippet
      '{"odd":"' .. json .. '"}', '{"odd":"' .. json:gsub("\\u002f", "\\/") .. '"}',
      '{"error_code":"A","error_msg":"PUT|/|x-security-token:' .. json:sub(1, 300) .. '|host"}', -- cut by the gateway
      '{"error_code":"A","error_msg":"X-Security-Token: ' .. json:sub(1, 300) .. '"}',
    } do
      local _, err = huawei(fake_transport.new { status = 401, body = body }, keys):update_primary_region(PARAMS)
      assert.is_nil(tostring(err):find("hush", 1, true), tostring(err))
      assert.is_nil(tostring(err):find("tttttttt", 1, true), tostring(err))
      assert.matches("[secret]", tostring(err), 1, true)
    end
  end)

  it("leaves what is no secret in a message", function()
    local text = "x-auth-token not found, authorization: denied by policy | SDK-HMAC-SHA256"
    local _, err = huawei(fake_transport.new { status = 401, body = '{"error_code":"A","error_msg":"' .. text .. '"}' }):update_primary_region(PARAMS)
    assert.equal(text, err.message)
  end)

  it("keeps secrets out of what a dump of the client shows", function()
    local seen = {}
    local function dump(value)
      if type(value) == "string" then assert.is_nil(value:find("hush", 1, true)) end
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for k, v in pairs(value) do dump(k) dump(v) end
      dump(getmetatable(value))
    end
    local client = huawei()
    dump(client)
    assert.equal("kms.huawei client", tostring(client))
  end)

  it("takes one snapshot of the credentials a call", function()
    local count = 0
    local transport = fake_transport.new(MOVED)
    local client = huawei(transport, function()
      count = count + 1
      return { access_key = "AK" .. count, secret_key = "S" }
    end)
    client:update_primary_region(PARAMS)
    client:update_primary_region(PARAMS)
    assert.equal(2, count)
    assert.matches("Access=AK2,", fake_transport.headers(transport.requests[2]).authorization)
  end)

  it("sends nothing without credentials", function()
    local transport = fake_transport.new(MOVED)
    local _, err = huawei(transport, function() return nil, "vault is sealed" end):update_primary_region(PARAMS)
    assert.same({ "credentials", "missing", 0, false }, { err.kind, err.code, err.attempts, err.uncertain })
    assert.matches("vault is sealed", err.message)
    assert.equal(0, #transport.requests)
  end)

  it("shares its transport with the others that set no option of it, and the last one closes it", function()
    local output, ok = child.run([[
      local made = {}
      package.loaded["kms.transport.curl"] = { new = function(options)
        local transport = { options = options, open = true, sends = 0, sleep = function() end }
        function transport:send() self.sends = self.sends + 1 return nil, "nobody there" end
        function transport:close() self.open = false end
        made[#made + 1] = transport
        return transport
      end }
      local kms = require "kms"
      local function client(transport)
        return kms.ncloud { credentials = { access_key = "A", secret_key = "S" }, transport = transport, retry = false }
      end
      local function call(one) one:rename_key { key_tag = "t", key_name = "name" } end
      local one, other, own = client(), client {}, client { timeout = 5 }
      call(one) call(other) call(own)
      assert(#made == 2 and made[1].sends == 2 and made[2].sends == 1 and made[2].options.timeout == 5)
      own:close()
      assert(not made[2].open and made[1].open)
      one:close()
      assert(made[1].open)
      call(one) -- takes part again
      assert(#made == 2 and made[1].sends == 3)
      other:close() one:close() one:close()
      assert(not made[1].open)
      call(other)
      assert(#made == 3 and made[3].open and made[3].sends == 1)
      other = nil
      collectgarbage() collectgarbage()
      local last = client()
      call(last)
      assert(#made == 3 or #made == 4) -- the same one, unless it was collected with its last client
      last:close()
      assert(not made[#made].open)
    ]])
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("closes the transport that it made, and only that", function()
    local closed = 0
    local own = { send = function() return { status = 200, headers = {}, body = MOVED[1] } end, close = function() closed = closed + 1 end }
    local client = huawei(own)
    client:update_primary_region(PARAMS)
    client:close()
    assert.equal(0, closed)
    client = huawei {}
    client:close() -- nothing to close before the first call
  end)
end)
