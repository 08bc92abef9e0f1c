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

  it("text removes a secret in hexadecimal or Base64, also within other escapes", function()
    for _, form in ipairs { "686173682f6b65792b313d", "686173682F6B65792B313D" } do
      assert.equal("a [secret] b", redact.text("a " .. form .. " b", { "hash/key+1=" }))
    end
    -- "user:hash/key+1=": letters that the secret shares with other bytes stay.
    assert.equal("Basic dXNlcjp[secret]Q==", redact.text("Basic dXNlcjpoYXNoL2tleSsxPQ==", { "hash/key+1=" }))
    assert.equal("[secret]", redact.text([[fn5+Pj4+Pz4\/]], { "~~~>>>?>?" }))
  end)

  -- What is inserted between the letters of a secret, or how it is written.
  local SPREAD = {
    ["spaces"] = " ", ["line ends"] = "\r\n ", ["line ends in JSON"] = "\\r\\n", ["NUL"] = "\0", ["a control character"] = "\1",
    ["zero-width spaces"] = "\226\128\139", ["soft line ends"] = "=\r\n", ["dots"] = "...", ["concatenation"] = '" + "',
  }
  for name, separator in pairs(SPREAD) do
    it("line and excerpt remove a secret that is spread by " .. name, function()
      for _, secret in ipairs { "S3cretKey+0123456789/", ("S3cretTok3n+/aBcDeFg"):rep(20) } do
        for _, step in ipairs { 1, 5, 12, 16, 64 } do
          local text = secret:gsub(("."):rep(step), "%0" .. separator)
          for _, format in ipairs { "line", "excerpt" } do
            local redacted = redact[format]("before " .. text .. " after", { secret })
            assert.matches("before [secret]", redacted, 1, true)
            local rest = redacted:gsub("^%d+ bytes: ", ""):gsub("before", ""):gsub("after", ""):gsub("%[secret%]", "")
            assert.is_nil(rest:find "%w", redacted)
          end
        end
      end
    end)
  end

  it("line and excerpt remove a secret in UTF-16, and one whose Base64 or hexadecimal is spread", function()
    local secret = "S3cretKey+0123456789/"
    for _, text in ipairs { (secret:gsub(".", "%0\0")), (secret:gsub(".", "\0%0")), -- either byte order
      "UzNjcmV0S2V5\r\nKzAxMjM0NTY3\r\nODkv", (secret:gsub(".", function(c) return ("%02x:"):format(c:byte()) end)) } do
      assert.matches("^a[^%w]+%[secret%][^%w]* b$", redact.line("a " .. text .. " b", { secret }))
      assert.matches("a[^%w]+%[secret%][^%w]* b$", redact.excerpt("a " .. text .. " b", { secret }))
    end
  end)

  it("line removes a secret with the escapes of other languages", function()
    local secret = "S3cretKey+0123456789/"
    for _, escape in ipairs { "\\x%02x", "\\%03o", "%%u%04x" } do
      local text = secret:gsub(".", function(c) return escape:format(c:byte()) end)
      assert.equal("a [secret] b", redact.line("a " .. text .. " b", { secret }))
    end
    assert.equal("a [secret] b", redact.line("a S3cretKey&plus;0123456789&sol; b", { secret }))
  end)

  it("line keeps other texts with spaces between letters", function()
    assert.equal("S 3 c r e t", redact.line("S 3 c r e t", { "S3cretKey+0123456789/" }))
    assert.equal("pass word", redact.line("pass word", { "passw" }))
  end)

  it("text ignores an empty secret", function()
    assert.equal("a%2Fb", redact.text("a%2Fb", { "" }))
  end)

  it("text does not treat a secret as a pattern", function()
    assert.equal("a.b [secret]", redact.text("a.b a%.b", { "a%.b" }))
  end)

  it("text removes a secret that is escaped twice, for HTML, or within other escapes", function()
    for _, text in ipairs {
      "hush&#47;key&#43;1=", "hush&#x2f;key&#x2B;1&#61;", "hush%5Cu002fkey%2B1=", [[hush\\\\/key+1=]],
      "hush%25252525252Fkey+1=", [[hush\u0025252fkey+1=]], "hush&amp;#47;key+1=",
    } do
      assert.equal("a[secret]b", redact.text("a" .. text .. "b", SECRETS))
    end
    assert.equal("a[secret]b", redact.text("a%C3%A9t\\u00e9-P&amp;A&lt;b", { "\195\169t\195\169-P&A<" }))
    assert.equal("%41 \\u0041 &amp; tik", redact.text("%41 \\u0041 &amp; tik", SECRETS))
  end)

  it("text removes a secret that looks escaped itself", function()
    for _, text in ipairs { "p%41ss%255word", "p%2541ss%25255word", "p\\u002541ss%25255word" } do
      assert.equal("a [secret] b", redact.text("a " .. text .. " b", { "p%41ss%255word" }))
    end
  end)

  it("text removes both ends of a long secret, because a cut secret is still most of it", function()
    local secret = "0123456789abcdefghijklmnopqrstuvwxyz"
    assert.equal("x [secret] y", redact.text("x 0123456789abcdefghij y", { secret }))
    assert.equal("x [secret] y", redact.text("x ijklmnopqrstuvwxyz y", { secret }))
    assert.equal("x [secret][secret]", redact.text("x " .. secret:sub(1, 20) .. secret:sub(-14), { secret }))
    local repetitive = ("A"):rep(40) .. secret
    assert.is_nil(redact.text("AAA" .. repetitive, { repetitive }):find "[0-9a-z][0-9a-z]*z")
  end)

  it("text removes a secret that contains another one, and secrets in any order", function()
    assert.equal("[secret] [secret]", redact.text("a-tok-b tok", { "tok", "a-tok-b" }))
  end)

  it("text keeps the escapes of a text that contains literal secrets only", function()
    local secret = "0123456789abcdefghijklmnopqrstuvwxyz"
    assert.equal("GET|/a%2Fb|token:[secret]|", redact.text("GET|/a%2Fb|token:" .. secret .. "|", { secret }))
    assert.equal("<html>[secret]", redact.text("<html>0123456789abcdef%67hijklmnopqrstuvwx%79z", { secret }))
    assert.equal("<html>[secret]&", redact.text("<html>%30123456789abcdefg%68ijklmnopqrstuvwxyz&amp;", { secret }))
  end)

  it("text leaves no beginning of a secret where a long text was cut", function()
    local secret = "S3cret/Key+0123456789=="
    for _, form in ipairs { secret, "S3cret%2FKey%2B0123456789%3D%3D", [[S3cret\/Key\u002b0123456789\u003d=]] } do
      for padding = 1900, 2100 do
        -- Many secrets before it, so that the text becomes shorter than what is shown.
        local text = (form .. ","):rep(20) .. ("x"):rep(padding - 20 * #form) .. form .. ("y"):rep(3000)
        assert.is_nil(redact.line(text, { secret }):find("S3cr", 1, true))
      end
    end
  end)

  it("line tells that a text was cut, also where removed secrets made it short", function()
    local secret = ("s"):rep(600)
    assert.equal(("[secret]"):rep(4) .. "…", redact.line(secret:rep(5) .. ("y"):rep(5000), { secret }, 40))
    assert.equal("abc", redact.line("abc", { secret }, 10))
    assert.equal("abcdefghij…", redact.line("abcdefghijk", { secret }, 10))
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

  it("fields redacts every text at any depth, and keeps metatables and other values", function()
    local Error = require "kms.error"
    local err = Error.new { kind = "credentials", code = "refused tok", message = "a tok", status = 401 }
    err.cause = Error.new { code = "tok", request_id = "tok-1", cause = { message = "hush%2Fkey%2B1%3D\n" } }
    err.tried = { { provider = "p", reason = "the tok" } }
    local copy = redact.fields(err, SECRETS)
    assert.is_true(Error.is(copy) and Error.is(copy.cause))
    assert.equal("refused [secret]", copy.code)
    assert.equal("[secret]-1", copy.cause.request_id)
    assert.equal("[secret] ", copy.cause.cause.message)
    assert.same({ { provider = "p", reason = "the [secret]" } }, copy.tried)
    assert.equal(401, copy.status)
    assert.equal("a tok", err.message)
    err.cause.cause.cause = err
    assert.equal("[secret]", redact.fields(err, SECRETS).cause.code)
  end)

  it("excerpt resolves the escapes of JSON first", function()
    for _, text in ipairs { [["hush\/key+1="]], [["hush\u002fkey\u002B1\u003d"]], [["hush/key\u002b1="]] } do
      assert.equal(('%d bytes: "[secret]"'):format(#text), redact.excerpt(text, SECRETS))
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
end)

describe("kms.util.redact with a text of 1 MiB", function()
  local MEGABYTE = 2 ^ 20
  local TOKEN = ("A"):rep(8 * 1024 - 1) .. "B"
  local KEY = "Ab3dEfGh1jKlMn0pQrStUvWxYz0123456789aBcD"

  local TEXTS = {}
  for name, piece in pairs {
    ["letters of the secrets"] = "A", ["percent signs"] = "%", ["encoded percent signs"] = "%25", backslashes = "\\",
    ["double backslashes"] = "\\\\", ["the digits 2 and 5"] = "25", ampersands = "&#", entities = "&amp;", spaces = " ",
    ["escaped letters"] = "\\u0041", ["percent-encoded letters"] = "%41", ["the token without its last byte"] = TOKEN:sub(1, -2),
    ["the end of the token"] = TOKEN:sub(-20), ["the key without its last byte"] = KEY:sub(1, -2), keys = KEY,
    ["secret headers"] = "x-security-token:", ["algorithm names"] = "SDK-HMAC-", ["line ends"] = "\r\n",
    ["characters that a terminal obeys"] = "\226\128\174", ["bytes of UTF-8"] = "\194",
  } do
    TEXTS[name] = piece:rep(math.ceil(MEGABYTE / #piece)):sub(1, MEGABYTE)
    TEXTS["a percent sign and " .. name] = "%" .. TEXTS[name]:sub(2)
  end

  --- Least CPU time of three calls. After a time below `limit` it makes no more calls.
  ---@param call fun()
  ---@param limit number? seconds
  local function measure(call, limit)
    local least = math.huge
    for _ = 1, 3 do
      local start = os.clock()
      call()
      least = math.min(least, os.clock() - start)
      if limit and least < limit then break end
    end
    return least
  end

  it("takes no longer than for a text of 64 KiB, because only the beginning is read #timing", function()
    for name, text in pairs(TEXTS) do
      for _, format in ipairs { "line", "excerpt" } do
        local start = text:sub(1, 65536)
        local short = measure(function() redact[format](start, { KEY, TOKEN }) end)
        local limit = 4 * short + 0.002
        local long = measure(function() redact[format](text, { KEY, TOKEN }) end, limit)
        assert(long < limit, ("%s, %s: %.4f s, and %.4f s for 64 KiB"):format(format, name, long, short))
      end
    end
  end)

  it("takes time in proportion to the secret, not to its square #timing", function()
    for name, text in pairs(TEXTS) do
      local short = measure(function() redact.line(text, { ("A"):rep(1023) .. "B" }) end)
      local limit = 24 * short + 0.002
      local long = measure(function() redact.line(text, { TOKEN }) end, limit)
      assert(long < limit, ("%s: %.4f s, and %.4f s for a token of 1 KiB"):format(name, long, short))
    end
  end)

  it("takes at most 20 ms of CPU #timing", function()
    for name, text in pairs(TEXTS) do
      for _, format in ipairs { "line", "excerpt" } do
        local seconds = measure(function() redact[format](text, { KEY, TOKEN, "0123abcd" }) end, 0.02)
        assert(seconds < 0.02, ("%s, %s: %.4f s"):format(format, name, seconds))
      end
    end
  end)
end)

describe("kms.util.redact in another locale", function()
  it("removes the same headers and keeps the same UTF-8 as in the locale C", function()
    local script = [[
      if not os.setlocale(NAME) then print "no locale" os.exit() end
      local redact = require "kms.util.redact"
      print(redact.line("X-SECURITY-TOKEN:abc|X-Auth-Token:def|\194\160\195\159\0\227\130\181 \237\130\164", {}))
      print(redact.excerpt("x-SecurIty-Token:abc|\195\159", {}))
    ]]
    local environment, is_available = locales.environment()
    if not is_available then return pending "no sources of locales" end
    local expected
    for _, name in ipairs { "C", "tr_TR.UTF-8", "tr_TR.ISO-8859-9", "de_DE.UTF-8" } do
      local output = subprocess.run(("local NAME = %q\n"):format(name) .. script, environment)
      expected = expected or output
      assert.equal(expected, output, name)
    end
    assert.matches("X-SECURITY-TOKEN:[secret]|X-Auth-Token:[secret]|\194\160\195\159 \227\130\181", expected, 1, true)
  end)
end)
