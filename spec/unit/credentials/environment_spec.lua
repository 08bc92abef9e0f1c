local provider_call = require "spec.helpers.provider_call"

local function get(cloud, variables) return provider_call.get_in_process("environment", cloud, variables) end

describe("kms.credentials.environment", function()
  it("the environment provider reads the variables of the official SDKs", function()
    assert.equal("A\tS\tT\tnil", get("huawei",
      { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_SECURITY_TOKEN = "T" }))
    assert.equal("A\tS\tnil\tnil", get("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S" }))
    assert.equal("B\tR\tnil\tnil", get("ncloud", { NCLOUD_ACCESS_KEY = "A", NCLOUD_SECRET_KEY = "S",
      NCLOUD_ACCESS_KEY_ID = "B", NCLOUD_SECRET_ACCESS_KEY = "R" }))
  end)

  it("the environment provider names the option and the variable of what is missing, and ignores empty variables", function()
    local message = "no access_key: give the option credentials.access_key or set HUAWEICLOUD_SDK_AK; "
      .. "no secret_key: give the option credentials.secret_key or set HUAWEICLOUD_SDK_SK"
    assert.equal("credentials\tmissing\t" .. message .. "\nenvironment\tmissing",
      get("huawei", { HUAWEICLOUD_SDK_AK = "", HUAWEICLOUD_SDK_SK = "" }))
  end)

  it("the environment provider reports variables that are set incompletely", function()
    assert.equal("credentials\tinvalid\tNCLOUD_ACCESS_KEY is set, but no secret_key: give the option "
      .. "credentials.secret_key or set NCLOUD_SECRET_ACCESS_KEY or NCLOUD_SECRET_KEY\nenvironment\tinvalid",
      get("ncloud", { NCLOUD_ACCESS_KEY = "hush", NCLOUD_SECRET_KEY = "" }))
    assert.matches("^credentials\tinvalid\tHUAWEICLOUD_SDK_SECURITY_TOKEN is set, but no access_key",
      get("huawei", { HUAWEICLOUD_SDK_SECURITY_TOKEN = "hush" }))
  end)

  it("the environment provider names the variable of a value that may have been misread, and does not show it", function()
    for value, rule in pairs {
      ["hush "] = "1 to 8192 visible ASCII characters, without spaces",
      ["hush\n"] = "1 to 8192 visible ASCII characters, without spaces",
      ["hush\194\160"] = "1 to 8192 visible ASCII characters, without spaces",
      ["\239\187\191hush"] = "1 to 8192 visible ASCII characters, without spaces",
      ["hush\226\128\139"] = "1 to 8192 visible ASCII characters, without spaces",
      ["“hush”"] = "1 to 8192 visible ASCII characters, without spaces",
      [("h"):rep(8193)] = "1 to 8192 visible ASCII characters, without spaces",
      ['"hush"'] = "must not begin or end with a quote, because some tools remove it and others do not",
      ["'hush"] = "must not begin or end with a quote, because some tools remove it and others do not",
      ["`hush`"] = "must not begin or end with a quote, because some tools remove it and others do not",
      ["hush\\"] = "must not end with a backslash, because some tools read it as a continuation",
      ["${HUSH}"] = "must not contain ${, because some tools replace it",
      ["hush # of the build"] = "must not be followed by a comment, because some tools remove it and others do not",
    } do
      if not rule:find "^must" then rule = "must be " .. rule end
      for _, variable in ipairs { "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN" } do
        local variables = { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_SECURITY_TOKEN = "T" }
        variables[variable] = value
        local is_visible = variable == "HUAWEICLOUD_SDK_AK" and rule:find "without spaces"
        assert.equal(("credentials\tinvalid\t%s %s%s\nenvironment\tinvalid"):format(variable, rule,
          is_visible and " and commas" or ""),
          get("huawei", variables))
      end
    end
  end)

  it("the environment provider refuses keys beside a misspelt variable of their token", function()
    local variables = { HUAWEICLOUD_SDK_AK = "A", HUAWEICLOUD_SDK_SK = "S", HUAWEICLOUD_SDK_SECURITYTOKEN = "hush" }
    assert.equal("credentials\tinvalid\tHUAWEICLOUD_SDK_SECURITYTOKEN is not read; the variable of security_token is "
      .. "HUAWEICLOUD_SDK_SECURITY_TOKEN\nenvironment\tinvalid", get("huawei", variables))
    variables.HUAWEICLOUD_SDK_SECURITY_TOKEN = "T"
    assert.equal("A\tS\tT\tnil", get("huawei", variables))
  end)
end)
