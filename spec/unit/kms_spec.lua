local catch = require "spec.helpers.catch"
local Error = require "kms.error"
local fake_transport = require "spec.helpers.fake_transport"
local kms = require "kms"
local lua_features = require "spec.helpers.lua_features"
local subprocess = require "spec.helpers.subprocess"

local PARAMS = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
local MOVED = { '{"key_id":"' .. PARAMS.key_id .. '","primary_region":"cn-east-3"}' }

describe("kms", function()
  it("has the documented members, and no others", function()
    local names = {}
    for name in pairs(kms) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "_NAME", "_VERSION", "bulk", "credentials", "huawei", "is_error", "ncloud", "parallel", "preload", "rename_key",
      "update_primary_region" }, names)
  end)

  local KEYS = { access_key = "AK", secret_key = "S" }

  it("update_primary_region calls through the client that it gets", function()
    local transport = fake_transport.new(MOVED)
    local client = kms.huawei { region = "cn-north-4", project_id = ("a"):rep(32), credentials = KEYS, transport = transport }
    assert.same(PARAMS, kms.update_primary_region(PARAMS, client))
    assert.equal(1, #transport.requests)
    kms.update_primary_region(PARAMS, client, { timeout = 2 })
    assert.equal(2, transport.requests[2].timeout)
  end)

  it("raises without the caller's line where the tail call to a method hides it, in Lua 5.1", function()
    local ok, message = pcall(function() kms.rename_key({}, kms.ncloud { credentials = KEYS }) end)
    assert.is_false(ok)
    local expected = "bad argument #1 to 'rename_key' (field 'key_tag' is missing)"
    if lua_features.is_lua51 then
      assert.equal(expected, message)
    else
      assert.matches("^spec/unit/kms_spec.lua:%d+: ", message)
      assert.matches(expected, message, 1, true)
    end
  end)

  for expected, call in pairs {
    ["bad argument #3 to 'rename_key' (unknown option \"time_out\"; known: timeout)"] =
      function() kms.rename_key({ key_tag = "t", key_name = "name" }, kms.ncloud {}, { time_out = 1 }) end,
    ["bad argument #2 to 'rename_key' (kms.ncloud client expected, got table)"] =
      function() kms.rename_key({}, kms.huawei {}) end,
    ["bad argument #2 to 'update_primary_region' (kms.huawei client expected, got string)"] =
      function() kms.update_primary_region({}, "x") end,
    ["bad argument #1 to 'parallel' (table expected, got string)"] =
      function() local parallel = kms.parallel "x" return parallel end,
  } do
    it("raises at the caller's line: " .. expected, function() assert.equal(expected, catch(call)) end)
  end

  describe("without a client", function()
    local PROGRAM = [[
      local fake_transport = require "spec.helpers.fake_transport"
      local transports = {}
      package.loaded["kms.transport.curl"] = { new = function()
        transports[#transports + 1] = fake_transport.new { '{"code":"SUCCESS","data":{"keyTag":"t","keyName":"name"}}' }
        return transports[#transports]
      end }
      local kms = require "kms"
      for _ = 1, 2 do
        local result, err = kms.rename_key { key_tag = "t", key_name = "name" }
        print(result and result.key_name or err)
      end
      print(#transports, #transports[1].requests)
    ]]

    it("a plain function creates one from the environment, once", function()
      assert.equal("name\nname\n1\t2\n",
        (subprocess.run(PROGRAM, { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S" })))
    end)

    it("a plain function says which credentials are missing, and where it looked", function()
      local output = subprocess.run(PROGRAM)
      assert.matches("^ncloud rename_key t: credentials error missing: ", output)
      assert.matches("NCLOUD_ACCESS_KEY_ID or NCLOUD_ACCESS_KEY", output, 1, true)
      assert.matches("NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY", output, 1, true)
      assert.matches("~/.ncloud/configure", output, 1, true)
      assert.matches("\n1\t0\n$", output)
    end)
  end)

  it("is_error tells an error of this library from every other value", function()
    assert.is_true(kms.is_error(Error.new { kind = "invalid" }))
    assert.is_false(kms.is_error { kind = "invalid" })
    assert.is_false(kms.is_error(nil))
  end)

  it("preload loads what calls need, so that they work after chroot", function()
    local output, ok = subprocess.run [[
      local kms = require "kms"
      local fake_transport = require "spec.helpers.fake_transport"
      kms.preload()
      package.path, package.cpath, package.searchpath = "", "", nil
      local searchers = package.searchers or package.loaders
      for i = #searchers, 1, -1 do searchers[i] = nil end
      local function send()
        local transport = fake_transport.new { status = 500, body = "{}" }
        for _, credentials in ipairs {
          { access_key = "A", secret_key = "S" }, kms.credentials.environment(), kms.credentials.file(),
          kms.credentials.metadata(), kms.credentials.chain { kms.credentials.environment() },
          kms.credentials.container { uri = "http://127.0.0.1/x" }, kms.credentials.oidc {},
        } do
          kms.huawei({ region = "cn-north-4", project_id = "auto", transport = transport, credentials = credentials })
            :update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" }
        end
        kms.ncloud({ transport = transport, credentials = kms.credentials.metadata() }):get_key { key_tag = "t" }
      end
      for _ in kms.parallel({}):map({ 1, 2 }, send) do end
      send()
      kms.ncloud({ endpoint = "http://127.0.0.1:1", retry = false, credentials = { access_key = "A", secret_key = "S" } })
        :get_key { key_tag = "t" }
      print "done"
    ]]
    assert.equal("done\n", output)
    assert.is_true(ok)
  end)

  it("works where the functions of Lua are behind a metatable of _G", function()
    local output, ok = subprocess.run [[
      local next, print, setmetatable, _G = next, print, setmetatable, _G
      local hidden = {}
      for name, value in next, _G do hidden[name] = value end
      for name in next, hidden do
        if name ~= "_G" and name ~= "package" then _G[name] = nil end
      end
      setmetatable(_G, { __index = hidden })
      local kms, emulator = require "kms", require "kms.emulator"
      local account = emulator.fixtures.accounts[1]
      local keys = { access_key = account.access_key, secret_key = account.secret_key }
      for _, credentials in ipairs { keys, kms.credentials.metadata() } do
        local client = kms.huawei { region = "cn-north-4", project_id = "auto", transport = emulator.new(), credentials = credentials }
        assert(client:list_keys())
        assert(client:update_primary_region {
          key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", primary_region = "cn-east-3" })
      end
      local client = kms.ncloud { transport = emulator.new(), credentials = kms.credentials.metadata() }
      for _, key, err in kms.parallel():map({ 1 }, function() return client:list_keys() end) do assert(key, err) end
      print "done"
    ]]
    assert.equal("done\n", output)
    assert.is_true(ok)
  end)

  it("handles every failure of a call without opening a file, because no descriptor may be left", function()
    local output, ok = subprocess.run [[
      local kms = require "kms"
      local fake_transport = require "spec.helpers.fake_transport"
      local Error = require "kms.error"
      local KEY, TAG = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", ("t"):rep(52)
      local response
      local transport = fake_transport.new(function()
        if response.kind then return nil, response end
        return response
      end)
      local keys, events = { access_key = "AKIDEXAMPLE", secret_key = "secretKeyOfTheSpec" }, 0
      local options = { transport = transport, credentials = keys, retry = { attempts = 2, base = 0.001 },
        on_attempt = function() events = events + 1 end }
      local ncloud = kms.ncloud(options)
      options.region, options.project_id = "cn-north-4", ("a"):rep(32)
      local huawei = kms.huawei(options)
      response = { status = 200, headers = {}, body = '{"key_id":"' .. KEY .. '","primary_region":"cn-east-3"}' }
      assert(huawei:update_primary_region { key_id = KEY, primary_region = "cn-east-3" })
      response = { status = 200, headers = {}, body = '{"code":"SUCCESS","data":{"keyTag":"' .. TAG .. '","keyName":"name"}}' }
      assert(ncloud:rename_key { key_tag = TAG, key_name = "name" })

      package.path, package.cpath, package.searchpath = "", "", nil
      local searchers = package.searchers or package.loaders
      for i = #searchers, 2, -1 do searchers[i] = nil end -- all but package.preload
      io.open = function() error "a file is opened" end
      local function check(kind)
        for _, err in ipairs {
          select(2, huawei:update_primary_region { key_id = KEY, primary_region = "cn-east-3" }),
          select(2, ncloud:rename_key { key_tag = TAG, key_name = "name" }),
        } do
          assert(err.kind == kind, tostring(err))
          assert(#tostring(err) > 10)
        end
      end
      for _, row in ipairs {
        { "service", { status = 500, headers = { ["retry-after"] = "0" },
          body = '{"error_code":"X","error_msg":"S","error":{"errorCode":"1","message":"m"}}' } },
        { "service", { status = 400, headers = { date = "Fri, 02 Jan 2026 03:05:05 GMT" },
          body = '{"error":{"errorCode":"1","message":"canonicalRequest:a|b|c"}}' } },
        { "protocol", { status = 200, headers = {}, body = "<html>" } },
        { "protocol", { status = 200, headers = {}, body = '{"data":[],"x":1.50}' } },
        { "transport", Error.new { kind = "transport", code = "connect", message = "refused" } },
      } do
        response = row[2]
        check(row[1])
      end
      assert(events > 10)
      assert(select(2, huawei:update_primary_region { key_id = "X", primary_region = "y" }).kind == "invalid")
      print "done"
    ]]
    assert.equal("done\n", output)
    assert.is_true(ok)
  end)

  it("loads no provider, no transport and no library of C before it is needed", function()
    local output = subprocess.run [[
      require "kms"
      for _, name in ipairs { "kms.huawei", "kms.ncloud", "kms.transport.curl", "kms.parallel", "kms.huawei.iam" } do
        io.write(name, package.loaded[name] and " loaded\n" or " not loaded\n")
      end
    ]]
    assert.is_nil(output:gsub("not loaded", ""):find("loaded", 1, true), output)
  end)
end)
