local locales = require "spec.helpers.locales"
local redact = require "kms.util.redact"
local subprocess = require "spec.helpers.subprocess"

describe("kms.util.redact", function()
  local SECRETS = { "hush/key+1=", "tok" }

  it("text removes every occurrence of a secret, literal or percent-encoded", function()
    assert.equal("a [secret] b [secret]", redact.text("a hush/key+1= b hush%2Fkey%2B1%3D", SECRETS))
    assert.equal("[secret][secret]en", redact.text("toktoken", { "tok" }))
    assert.equal("nothing", redact.text("nothing", SECRETS))
    assert.equal("", redact.text("", SECRETS))
  end)

  it("text removes the values of secret headers that a gateway prints, also a part of a value", function()
    assert.equal("PUT|/|x-security-token:[secret]|x", redact.text("PUT|/|x-security-token:abcdef|x", {}))
    assert.equal("X-Auth-Token: [secret]", redact.text("X-Auth-Token: abc def", {}))
    assert.equal("with SDK-HMAC-SHA256 [secret]|",
      redact.text("with SDK-HMAC-SHA256 Access=A, SignedHeaders=h, Signature=0f|", {}))
    assert.equal("with SDK-HMAC-SM3 [secret]", redact.text("with SDK-HMAC-SM3 Access=A, Signature=0f", {}))
    assert.equal("x-auth-token not found", redact.text("x-auth-token not found", {}))
  end)

  it("text removes a secret of which some bytes are escaped, in any form", function()
    for _, text in ipairs {
      "hush%2fkey%2b1%3d", "%68ush%2Fkey+1=", "hush%252Fkey%252b1=", [[hush\/key+1=]], [[hush\\\/key\u002b1%3D]],
      [[\\u0068ush/key+1=]],
    } do
      assert.equal("a[secret]b", redact.text("a" .. text .. "b", SECRETS))
      assert.equal("%[secret]%2[secret]\\", redact.text("%" .. text .. "%2" .. text .. "\\", SECRETS))
    end
    assert.equal("[secret][secret]", redact.text([[a\\\"ba\"b]], { [[a\"b]] }))
  end)

  it("text ignores an empty secret", function()
    assert.equal("a%2Fb", redact.text("a%2Fb", { "" }))
  end)

  it("text does not treat a secret as a pattern", function()
    assert.equal("a.b [secret]", redact.text("a.b a%.b", { "a%.b" }))
  end)

  it("json resolves the escapes of JSON first", function()
    for _, text in ipairs { [["hush\/key+1="]], [["hush\u002fkey\u002B1\u003d"]], [["hush/key\u002b1="]] } do
      assert.equal('"[secret]"', redact.json(text, SECRETS))
    end
  end)

  it("to_line replaces control characters, and keeps other UTF-8", function()
    assert.equal("a b c", redact.to_line "a\nb\0c")
    assert.equal("a [31mb", redact.to_line "a\27[31mb")
    assert.equal("키 é", redact.to_line "키 é")
    for _, control in ipairs { "\194\155", "\226\128\174", "\226\128\168", "\226\129\166" } do
      assert.equal("a b", redact.to_line("a" .. control .. "b"))
    end
  end)

  it("to_line cuts at the limit, but never within a character", function()
    assert.equal(("x"):rep(5) .. "…", redact.to_line(("x"):rep(6), 5))
    assert.equal("12345", redact.to_line("12345", 5))
    for limit = 1, 12 do
      local line = redact.to_line("키키키키키", limit)
      assert.is_nil(line:gsub("…$", ""):gsub("키", ""):find ".")
    end
  end)

  it("excerpt shows the length and the beginning of a body as ASCII, without secrets", function()
    assert.equal("3 bytes: abc", redact.excerpt("abc", {}))
    assert.equal("5 bytes: a b?", redact.excerpt("a\r\nb\1", {}))
    assert.equal("7 bytes: ok ????", redact.excerpt("ok \240\159\148\145", {}))
    assert.equal("300 bytes: " .. ("x"):rep(200) .. "…", redact.excerpt(("x"):rep(300), {}))
    assert.equal("12 bytes: say [secret]", redact.excerpt("say hush/hus", { "hush/hus" }))
    assert.equal("16 bytes: [secret]", redact.excerpt([[hush\/hush\u002b]], { "hush/hush+" }))
  end)

  it("text removes the values of secret headers in any letter case, also in Turkish", function()
    local program = [[
      os.setlocale "tr_TR.UTF-8"
      local redact = require "kms.util.redact"
      print(redact.text("X-SECURITY-TOKEN: abc|x-security-token: abc|", {}))
    ]]
    assert.equal("X-SECURITY-TOKEN: [secret]|x-security-token: [secret]|\n",
      (subprocess.run(program, (locales.environment()))))
  end)

  teardown(locales.remove)
end)
