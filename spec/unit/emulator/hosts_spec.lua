--- kms.emulator.hosts: the service behind a host name.

local hosts = require "kms.emulator.hosts"

describe("kms.emulator.hosts", function()
  for host, expected in pairs {
    ["kms.cn-north-4.myhuaweicloud.com"] = { provider = "huawei", region = "cn-north-4" },
    ["KMS.eu-west-101.myhuaweicloud.eu"] = { provider = "huawei", region = "eu-west-101" },
    ["ocapi.ncloud.com"] = { provider = "ncloud", zone = "global" },
    ["ocapi-kr.ncloud.com:443"] = { provider = "ncloud", zone = "kr" },
    ["ocapi-jp.ncloud.com"] = { provider = "ncloud", zone = "jp" },
    ["ocapi.gov-ncloud.com"] = { provider = "ncloud", zone = "gov" },
    ["iam.myhuaweicloud.com"] = { provider = "iam" },
    ["iam.cn-north-4.myhuaweicloud.com"] = { provider = "iam" },
    ["iam.eu-west-101.myhuaweicloud.eu"] = { provider = "iam" },
    ["169.254.169.254"] = { provider = "metadata" },
  } do
    it("find returns the service of " .. host, function()
      assert.same(expected, hosts.find(host, "https", {}))
    end)
  end

  it("find removes the default port of the scheme only", function()
    assert.same({ provider = "metadata" }, hosts.find("169.254.169.254:80", "http", {}))
    assert.is_nil(hosts.find("169.254.169.254:443", "http", {}))
    assert.is_nil(hosts.find("ocapi.ncloud.com:8443", "https", {}))
  end)

  it("find prefers more hosts to the real ones", function()
    local service = { provider = "ncloud", zone = "kr" }
    assert.equal(service, hosts.find("localhost:8443", "https", { ["localhost:8443"] = service }))
    assert.equal(service, hosts.find("OCAPI.ncloud.com", "https", { ["ocapi.ncloud.com"] = service }))
  end)

  it("find returns nil for other hosts", function()
    for _, host in ipairs { "", "example.com", "kms.myhuaweicloud.com", "kms.cn-north-4.myhuaweicloud.com.example.com" } do
      assert.is_nil(hosts.find(host, "https", {}), host)
    end
  end)
end)
