--- kms.emulator.ncloud.acl: the addresses that may use the tokens of a key. What the list forbids is in tokens_spec.

local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG = emulated_ncloud.TAG
local PATH = "/" .. TAG .. "/acl"

local ncloud

before_each(function() ncloud = emulated_ncloud.new(emulator.new()) end)

describe("the access control list of a key in the emulator", function()
  it("the list is empty and not enabled at first", function()
    assert.same({ keyTag = TAG, isAclEnabled = false, allowedIpList = {} }, ncloud:call("GET", PATH))
  end)

  it("an empty list is an array on the wire", function()
    local response = ncloud.cloud:handle(require("spec.helpers.emulator_requests").rename(ncloud.cloud,
      { method = "GET", path = "/kms/v1/keys" .. PATH, body = "" }))
    assert.truthy(response.body:find('"allowedIpList":[]', 1, true), response.body)
  end)

  it("add_acl adds each address once, under either spelling of the member", function()
    assert.same({ keyTag = TAG, allowedIpList = { "10.0.0.1", "10.0.0.2" } },
      ncloud:call("POST", PATH, { ipList = { "10.0.0.1", "10.0.0.2", "10.0.0.1" } }))
    assert.same({ "10.0.0.1", "10.0.0.2", "255.255.255.255" },
      ncloud:call("POST", PATH, { IpList = { "10.0.0.2", "255.255.255.255" } }).allowedIpList)
  end)

  it("delete_acl takes addresses out of the list", function()
    ncloud:call("POST", PATH, { ipList = { "10.0.0.1", "10.0.0.2" } })
    assert.same({ keyTag = TAG, allowedIpList = { "10.0.0.2" } }, ncloud:call("DELETE", PATH, { ipList = { "10.0.0.1", "10.9.9.9" } }))
  end)

  it("enable_ip_acl and disable_ip_acl switch the list", function()
    assert.same({ keyTag = TAG, isAclEnabled = true }, ncloud:call("POST", PATH .. "/enable"))
    assert.is_true(ncloud:call("GET", PATH).isAclEnabled)
    assert.same({ keyTag = TAG, isAclEnabled = false }, ncloud:call("POST", PATH .. "/disable"))
  end)

  for _, case in ipairs {
    { "a body without addresses", {} },
    { "an empty list", { ipList = {} } },
    { "a text in place of a list", { ipList = "10.0.0.1" } },
    { "an address of IPv6", { ipList = { "::1" } } },
    { "a network", { ipList = { "10.0.0.0/8" } } },
    { "an address above 255", { ipList = { "10.0.0.256" } } },
    { "a number", { ipList = { 10 } } },
  } do
    it("add_acl and delete_acl refuse " .. case[1], function()
      ncloud:assert_refused("INVALID_REQUEST", "POST", PATH, case[2])
      ncloud:assert_refused("INVALID_REQUEST", "DELETE", PATH, case[2])
    end)
  end

  it("the list of a disabled key can be read and not changed", function()
    local path = "/" .. emulated_ncloud.DISABLED_TAG .. "/acl"
    ncloud:call("GET", path)
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", path .. "/enable")
    ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", path, { ipList = { "10.0.0.1" } })
  end)
end)
