local redact = require "kms.util.redact"

describe("kms.util.redact", function()
  local SECRETS = { "hush/key+1=", "tok" }

  it("takes out every occurrence of a secret, as it is or percent-encoded", function()
    assert.equal("a [secret] b [secret]", redact.text("a hush/key+1= b hush%2Fkey%2B1%3D", SECRETS))
    assert.equal("[secret][secret]en", redact.text("toktoken", { "tok" }))
    assert.equal("nothing", redact.text("nothing", SECRETS))
    assert.equal("", redact.text("", SECRETS))
  end)

  it("takes out what a gateway prints of headers that carry a secret, however much of it is left", function()
    assert.equal("PUT|/|x-security-token:[secret]|x", redact.text("PUT|/|x-security-token:abcdef|x", {}))
    assert.equal("X-Auth-Token: [secret]", redact.text("X-Auth-Token: abc def", {}))
    assert.equal("with SDK-HMAC-SHA256 [secret]|", redact.text("with SDK-HMAC-SHA256 Access=A, SignedHeaders=h, Signature=0f|", {}))
    assert.equal("with SDK-HMAC-SM3 [secret]", redact.text("with SDK-HMAC-SM3 Access=A, Signature=0f", {}))
    assert.equal("x-auth-token not found", redact.text("x-auth-token not found", {}))
  end)

  it("reads through the escapes of JSON", function()
    for _, text in ipairs { [["hush\/key+1="]], [["hush\u002fkey\u002B1\u003d"]], [["hush/key\u002b1="]] } do
      assert.equal('"[secret]"', redact.json(text, SECRETS))
    end
  end)

  it("takes out a secret in whatever way some of its bytes are escaped", function()
    for _, text in ipairs {
      "hush%2fkey%2b1%3d", "%68ush%2Fkey+1=", "hush%252Fkey%252b1=", [[hush\/key+1=]], [[hush\\\/key\u002b1%3D]], [[\\u0068ush/key+1=]],
    } do
      assert.equal("a[secret]b", redact.text("a" .. text .. "b", SECRETS))
      assert.equal("%[secret]%2[secret]\\", redact.text("%" .. text .. "%2" .. text .. "\\", SECRETS))
    end
    assert.equal("[secret][secret]", redact.text([[a\\\"ba\"b]], { [[a\"b]] }))
  end)

  it("takes no notice of an empty secret", function()
    assert.equal("a%2Fb", redact.text("a%2Fb", { "" }))
  end)

  it("does not take a secret for a pattern", function()
    assert.equal("a.b [secret]", redact.text("a.b a%.b", { "a%.b" }))
  end)
end)
