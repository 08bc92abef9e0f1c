local sign = require "kms.sign"
local signing = require "spec.helpers.signing"

describe("kms.sign.target", function()
  it("encodes everything except unreserved characters, in upper-case hex", function()
    for byte = 1, 127 do
      local char = string.char(byte)
      local expected = char:find "^[A-Za-z0-9._~-]$" and char or ("%%%02X"):format(byte)
      assert.equal("/x" .. expected, sign.target { "x" .. char })
      assert.equal("/?" .. expected .. "=" .. expected, sign.target("/", { { char, char } }))
    end
    assert.equal("/%C3%A9/%E5%AF%86%E9%92%A5/%F0%9F%94%91", sign.target "/é/密钥/🔑")
    assert.equal("/%25/100%25%2541", sign.target "/%/100%%41")
  end)

  it("does not depend on the locale", function()
    local before = os.setlocale()
    for _, locale in ipairs { "C", "C.UTF-8", "en_US.ISO-8859-1", "tr_TR.UTF-8" } do
      os.setlocale(locale)
      assert.equal("/%C3%A9/Ii?%C3%BC=1", sign.target("/é/Ii", { { "ü", "1" } }))
    end
    os.setlocale(before)
  end)

  it("keeps the order of the query and always writes an equals sign", function()
    local query = { { "b", "2" }, { "a", "1" }, { "b", "1" }, { "", "" }, { "x", "" } }
    assert.equal("/p?b=2&a=1&b=1&=&x=", sign.target("/p", query))
    assert.equal("/p?q=a%20b%2Bc%26%3D%2F%3F", sign.target("/p", { { "q", "a b+c&=/?" } }))
  end)

  it("writes no question mark without a query", function()
    assert.equal("/p", sign.target "/p")
    assert.equal("/p", sign.target("/p", nil))
    assert.equal("/p", sign.target("/p", {}))
    assert.equal("/p%3Fx", sign.target "/p?x")
  end)

  it("removes dot segments by RFC 3986 section 5.2.4 and keeps repeated slashes", function()
    local paths = {
      [""] = "/", ["/"] = "/", ["/."] = "/", ["/.."] = "/", ["/./"] = "/", ["/../"] = "/", ["/../../a"] = "/a",
      ["/a/b/c/./../../g"] = "/a/g", ["/a/b/."] = "/a/b/", ["/a/b/.."] = "/a/", ["/a/b/./"] = "/a/b/",
      ["/a/b/../"] = "/a/", ["/a/./b"] = "/a/b", ["/a/../b"] = "/b", ["//a//b"] = "//a//b", ["/a//../b"] = "/a/b",
      ["/a/.../b"] = "/a/.../b", ["/a/..b"] = "/a/..b", ["/.a/b."] = "/.a/b.", ["/a/%2e%2e/b"] = "/a/%252e%252e/b",
      ["/é/../b"] = "/b", ["/a b/c d/.."] = "/a%20b/", ["/x/."] = "/x/", ["//.."] = "/", ["///"] = "///",
    }
    for path, expected in pairs(paths) do assert.equal(expected, sign.target(path), path) end
  end)

  it("writes one segment per element of a list", function()
    assert.equal("/", sign.target {})
    assert.equal("/kms/v1/keys/a%2Fb/name", sign.target { "kms", "v1", "keys", "a/b", "name" })
    assert.equal("/...?x=1", sign.target({ "..." }, { { "x", "1" } }))
    for _, segment in ipairs { "", ".", ".." } do
      signing.assert_invalid("path", "path[2] must not be", sign.target { "a", segment })
    end
  end)

  it("refuses a path that does not start with a slash", function()
    signing.assert_invalid("path", "0x61", sign.target "a/b")
    signing.assert_invalid("path", "0x3f", sign.target "?a")
  end)

  it("refuses NUL and text that is not UTF-8, and reports byte and position", function()
    local invalid = {
      "\0", "\128", "\192\175", "\193\191", "\195", "\195(", "\224\128\175", "\224\159\191", "\226\130", "\226\130(",
      "\237\160\128", "\237\191\191", "\240\128\128\128", "\240\143\191\191", "\240\159\148", "\240\159\148(",
      "\244\144\128\128", "\245\128\128\128", "\255",
    }
    for _, text in ipairs(invalid) do
      local function problem(field)
        return ("%s must be UTF-8 without NUL; got byte 0x%02x at position 3 of %d"):format(field, text:byte(), #text + 2)
      end
      signing.assert_invalid("path", "must be UTF-8 without NUL", sign.target("/ok/ab" .. text))
      signing.assert_invalid("path", problem "path[2]", sign.target { "ok", "ab" .. text })
      local query = { { "a", "b" }, { "é" .. text, "" } }
      signing.assert_invalid("query", problem "query[2].name", sign.target("/", query))
      signing.assert_invalid("query", problem "query[1].value", sign.target("/", { { "a", "cd" .. text } }))
      signing.assert_invalid("query", "must be UTF-8 without NUL", sign.target("/", { { "a", text .. "cd" } }))
    end
    signing.assert_invalid("path", "path must be UTF-8 without NUL; got byte 0xff at position 9 of 11",
      sign.target "/a/../é\255/b")
    assert.equal("/%EE%80%80%EF%BF%BF%F4%8F%BF%BF%ED%9F%BF%E0%A0%80%F0%90%80%80%C2%80",
      sign.target "/\238\128\128\239\191\191\244\143\191\191\237\159\191\224\160\128\240\144\128\128\194\128")
  end)

  it("refuses targets above 32 KiB", function()
    assert.equal(32768, #sign.target("/" .. ("a"):rep(32767)))
    signing.assert_invalid("path", "32768", sign.target("/" .. ("a"):rep(32768)))
    signing.assert_invalid("path", "32768", sign.target("/" .. ("é"):rep(10000)))
    signing.assert_invalid("query", "32768", sign.target("/", { { "q", (" "):rep(20000) } }))
    local many = {}
    for i = 1, 100000 do many[i] = "s" end
    signing.assert_invalid("path", "32768", sign.target(many))
    for i = 1, 100000 do many[i] = { "", "" } end
    signing.assert_invalid("query", "32768", sign.target("/", many))
  end)
end)
