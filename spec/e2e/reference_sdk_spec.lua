--- The reference SDK: the core of Huawei Cloud's official Node SDK signs the same call, and the emulator accepts it. Needs
--- Node.js and the SDK in build/reference_sdk (see tools/install-deps). If one is missing, CI fails; elsewhere this is
--- pending.

local cjson = require "cjson"
local emulator = require "spec.helpers.emulator_client"

local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local MODULES = (os.getenv "BUILD" or "build") .. "/reference_sdk/node_modules"

local function succeeds(command)
  local result = os.execute(command .. " > /dev/null 2>&1")
  return result == true or result == 0 -- Lua 5.1 returns only the status
end

local function find_missing()
  if not succeeds "node --version" then return "node is not installed" end
  if not succeeds("test -d " .. MODULES .. "/@huaweicloud/huaweicloud-sdk-core") then return MODULES .. " has no SDK" end
end

--- Runs the SDK and returns the response as the SDK reports it.
---@param secret_key string? default: the account's
local function update_primary_region(secret_key)
  local account = emulator.accounts.huawei
  local home = os.getenv "KMS_EMULATOR_DIR" .. "/reference_sdk_home" -- the SDK writes an id below HOME
  local pipe = io.popen(table.concat({
    "mkdir -p '" .. home .. "'; env",
    "HOME='" .. home .. "'",
    "SDK_MODULES=\"$(realpath " .. MODULES .. ")\"",
    "NODE_EXTRA_CA_CERTS='" .. emulator.ca_file .. "'",
    "HUAWEICLOUD_SDK_AK=" .. account.access_key,
    "HUAWEICLOUD_SDK_SK=" .. (secret_key or account.secret_key),
    "HUAWEICLOUD_SDK_PROJECT_ID=" .. account.projects["cn-north-4"],
    "node spec/e2e/reference_sdk/update_primary_region.js", emulator.huawei["cn-north-4"], KEY, "cn-east-3",
    "2> '" .. home .. "/log'",
  }, " "))
  local output = pipe:read "*a"
  pipe:close()
  return cjson.decode(output)
end

describe("the reference SDK #sdk", function()
  local missing = find_missing()
  if missing then
    if os.getenv "CI" then
      it("is installed", function() error(missing) end)
    else
      pending("is not used: " .. missing)
    end
    return
  end

  before_each(emulator.reset)

  it("makes a call that the emulator accepts", function()
    assert.same({ status = 200, key_id = KEY, primary_region = "cn-east-3" }, update_primary_region())
    assert.equal("cn-east-3", emulator.state().keys[KEY].primary)
  end)

  it("is refused by the emulator with a wrong secret key", function()
    local result = update_primary_region "wrong"
    assert.equal(401, result.status)
    assert.equal("APIGW.0301", result.code)
    assert.truthy(result.message:find("verify aksk signature fail, canonicalRequest:PUT|/v2/", 1, true))
    assert.equal("cn-north-4", emulator.state().keys[KEY].primary)
  end)
end)
