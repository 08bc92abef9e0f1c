--- The check that no error contains a secret, which all specs use.

local Error = require "kms.error"
local no_secrets = require "spec.helpers.no_secrets"

local SECRET = "aSecretKey/ThatNobody+MaySee=="

describe("no_secrets", function()
  local function finds_secret(fields)
    return no_secrets.find(Error.new(fields), { SECRET }) ~= nil
  end

  it("finds a secret in any field of an error", function()
    assert.is_true(finds_secret { message = "x " .. SECRET .. " y" })
    assert.is_true(finds_secret { code = SECRET })
    assert.is_true(finds_secret { cause = { message = { deep = SECRET } } })
    assert.is_true(finds_secret { diff = { [SECRET] = true } })
    assert.is_true(no_secrets.find(SECRET, { SECRET }) ~= nil)
  end)

  it("finds an encoded secret and a part of one", function()
    for _, text in ipairs { SECRET:sub(1, 12), SECRET:sub(9, 20), SECRET:sub(-12), SECRET:reverse(), "aSecretKey%2FThatNobody%2BMaySee%3D%3D",
      "aSecretKey%2fThatNobody", "aSecretKey\\/ThatNobody", (SECRET:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) } do
      assert.is_true(finds_secret { message = text }, text)
    end
  end)

  it("finds nothing in an error without a secret", function()
    assert.is_false(finds_secret { kind = "service", code = "KMS.1", message = "aSecret is not shown", cause = { code = 7 } })
    assert.is_nil(no_secrets.find(Error.new { message = "SK of two bytes" }, {}))
    no_secrets.check(Error.new { message = "x" }, { SECRET })
    assert.is_false((pcall(no_secrets.check, Error.new { message = SECRET }, { SECRET })))
  end)
end)
