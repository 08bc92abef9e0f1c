--- An outside witness: the core of Huawei Cloud's official Node SDK signs the same call, and the emulator accepts it. Where
--- node, or the SDK in build/reference_sdk (see tools/install-deps), is missing, this is pending; in CI that is a failure.

local cjson = require "cjson"
local emulated = require "spec.helpers.emulator_client"

local KEY = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
local MODULES = (os.getenv "BUILD" or "build") .. "/reference_sdk/node_modules"

local function succeeds(command)
  local result = os.execute(command .. " > /dev/null 2>&1")
  return result == true or result == 0 -- Lua 5.1 gives the status alone
end

local missing = not succeeds "node --version" and "node is not installed"
  or not succeeds("test -d " .. MODULES .. "/@huaweicloud/huaweicloud-sdk-core") and "the SDK is not in build/reference_sdk"

-- An answer as the SDK saw it.
local function witness(change)
  local account = emulated.accounts.huawei
  local home = os.getenv "KMS_EMULATOR_DIR" .. "/witness-home" -- the SDK writes an id of its own below HOME
  local pipe = io.popen(table.concat({
    "mkdir -p '" .. home .. "'; env",
    "HOME='" .. home .. "'",
    "WITNESS_MODULES=\"$(realpath " .. MODULES .. ")\"",
    "NODE_EXTRA_CA_CERTS='" .. emulated.ca_file .. "'",
    "HUAWEICLOUD_SDK_AK=" .. account.access_key,
    "HUAWEICLOUD_SDK_SK=" .. (change.secret_key or account.secret_key),
    "HUAWEICLOUD_SDK_PROJECT_ID=" .. account.projects["cn-north-4"],
    "node spec/e2e/reference_sdk/update_primary_region.js", emulated.huawei["cn-north-4"], KEY, "cn-east-3",
    "2> '" .. home .. "/log'",
  }, " "))
  local output = pipe:read "*a"
  pipe:close()
  return cjson.decode(output)
end

describe("the official Node SDK #sdk", function()
  if missing then
    if os.getenv "CI" then
      it("is there to bear witness", function() error(missing) end)
    else
      pending("bears witness: " .. missing)
    end
    return
  end

  before_each(emulated.reset)

  it("makes the call that the emulator accepts", function()
    assert.same({ status = 200, key_id = KEY, primary_region = "cn-east-3" }, witness {})
    assert.equal("cn-east-3", emulated.state().keys[KEY].primary)
  end)

  it("is refused with a wrong secret", function()
    local result = witness { secret_key = "wrong" }
    assert.equal(401, result.status)
    assert.equal("APIGW.0301", result.code)
    assert.truthy(result.message:find("verify aksk signature fail, canonicalRequest:PUT|/v2/", 1, true))
    assert.equal("cn-north-4", emulated.state().keys[KEY].primary)
  end)
end)
