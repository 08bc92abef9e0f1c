local subprocess = require "spec.helpers.subprocess"

-- Prints the settings of a client with some options, or the error.
local PROGRAM = [[
  local client_settings, kms = require "kms.client_settings", require "kms"
  local client = kms.huawei { %s }
  local err = client_settings.resolve(client)
  print(err and err.kind .. " " .. err.code .. ": " .. err.message or client.settings.host)
]]

local PROJECT = 'project_id = ("0"):rep(32)'

local function resolve(options, variables)
  return (subprocess.run(PROGRAM:format(options), variables):gsub("\n$", ""))
end

describe("kms.client_settings", function()
  it("options are completed from the environment", function()
    local variables = { HUAWEICLOUD_SDK_REGION = "cn-east-3", HUAWEICLOUD_SDK_PROJECT_ID = ("0"):rep(32) }
    assert.equal("kms.cn-east-3.myhuaweicloud.com", resolve("", variables))
    assert.equal("kms.cn-north-4.myhuaweicloud.com", resolve('region = "cn-north-4"', variables))
  end)

  it("what is missing is named, with the options and variables that would supply it", function()
    assert.equal("invalid region: no region: give the option region or set HUAWEICLOUD_SDK_REGION", resolve(PROJECT))
  end)

  it("a value that is not valid is named by its variable, or else by its option", function()
    assert.matches("^invalid region: HUAWEICLOUD_SDK_REGION must be ", resolve(PROJECT, { HUAWEICLOUD_SDK_REGION = "CN" }))
    assert.matches("^invalid region: region must be ", resolve(PROJECT .. ', region = "CN"'))
  end)
end)
