--- kms.emulator.hosts: the service behind a host name.

local hosts = require "kms.emulator.hosts"
local locales = require "spec.helpers.locales"
local subprocess = require "spec.helpers.subprocess"

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
      assert.same(expected, hosts.find(host, "https", {}, {}))
    end)
  end

  it("find removes the default port of the scheme only", function()
    assert.same({ provider = "metadata" }, hosts.find("169.254.169.254:80", "http", {}, {}))
    assert.is_nil(hosts.find("169.254.169.254:443", "http", {}, {}))
    assert.is_nil(hosts.find("ocapi.ncloud.com:8443", "https", {}, {}))
  end)

  it("find prefers more hosts to the real ones", function()
    local service = { provider = "ncloud", zone = "kr" }
    assert.equal(service, hosts.find("localhost:8443", "https", { ["localhost:8443"] = service }, {}))
    assert.equal(service, hosts.find("OCAPI.ncloud.com", "https", { ["ocapi.ncloud.com"] = service }, {}))
  end)

  it("find returns nil for other hosts", function()
    for _, host in ipairs { "", "example.com", "kms.myhuaweicloud.com", "kms.cn-north-4.myhuaweicloud.com.example.com" } do
      assert.is_nil(hosts.find(host, "https", {}, {}), host)
    end
  end)

  it("find returns the service whose endpoint a variable replaces, also for a list and without a scheme", function()
    local output = subprocess.run([[
      local hosts = require "kms.emulator.hosts"
      for _, host in ipairs { "localhost:1", "localhost:2", "a.example", "localhost:4", "127.0.0.1:5", "localhost:6" } do
        local service = hosts.find(host, "https", {}, { ["cn-north-4"] = true, ["cn-east-3"] = true }) or {}
        print(host, service.provider, service.region, service.zone)
      end
    ]], {
      HUAWEICLOUD_SDK_REGION_KMS_CN_NORTH_4 = "https://localhost:1, https://localhost:9",
      HUAWEICLOUD_SDK_REGION_KMS_CN_EAST_3 = "localhost:2",
      NCLOUD_KMS_ENDPOINT = "https://A.example:443/",
      HUAWEICLOUD_SDK_IAM_ENDPOINT = "https://localhost:4",
      NCLOUD_METADATA_API_ENDPOINT = "http://127.0.0.1:5",
    })
    assert.equal("localhost:1\thuawei\tcn-north-4\tnil\nlocalhost:2\thuawei\tcn-east-3\tnil\na.example\tncloud\tnil\tglobal\n"
      .. "localhost:4\tiam\tnil\tnil\n127.0.0.1:5\tmetadata\tnil\tnil\nlocalhost:6\tnil\tnil\tnil\n", output)
  end)

  it("find and a call work in any locale", function()
    local variables, is_available = locales.environment()
    if not is_available then return pending "this system has no sources of locales" end
    variables.HUAWEICLOUD_SDK_REGION_KMS_SA_BRAZIL_1 = "https://kms.istanbul.example"
    for _, name in ipairs { "C", "tr_TR.UTF-8", "tr_TR.ISO-8859-9" } do
      local output = subprocess.run(([[
        assert(os.setlocale(%q))
        local emulator, hosts, kms = require "kms.emulator", require "kms.emulator.hosts", require "kms"
        print(hosts.find("KMS.ISTANBUL.example", "https", {}, { ["sa-brazil-1"] = true }).region)
        local account = emulator.fixtures.accounts[1]
        print(kms.huawei({ region = "cn-north-4", project_id = "auto", transport = emulator.new(),
          credentials = { access_key = account.access_key, secret_key = account.secret_key } }):list_keys() ~= nil)
      ]]):format(name), variables)
      assert.equal("sa-brazil-1\ntrue\n", output)
    end
  end)
end)
