local catch = require "spec.helpers.catch"
local fake_transport = require "spec.helpers.fake_transport"
local huawei_client = require "spec.helpers.huawei_client"
local kms = require "kms"

local KEY_ID, PARAMS, MOVED = huawei_client.KEY_ID, huawei_client.PARAMS, huawei_client.MOVED
local new_client = huawei_client.new

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
