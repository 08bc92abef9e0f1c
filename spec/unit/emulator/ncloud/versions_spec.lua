--- kms.emulator.ncloud.versions: the versions of a key.

local emulator = require "kms.emulator"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG = emulated_ncloud.ROTATED_TAG

local cloud, ncloud

local function versions() return ncloud:call("GET", "/" .. TAG .. "/versions") end

before_each(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

describe("the versions of a key in the emulator", function()
  it("list_key_versions returns all versions", function()
    local now = math.floor(cloud:now() * 1000)
    local function version(number) return { version = number, status = "ENABLE", statusDate = now, rotatedDate = now } end
    assert.same({ keyTag = TAG, currentVersion = 3, versionList = { version(1), version(2), version(3) } }, versions())
  end)

  it("disable_key_version and enable_key_version change one version", function()
    cloud:advance(5)
    local now = math.floor(cloud:now() * 1000)
    assert.same({ version = 2, status = "DISABLE", statusDate = now }, ncloud:call("POST", "/" .. TAG .. "/versions/2/disable"))
    assert.equal("DISABLE", versions().versionList[2].status)
    assert.equal("ENABLE", versions().versionList[1].status)
    assert.same({ version = 2, status = "ENABLE", statusDate = now }, ncloud:call("POST", "/" .. TAG .. "/versions/2/enable"))
  end)

  for _, case in ipairs {
    { "the newest version", "UNPROCESSABLE_ENTITY", "3" },
    { "a version that does not exist", "NOT_FOUND", "4" },
    { "the version 0", "INVALID_REQUEST", "0" },
    { "the version 101", "INVALID_REQUEST", "101" },
    { "a version that is not a number", "INVALID_REQUEST", "x" },
  } do
    it("disable_key_version refuses " .. case[1], function()
      ncloud:assert_refused(case[2], "POST", "/" .. TAG .. "/versions/" .. case[3] .. "/disable")
    end)
  end

  it("a version cannot be changed while the key is disabled", function()
    ncloud:call("POST", "/" .. TAG .. "/disable")
    for _, action in ipairs { "enable", "disable" } do
      ncloud:assert_refused("UNPROCESSABLE_ENTITY", "POST", "/" .. TAG .. "/versions/1/" .. action)
    end
  end)
end)
