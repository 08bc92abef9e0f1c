--- kms.emulator.ncloud.gateway: authentication and limits.

local emulator = require "kms.emulator"
local requests = require "spec.helpers.emulator_requests"

local ACCOUNT = emulator.fixtures.accounts[3]
local MAX_BODY = 12 * 1024 * 1024

local cloud

local function rename(change) return requests.rename(cloud, change) end

local function assert_refused(status, code, request, text)
  requests.assert_refused(cloud, { status, code, text }, request)
end

before_each(function() cloud = emulator.new() end)

describe("NAVER's gateway in the emulator", function()
  for _, case in ipairs {
    { "an unknown path", 404, "300", { path = "/kms/v1/nothing" } },
    { "another method", 404, "300", { method = "POST" } },
    { "a body above 12 MB", 413, "430", { body = (" "):rep(MAX_BODY + 1) } },
    { "an unknown access key", 401, "200", { access_key = "NOBODY" }, "Invalid authentication information." },
    { "a wrong secret key", 401, "200", { secret_key = "wrong" }, "Invalid authentication information." },
  } do
    it("the gateway refuses " .. case[1] .. " and changes no key", function()
      local before = cloud:state().keys
      assert_refused(case[2], case[3], rename(case[4]), case[5])
      assert.same(before, cloud:state().keys)
    end)
  end

  for _, name in ipairs { "x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2" } do
    it("the gateway refuses a request without " .. name, function()
      assert_refused(401, "200", requests.remove_header(rename(), name), "Authentication information are missing.")
    end)
  end

  it("the gateway accepts a clock skew of five minutes in both directions, and no more", function()
    for _, offset in ipairs { -300, 300 } do
      requests.assert_accepted(cloud, rename { time = cloud:now() + offset })
    end
    for _, offset in ipairs { -300.001, 300.001 } do
      assert_refused(401, "200", rename { time = cloud:now() + offset }, "Invalid authentication information.")
    end
  end)

  it("the gateway refuses a key from the second at which it expires", function()
    local account = { provider = "ncloud", access_key = "A", secret_key = "S", expires = cloud:now() + 10 }
    cloud = emulator.new { accounts = { account }, clock = function() return account.expires - 10 end }
    local function look()
      return rename { access_key = "A", secret_key = "S", method = "GET", path = "/kms/v1/keys/none", body = "" }
    end
    assert_refused(404, "NOT_FOUND", look())
    cloud:advance(10)
    assert_refused(401, "200", look())
    assert.is_nil(ACCOUNT.expires)
  end)

  it("the gateway locks no access key", function()
    for _ = 1, 6 do assert_refused(401, "200", rename { secret_key = "wrong" }) end
    requests.assert_accepted(cloud, rename())
    assert.same({}, cloud:state().locks)
  end)
end)
