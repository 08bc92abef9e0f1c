local regions = require "kms.huawei.regions"

describe("kms.huawei.regions", function()
  it("gives every region a KMS host, and Europe one in its own domain", function()
    assert.equal(32, #regions.codes)
    for _, code in ipairs(regions.codes) do
      local domain = code == "eu-west-101" and "eu" or "com"
      assert.equal(("kms.%s.myhuaweicloud.%s"):format(code, domain), regions.kms_host(code))
      assert.is_true(regions.is_known(code))
    end
    assert.is_false(regions.is_known "cn-nroth-4")
    assert.equal("kms.xx-new-1.myhuaweicloud.com", regions.kms_host "xx-new-1")
  end)

  it("gives 27 regions an IAM host of their own, and the others the global one", function()
    local own_hosts = 0
    for _, code in ipairs(regions.codes) do
      if regions.iam_host(code) == ("iam.%s.myhuaweicloud.com"):format(code) then own_hosts = own_hosts + 1 end
    end
    assert.equal(26, own_hosts) -- eu-west-0 has no KMS
    assert.equal("iam.eu-west-0.myhuaweicloud.com", regions.iam_host "eu-west-0")
    assert.equal("iam.eu-west-101.myhuaweicloud.eu", regions.iam_host "eu-west-101")
    for _, code in ipairs { "ap-southeast-5", "cn-south-4", "cn-north-11", "af-north-1", "cn-southwest-3", "xx-new-1" } do
      assert.equal("iam.myhuaweicloud.com", regions.iam_host(code))
    end
  end)

  it("finds the region of the cloud's own hosts only", function()
    assert.equal("tr-west-1", regions.find_by_kms_host "kms.tr-west-1.myhuaweicloud.com")
    assert.equal("eu-west-101", regions.find_by_kms_host "kms.eu-west-101.myhuaweicloud.eu:8443")
    for _, host in ipairs { "localhost", "kms.tr-west-1.example.com", "kms.tr-west-1.myhuaweicloud.com.example",
      "iam.tr-west-1.myhuaweicloud.com", "kms.eu-west-101.myhuaweicloud.com", "kms.-.myhuaweicloud.com" } do
      assert.is_nil(regions.find_by_kms_host(host))
    end
  end)

  it("accepts region codes that fit one DNS label, known or not", function()
    for _, code in ipairs { "cn-north-4", "my-kualalumpur-1", "xx-new-1", "a-b" } do
      assert.truthy(regions.RULE.test(code), code)
    end
    for _, code in ipairs { "", "cn", "CN-north-4", "cn--4", "cn-north-", "-cn", "cn.north", "cn-" .. ("x"):rep(61) } do
      assert.falsy(regions.RULE.test(code), code)
    end
  end)

  it("refuses an availability zone of a known region", function()
    for _, code in ipairs { "cn-north-4a", "eu-west-101b" } do assert.falsy(regions.RULE.test(code), code) end
    for _, code in ipairs { "cn-north-4ab", "xx-new-1a" } do assert.truthy(regions.RULE.test(code), code) end
  end)
end)
