--- kms.emulator.huawei.naming: names, descriptions and tags.

local naming = require "kms.emulator.huawei.naming"

describe("kms.emulator.huawei.naming", function()
  it("find_description_error refuses long texts and values that are not strings", function()
    assert.is_nil(naming.find_description_error(nil))
    assert.is_nil(naming.find_description_error(("x"):rep(255)))
    assert.equal("KMS.1103", naming.find_description_error(("x"):rep(256)))
    assert.equal("KMS.1103", naming.find_description_error(5))
  end)

  for _, case in ipairs {
    { "a tag that is not an object", "KMS.0414", "x" },
    { "a tag without a key", "KMS.0414", { value = "v" } },
    { "a key that is not a string", "KMS.0406", { key = 5 } },
    { "a key with a forbidden character", "KMS.0406", { key = "a=b" } },
    { "an empty key", "KMS.0411", { key = "" } },
    { "a key of 37 characters", "KMS.0411", { key = ("x"):rep(37) } },
    { "a value that is not a string", "KMS.0405", { key = "k", value = 5 } },
    { "a value with a control character", "KMS.0405", { key = "k", value = "a\nb" } },
    { "a value of 44 characters", "KMS.0410", { key = "k", value = ("x"):rep(44) } },
  } do
    it("find_tag_error refuses " .. case[1], function() assert.equal(case[2], naming.find_tag_error(case[3])) end)
  end

  it("find_tag_error accepts tags without and with a value of the longest length", function()
    assert.is_nil(naming.find_tag_error { key = ("x"):rep(36) })
    assert.is_nil(naming.find_tag_error { key = "ä", value = ("x"):rep(43) })
    assert.is_nil(naming.find_tag_error { key = "k", value = "" })
  end)

  it("find_tags_error refuses lists that are empty, too long, or hold a wrong tag", function()
    assert.is_nil(naming.find_tags_error(nil))
    assert.equal("KMS.0412", naming.find_tags_error "x")
    assert.equal("KMS.0401", naming.find_tags_error {})
    local tags = {}
    for i = 1, 20 do tags[i] = { key = "k" .. i } end
    assert.is_nil(naming.find_tags_error(tags))
    tags[21] = { key = "k21" }
    assert.equal("KMS.0407", naming.find_tags_error(tags))
    assert.equal("KMS.0411", naming.find_tags_error { { key = "k" }, { key = "" } })
  end)
end)
