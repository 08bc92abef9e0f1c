local provider_call = require "spec.helpers.provider_call"
local fake_transport = require "spec.helpers.fake_transport"
local credentials = require "kms.credentials"
local emulator = require "kms.emulator"
local Error = require "kms.error"
local kms = require "kms"

local KEYS = { access_key = "AK", secret_key = "SK" }

local function get(...)
  return credentials.chain { ... }:get(provider_call.new_context("huawei", fake_transport.new {}))
end

local function return_nothing() return nil end

local function names(err)
  local list = {}
  for i, entry in ipairs(err.tried) do list[i] = entry.name end
  return list
end

describe("kms.credentials.chain", function()
  it("a chain returns the credentials of the first member that has some, and asks no further", function()
    local count = 0
    local function counted_keys()
      count = count + 1
      return KEYS
    end
    assert.same(KEYS, (get(return_nothing, { access_key = "AK", secret_key = "SK" }, counted_keys)))
    assert.equal(0, count)
    assert.same(KEYS, (get(return_nothing, counted_keys)))
  end)

  it("a chain without credentials lists all that it tried, in order, with the reasons", function()
    local err = provider_call.assert_failure("missing", {}, get(return_nothing,
      credentials.chain { return_nothing, credentials.container() }, { name = "mine", get = return_nothing }))
    assert.same({ "function", "function", "container", "mine" }, names(err))
    assert.equal("no pod identity: HC_CONTAINER_CREDENTIALS_FULL_URI is not set", err.tried[3].reason)
    assert.equal("the credentials function returned nothing; the credentials function returned nothing; "
      .. "no pod identity: HC_CONTAINER_CREDENTIALS_FULL_URI is not set; credential provider mine returned nothing",
      err.message)
  end)

  it("a chain stops at a member that is configured but wrong, so that no call is made under another identity", function()
    for _, code in ipairs { "invalid", "unavailable", "refused", "expired" } do
      local function fail()
        return nil, Error.new { kind = "credentials", code = code, message = "no", cause = "c" }
      end
      local err = provider_call.assert_failure(code, {}, get(return_nothing, fail, KEYS))
      assert.equal("no", err.message)
      assert.equal("c", err.cause)
      assert.same({ "function", "function" }, names(err))
    end
  end)

  it("a chain tells its members, a caller's own provider included, which credentials the cloud refused", function()
    local cloud, calls = emulator.new(), {}
    local account = emulator.fixtures.accounts[1]
    local own = { name = "vault" }
    function own.get() return { access_key = account.access_key, secret_key = "hush" } end
    function own:forget(refused) calls[#calls + 1] = { self, refused and refused.secret_key or "everything" } end
    local silent = { name = "silent", get = return_nothing }
    local client = kms.huawei { region = "cn-north-4", project_id = account.projects["cn-north-4"], transport = cloud,
      credentials = credentials.chain { credentials.environment(), silent, own } }
    local _, err = client:update_primary_region { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      primary_region = "cn-east-3" }
    assert.equal("APIGW.0301", err.code)
    client:reset()
    assert.same({ { own, "hush" }, { own, "everything" } }, calls)
  end)

  it("a chain on a machine without a metadata service does not send a request at every call", function()
    local transport = fake_transport.new(Error.new { kind = "transport", code = "connect", message = "no route",
      uncertain = false })
    local chain = credentials.chain { credentials.metadata(), { access_key = "AK", secret_key = "SK" } }
    for _ = 1, 10 do assert.equal("AK", chain:get(provider_call.new_context("huawei", transport)).access_key) end
    assert.equal(1, #transport.requests)
  end)
end)
