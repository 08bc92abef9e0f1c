--- kms.cli.client: the client of a command.

local client = require "kms.cli.client"
local emulator = require "kms.emulator"

describe("kms.cli.client", function()
  it("passes the place, the endpoint and the timeout on", function()
    local huawei = client.new("huawei", { region = "cn-east-3", project_id = ("0"):rep(32), timeout = 5 })
    assert.same({ provider = "huawei", region = "cn-east-3", project_id = ("0"):rep(32),
      host = "kms.cn-east-3.myhuaweicloud.com" }, huawei:target())
    assert.equal(5, huawei.timeout)
    assert.equal("ocapi-kr.ncloud.com", client.new("ncloud", { zone = "kr" }):target().host)
    assert.equal("localhost:1", client.new("ncloud", { endpoint = "https://localhost:1" }):target().host)
  end)

  it("takes the project of the environment for the region of the environment only", function()
    local getenv, project = os.getenv, ("1"):rep(32)
    local variables = { HUAWEICLOUD_SDK_REGION = "cn-north-4", HUAWEICLOUD_SDK_PROJECT_ID = project }
    rawset(os, "getenv", function(name) return variables[name] end)
    local ok, problem = pcall(function()
      for _, case in ipairs {
        { project, {}, {} }, { project, {}, { region = "cn-north-4" } }, { "auto", {}, { region = "cn-east-3" } },
        { "auto", { region = "cn-east-3" }, {} }, { "auto", { project_id = "auto" }, {} },
      } do
        case[3].transport = emulator.new()
        local huawei = client.new("huawei", case[2], case[3])
        assert.equal(case[1], huawei:target().project_id or "auto")
      end
    end)
    rawset(os, "getenv", getenv)
    assert.is_true(ok, tostring(problem))
  end)

  it("suggests the regions that are most similar to an unknown one", function()
    assert.is_nil(client.describe_unknown_region "cn-east-3")
    assert.matches("^not one of the %d+ known regions; did you mean cn%-east%-3%?$",
      client.describe_unknown_region "cn-east3-")
    assert.matches("^not one of the %d+ known regions$", client.describe_unknown_region "moon-far-away-1")
  end)

  it("looks the project up if the environment has none", function()
    local huawei = client.new("huawei", { region = "cn-north-4" }, { transport = emulator.new() })
    assert.equal("auto", huawei.options.project_id)
  end)
end)
