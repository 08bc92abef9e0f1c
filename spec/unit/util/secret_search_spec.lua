local secret_forms = require "kms.util.secret_forms"
local secret_search = require "kms.util.secret_search"

local SECRET = "S3cretKey+0123456789/"

local function replace_spread(text)
  return (secret_search.replace_spread(text, secret_forms.squeeze(text), { SECRET }))
end

describe("kms.util.secret_search", function()
  it("replace_beginnings replaces what a text has of a secret from its beginning", function()
    assert.equal("a <> <>x", secret_search.replace_beginnings("a " .. SECRET .. " " .. SECRET:sub(1, 15) .. "x", SECRET, 1, "<>"))
    assert.equal(SECRET:sub(1, 20), secret_search.replace_beginnings(SECRET:sub(1, 20), SECRET, #SECRET, "<>"))
    assert.equal(SECRET:sub(1, 11), secret_search.replace_beginnings(SECRET:sub(1, 11), SECRET, 1, "<>"))
  end)

  it("replace_spread replaces a secret with other characters between, its beginning and its end", function()
    assert.equal("a [secret]/ b", replace_spread "a S3cret\nKey+\n0123456789/ b")
    assert.equal("a [secret]x", replace_spread "a S3c retKey+0123x")
    assert.equal("a xx[secret]/ b", replace_spread "a xxretKey+012 3456789/ b")
  end)

  it("replace_spread leaves a secret without other characters between, and unlike texts", function()
    for _, text in ipairs { SECRET, "a " .. SECRET .. " b", "S 3 c r e t", "a b c d e f g h i j k l m n o p", "" } do
      assert.equal(text, replace_spread(text))
    end
  end)

  it("replace_spread returns the letters and digits of the text that it returns", function()
    local text, squeezed = secret_search.replace_spread("a S3c-retKey0123456789 b", "aS3cretKey0123456789b", { SECRET })
    assert.same({ "a [secret] b", "asecretb" }, { text, squeezed })
  end)
end)
