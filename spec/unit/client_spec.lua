local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

local KEY_ID = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local PROJECT_ID = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b"
local KEYS = { access_key = "AK", secret_key = "hush-secret", security_token = "hush-token" }
local PARAMS = { key_id = KEY_ID, primary_region = "cn-east-3" }
local MOVED = { '{"key_id":"' .. KEY_ID .. '","primary_region":"cn-east-3"}' }

local function new_client(transport, options)
  local all = { region = "cn-north-4", project_id = PROJECT_ID, credentials = KEYS, transport = transport, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  return kms.huawei(all)
end

--- Returns the message that a function of one line raises, which must name that line.
local function catch(call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  local line = debug.getinfo(call, "S").linedefined
  local prefix = "client_spec.lua:" .. line .. ": "
  local at = message:find(prefix, 1, true)
  assert(at, "does not name line " .. line .. ": " .. message)
  return message:sub(at + #prefix)
end

describe("kms.client", function()
  local client = new_client(fake_transport.new(MOVED))

  for expected, call in pairs {
    ["bad argument #1 to 'huawei' (table expected, got string)"] = function() kms.huawei "x" end,
    ["bad argument #1 to 'huawei' (unknown option \"regoin\"; known: region, project_id, endpoint, algorithm, "
      .. "credentials, timeout, transport, lock_guard, retry, on_attempt)"] =
      function() kms.huawei { regoin = "x" } end,
    ["bad argument #1 to 'huawei' (option 'region': string expected, got number)"] =
      function() kms.huawei { region = 4 } end,
    ["bad argument #1 to 'ncloud' (option 'timeout': a number above 0 expected, got -1)"] =
      function() kms.ncloud { timeout = -1 } end,
    ["bad argument #1 to 'ncloud' (credentials field 'secret_key' is missing)"] =
      function() kms.ncloud { credentials = { access_key = "x" } } end,
    ["bad argument #1 to 'huawei' (unknown lock_guard field \"share\"; known: shared)"] =
      function() kms.huawei { lock_guard = { share = "x" } } end,
    ["bad argument #1 to 'huawei' (option 'lock_guard': there is no lua_shared_dict \"x\")"] =
      function() kms.huawei { lock_guard = { shared = "x" } } end,
    ["bad argument #1 to 'update_primary_region' (table expected, got no value)"] =
      function() client:update_primary_region() end,
    ["bad argument #1 to 'update_primary_region' (field 'key_id' is missing)"] =
      function() client:update_primary_region {} end,
    ["bad argument #1 to 'update_primary_region' (field 'key_id': string expected, got number)"] =
      function() client:update_primary_region { key_id = 1, primary_region = "x" } end,
    ["bad argument #1 to 'update_primary_region' (unknown field \"region\"; known: key_id, primary_region)"] =
      function() client:update_primary_region { key_id = KEY_ID, region = "cn-east-3" } end,
    ["bad argument #2 to 'update_primary_region' (unknown option \"time_out\"; known: timeout)"] =
      function() client:update_primary_region(PARAMS, { time_out = 1 }) end,
    ["calling 'update_primary_region' on bad self (kms.huawei client expected, got table)"] =
      function() client.update_primary_region(PARAMS) end,
    ["calling 'close' on bad self (kms.huawei client expected, got nil)"] = function() client.close() end,
    ["calling 'reset' on bad self (kms.huawei client expected, got nil)"] = function() client.reset() end,
  } do
    it("raises at the caller's line: " .. expected, function() assert.equal(expected, catch(call)) end)
  end

  it("raises for an option that the default transport does not know, at the first call", function()
    local ncloud = kms.ncloud { credentials = { access_key = "A", secret_key = "S" }, transport = { time_out = 1 } }
    local message = catch(function() ncloud:rename_key { key_tag = "t", key_name = "name" } end)
    assert.matches("^bad argument #1 to 'ncloud' %(option 'transport': .*time_out", message)
  end)

  it("gives the transport the time of the client, or that of the call", function()
    local transport = fake_transport.new(MOVED)
    local hasty = new_client(transport, { timeout = 8 })
    hasty:update_primary_region(PARAMS)
    hasty:update_primary_region(PARAMS, { timeout = 0.5 })
    assert.same({ 8, 0.5 }, { transport.requests[1].timeout, transport.requests[2].timeout })
  end)

  it("works with a transport that has no clock", function()
    local transport = fake_transport.new(MOVED)
    local bare = { send = function(_, request) return transport:send(request) end, sleep = function() end }
    assert(new_client(bare):update_primary_region(PARAMS))
    local timeout = transport.requests[1].timeout
    assert.is_true(timeout > 29 and timeout <= 30)
  end)

  it("shows no secret when it is printed, with all that it refers to", function()
    local seen = {}
    local function dump(value)
      if type(value) == "string" then assert.is_nil(value:find("hush", 1, true)) end
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for k, v in pairs(value) do dump(k) dump(v) end
      dump(getmetatable(value))
    end
    local own = new_client(fake_transport.new(MOVED), { transport = { proxy = "http://user:hush@proxy:1" } })
    dump(own)
    dump(new_client())
    assert.equal("kms.huawei client", tostring(own))
  end)

  it("shares its transport with other clients without transport options, and the last one closes it", function()
    local output, ok = subprocess.run([[
      local created = {}
      package.loaded["kms.transport.curl"] = { new = function(options)
        local transport = { options = options, open = true, sends = 0, sleep = function() end }
        function transport:send() self.sends = self.sends + 1 return nil, "nobody there" end
        function transport:close() self.open = false end
        created[#created + 1] = transport
        return transport
      end }
      local kms = require "kms"
      local function client(transport)
        return kms.ncloud { credentials = { access_key = "A", secret_key = "S" }, transport = transport, retry = false }
      end
      local function call(one) one:rename_key { key_tag = "t", key_name = "name" } end
      local one, other, own = client(), client {}, client { timeout = 5 }
      call(one) call(other) call(own)
      assert(#created == 2 and created[1].sends == 2 and created[2].sends == 1 and created[2].options.timeout == 5)
      own:close()
      assert(not created[2].open and created[1].open)
      one:close()
      assert(created[1].open)
      call(one) -- uses it again
      assert(#created == 2 and created[1].sends == 3)
      other:close() one:close() one:close()
      assert(not created[1].open)
      call(other)
      assert(#created == 3 and created[3].open and created[3].sends == 1)
      other = nil
      collectgarbage() collectgarbage()
      local last = client()
      call(last)
      assert(#created == 3 or #created == 4) -- the same transport, unless it was collected with its last client
      last:close()
      assert(not created[#created].open)
    ]])
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("that is closed in a callback keeps its transport until the call has ended, and the outcome of the call", function()
    local output, ok = subprocess.run([[
      local created = {}
      package.loaded["kms.transport.curl"] = { new = function()
        local transport = { open = true, sends = 0, time = 0 }
        function transport:clock() assert(self.open, "transport is closed") return self.time end
        function transport:sleep(seconds) assert(self.open, "transport is closed") self.time = self.time + seconds end
        function transport:send()
          assert(self.open, "transport is closed")
          self.sends = self.sends + 1
          if self.sends == 1 then return nil, { code = "closed", message = "lost" } end
          return { status = 200, headers = {}, body = '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"name"}}' }
        end
        function transport:close() self.open = false end
        created[#created + 1] = transport
        return transport
      end }
      local kms = require "kms"
      local client
      local KEYS = { access_key = "A", secret_key = "S" }
      local PARAMS = { key_tag = "t", key_name = "name" }
      for _, options in ipairs {
        { credentials = KEYS, on_attempt = function() client:close() end },
        { credentials = function() client:close() return KEYS end },
        { credentials = { name = "own", get = function() client:close() return KEYS end } },
      } do
        created = {}
        options.transport = { timeout = 9 }
        client = kms.ncloud(options)
        local result = assert(client:rename_key(PARAMS))
        assert(result.key_name == "name" and result.warning == nil, result.warning)
        assert(#created == 1 and created[1].sends == 2 and not created[1].open)
        client:rename_key(PARAMS)
        assert(#created == 2)
      end
      -- A raise in the caller's code ends the call too.
      created = {}
      client = kms.ncloud { credentials = function() client:close() error "broken" end, transport = { timeout = 9 } }
      assert(not pcall(client.rename_key, client, PARAMS))
      assert(not created[1].open)
    ]])
    assert.equal("", output)
    assert.is_true(ok)
  end)

  it("raises at the caller's line if the caller's transport is closed", function()
    local curl = require "kms.transport.curl"
    local transport = curl.new {}
    transport:close()
    local closed_client = new_client(transport)
    local message = catch(function() closed_client:update_primary_region(PARAMS) end)
    assert.equal("bad argument #1 to 'huawei' (transport is closed)", message)
  end)

  it("closes a transport that it created, and no other", function()
    local closed = 0
    local transport = fake_transport.new(MOVED)
    function transport.close() closed = closed + 1 end
    local own = new_client(transport)
    own:update_primary_region(PARAMS)
    own:close()
    assert.equal(0, closed)
    new_client({}):close() -- before the first call there is nothing to close
  end)
end)

describe("a client without retries", function()
  it("reports throttling and the pause that the server asks for", function()
    local cloud = require("kms.emulator").new()
    local account = require("kms.emulator").fixtures.accounts[1]
    cloud:fault { kind = "throttled", retry_after = 7 }
    local huawei = new_client(cloud, { credentials = { access_key = account.access_key, secret_key = account.secret_key } })
    local _, err = huawei:update_primary_region(PARAMS)
    assert.same({ "APIGW.0308", true, 7, 1 }, { err.code, err.throttled, err.retry_after, err.attempts })
    assert.equal(1, cloud:requests())
    _, err = huawei:update_primary_region { key_id = KEY_ID, primary_region = "cn-east-33" }
    assert.is_nil(err.throttled)
  end)
end)
