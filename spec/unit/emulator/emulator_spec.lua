--- kms.emulator: creation, reset, time, request counts and state.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"
local subprocess = require "spec.helpers.subprocess"
local versions = require "spec.helpers.versions"

local TAG = requests.TAG

local cloud

local function move(change) return requests.move(cloud, change) end
local function rename(change) return requests.rename(cloud, change) end

before_each(function() cloud = emulator.new() end)

describe("kms.emulator", function()
  it("emulator.new accepts more hosts and keeps the real ones", function()
    cloud = emulator.new { hosts = { ["localhost:8443"] = { provider = "huawei", region = "cn-north-4" },
      ["localhost:8444"] = { provider = "ncloud" } } }
    requests.assert_accepted(cloud, move { host = "localhost:8443", target = "cn-north-4" })
    requests.assert_accepted(cloud, rename { host = "localhost:8444" })
    requests.assert_accepted(cloud, move())
    requests.assert_accepted(cloud, rename { host = "OCAPI.ncloud.com:443" })
    assert.equal(421, cloud:handle(move { host = "localhost:1" }).status)
  end)

  it("emulator.new copies its options, and cloud:key returns a copy", function()
    local keys = { { provider = "ncloud", key_tag = "t", key_name = "abc" } }
    cloud = emulator.new { keys = keys }
    requests.assert_accepted(cloud, rename { tag = "t" })
    assert.equal("abc", keys[1].key_name)
    cloud:key("t").key_name = "other"
    assert.equal("newKeyName", cloud:key("t").key_name)
    assert.is_nil(cloud:key "u")
  end)

  it("the option seed sets accounts, keys and settings, each unless there is an option of its own", function()
    local seed = {
      accounts = { { provider = "ncloud", access_key = "A", secret_key = "S", owner = "team" } },
      keys = { { provider = "ncloud", key_tag = "t", key_name = "abc", owner = "team" } },
      settings = { agency = false },
    }
    cloud = emulator.new { seed = seed }
    requests.assert_accepted(cloud, rename { tag = "t", access_key = "A", secret_key = "S" })
    assert.is_nil(cloud:key(TAG))
    assert.is_false(cloud:settings().agency)
    assert.equal("abc", seed.keys[1].key_name)
    cloud = emulator.new { seed = seed, keys = {} }
    assert.is_nil(cloud:key "t")
    requests.assert_refused(cloud, { 404, "NOT_FOUND" }, rename { tag = "t", access_key = "A", secret_key = "S" })
    cloud = emulator.new { seed = { settings = { agency = false } } }
    requests.assert_accepted(cloud, rename())
  end)

  it("cloud:reset restores keys, request counts, faults and time", function()
    requests.handle(cloud, move())
    requests.handle(cloud, rename())
    requests.handle(cloud, rename { secret_key = "wrong" })
    assert.equal(3, cloud:requests())
    assert.equal(1, cloud:requests "huawei")
    assert.equal(2, cloud:requests "ncloud")
    cloud:fault { kind = "bad_gateway" }
    local start = cloud:now()
    cloud:advance(100)
    cloud:reset()
    assert.equal(0, cloud:requests())
    assert.equal(start, cloud:now())
    assert.equal("oldKeyName", cloud:key(TAG).key_name)
    requests.assert_accepted(cloud, move())
  end)

  it("cloud:requests counts by provider and by operation", function()
    requests.handle(cloud, move())
    requests.handle(cloud, move())
    requests.handle(cloud, move { path = "/x" })
    assert.equal(3, cloud:requests "huawei")
    assert.equal(2, cloud:requests("huawei", "update_primary_region"))
    assert.equal(0, cloud:requests("ncloud", "rename_key"))
    assert.same({ huawei = 3, ncloud = 0, iam = 0, metadata = 0 }, cloud:state().requests)
    assert.same({ update_primary_region = 2 }, cloud:state().operations.huawei)
  end)

  it("time starts at the present and changes by sleep and advance only", function()
    local start = cloud:now()
    assert.is_true(math.abs(start - os.time()) < 60)
    cloud:sleep(2.5)
    cloud:advance(1)
    assert.equal(start + 3.5, cloud:now())
    assert.equal(start + 3.5, cloud:clock())
  end)

  it("cloud:advance refuses what is not a number, or leads to a time that is not a date", function()
    for _, value in ipairs { math.huge, -math.huge, 0 / 0, 1e300, -1e12, "1" } do
      assert.has_error(function() cloud:advance(value) end)
    end
  end)

  it("time follows the option clock", function()
    local time = 1000
    cloud = emulator.new { clock = function() return time end }
    time = 2000
    cloud:sleep(5)
    assert.equal(2005, cloud:now())
  end)

  it("emulator.new says at its caller's line that OpenSSL has no provider of algorithms", function()
    local reason = versions.find_reason("OpenSSL", "3.0")
    if reason then return pending(reason) end
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n"
    file:close()
    local output = subprocess.run('print(pcall(function() require("kms.emulator").new() end))', { OPENSSL_CONF = path })
    os.remove(path)
    assert.equal('false\t(command line):1: the emulator needs SHA-256, which OpenSSL in this process lacks\n', output)
  end)

  it("loads no native module of this library, so that NGINX can run it without a build for its Lua", function()
    assert.equal("", (subprocess.run [[
      require "kms.emulator"
      for _, name in ipairs { "kms.sign", "kms.http1", "kms.transport.curl" } do
        if package.loaded[name] then print(name) end
      end
    ]]))
  end)
end)
