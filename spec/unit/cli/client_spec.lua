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

  it("looks the project up if the environment has none", function()
    local huawei = client.new("huawei", { region = "cn-north-4" }, { transport = emulator.new() })
    assert.equal("auto", huawei.options.project_id)
  end)
end)
