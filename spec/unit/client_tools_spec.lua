local catch = require "spec.helpers.catch"
local fake_transport = require "spec.helpers.fake_transport"
local huawei_client = require "spec.helpers.huawei_client"
local kms = require "kms"

local KEY_ID, PARAMS, PROJECT_ID = huawei_client.KEY_ID, huawei_client.PARAMS, huawei_client.PROJECT_ID
local new_client = huawei_client.new

describe("client:with", function()
  local emulator = require "kms.emulator"
  local ACCOUNT = emulator.fixtures.accounts[1]
  local ACCOUNT_KEYS = { access_key = ACCOUNT.access_key, secret_key = ACCOUNT.secret_key }
  local WRONG_KEYS = { access_key = ACCOUNT.access_key, secret_key = "hush" }

  local function new(cloud, options)
    local all = { region = "cn-north-4", project_id = "auto", credentials = ACCOUNT_KEYS, transport = cloud }
    for name, value in pairs(options or {}) do all[name] = value end
    return kms.huawei(all)
  end

  it("returns a client of another region that has the other options", function()
    local cloud = emulator.new()
    local huawei = new(cloud)
    local target = huawei:with { region = "cn-east-3" }
    assert.equal("cn-east-3", assert(target:target()).region)
    assert.equal("cn-north-4", assert(huawei:target()).region)
    assert(huawei:update_primary_region(PARAMS))
    assert.equal("cn-east-3", assert(target:update_primary_region(PARAMS)).primary_region)
  end)

  it("removes an option of the provider whose value is false", function()
    local huawei = new(emulator.new(), { endpoint = "https://kms.example.com" })
    assert.equal("kms.example.com", assert(huawei:target()).host)
    assert.equal("kms.cn-north-4.myhuaweicloud.com", assert(huawei:with({ endpoint = false }):target()).host)
  end)

  it("shares the lock guard, so that refused credentials are not sent by the other client", function()
    local cloud = emulator.new()
    local huawei = new(cloud, { credentials = WRONG_KEYS, project_id = ACCOUNT.projects["cn-north-4"] })
    local _, err = huawei:update_primary_region(PARAMS)
    assert.equal(401, err.status)
    _, err = huawei:with({ retry = false }):update_primary_region(PARAMS)
    assert.equal("guarded", err.code)
    assert.equal(1, cloud:requests "huawei")
    assert(huawei:with({ credentials = ACCOUNT_KEYS }):update_primary_region(PARAMS))
  end)

  it("shares a provider that fetches credentials", function()
    local fetched = 0
    local huawei = new(emulator.new(), { credentials = function()
      fetched = fetched + 1
      return ACCOUNT_KEYS
    end })
    assert(huawei:with({ retry = false }):update_primary_region(PARAMS))
    assert.equal(1, fetched)
  end)

  it("raises for changes that are not options", function()
    local huawei = new(emulator.new())
    assert.equal("bad argument #1 to 'with' (table expected, got nil)", catch(function() huawei:with() end))
    assert.matches("unknown option \"regoin\"", catch(function() huawei:with { regoin = "cn-east-3" } end), 1, true)
    assert.matches("calling 'with' on bad self", catch(function() huawei.with({}, {}) end), 1, true)
  end)
end)

describe("the methods of a client for tools", function()
  local emulator = require "kms.emulator"

  it("operation returns the entry of an operation, and nil for other names", function()
    local entry = new_client(fake_transport.new()):operation "update_primary_region"
    assert.equal("update_primary_region", entry.name)
    assert.is_true(entry.repeatable)
    assert.is_nil(new_client(fake_transport.new()):operation "move_all")
  end)

  it("validate returns the error of a call, and sends nothing", function()
    local huawei = new_client(fake_transport.new())
    assert.is_true(huawei:validate("update_primary_region", PARAMS))
    local ok, err = huawei:validate("update_primary_region", { key_id = "0d04", primary_region = "cn-east-3" })
    assert.is_nil(ok)
    assert.same({ "invalid", "key_id" }, { err.kind, err.code })
    ok, err = huawei:validate("update_primary_region", { key_id = KEY_ID })
    assert.is_nil(ok)
    assert.same({ "invalid", "params", "field 'primary_region' is missing" }, { err.kind, err.code, err.message })
    assert.equal('bad argument #1 to \'validate\' (no operation "move_all")',
      catch(function() huawei:validate("move_all", {}) end))
  end)

  it("target returns where calls go, or what is missing", function()
    assert.same({ provider = "huawei", host = "kms.cn-north-4.myhuaweicloud.com", region = "cn-north-4",
      project_id = PROJECT_ID }, (new_client(fake_transport.new()):target()))
    assert.same({ provider = "ncloud", host = "ocapi-kr.ncloud.com" }, (kms.ncloud({ zone = "kr" }):target()))
    local target, err = kms.huawei({ project_id = PROJECT_ID }):target()
    assert.is_nil(target)
    assert.equal("region", err.code)
  end)

  it("clock and sleep use the time of the transport", function()
    local cloud = emulator.new()
    local huawei = new_client(cloud)
    local start = huawei:clock()
    huawei:sleep(2.5)
    assert.equal(2.5, huawei:clock() - start)
    assert.is_true(new_client { send = print }:clock() > 0)
  end)
end)

describe("kms.client_tools", function()
  it("supplies each of its methods to clients at the first use of any of them", function()
    local client, ncloud = require "kms.client", require "kms.ncloud"
    local count = 0
    for name in pairs(require("kms.client_tools").new_methods(ncloud, {})) do
      assert.is_function(client.new_constructor(ncloud)({})[name], name)
      count = count + 1
    end
    assert.equal(8, count)
  end)
end)
