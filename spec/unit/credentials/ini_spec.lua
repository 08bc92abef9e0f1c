local ini = require "kms.credentials.ini"
local locales = require "spec.helpers.locales"
local subprocess = require "spec.helpers.subprocess"

describe("kms.credentials.ini", function()
  it("parse returns the entries in order, with their section and line", function()
    assert.same({
      { section = "", name = "a", value = "1", line = 1 },
      { section = "one two", name = "b", value = "x = y", line = 5 },
      { section = "three", name = "c", value = "", line = 7 },
    }, (ini.parse "A = 1\n\n# comment\n[ one two ]\r\n  B\t=\tx = y  \r\n[three]\nc=\n; comment"))
  end)

  it("parse ignores a byte order mark and accepts a last line without an end", function()
    assert.same({ { section = "s", name = "a", value = "b", line = 2 } }, (ini.parse "\239\187\191[s]\na=b"))
  end)

  it("parse accepts keys that are indented alike, and indented comments", function()
    assert.equal(2, #ini.parse "[s]\n  a = 1\n    # comment\n\n  b = 2\n[t]")
  end)

  it("parse accepts a section name and a comment in another script", function()
    assert.equal("한국", ini.parse("# 说明\194\160\\\n[한국]\na = 1")[1].section)
  end)

  it("parse keeps quotes inside a value", function()
    assert.equal("a'b\"c", ini.parse("k = a'b\"c")[1].value)
  end)

  it("parse names the line of a problem and does not quote it", function()
    for problem, text in pairs {
      ["line 3 must be key = value, [section] or a comment"] = "[basic]\nak = A\nsk: hush\n",
      ["line 1 must be key = value, [section] or a comment"] = "= hush",
      ["line 2 begins with [, but is not a section of the form [name]"] = "\n[hush\nak = A",
      ["line 1 begins with [, but is not a section of the form [name]"] = "[ ]",
      ['line 2 must begin with a key of ASCII letters, digits, ".", "_" and "-"'] = "[basic]\nsk: hush=\n",
      ['line 1 must begin with a key of ASCII letters, digits, ".", "_" and "-"'] = "sk\194\160= hush\n",
      ['line 4 must begin with a key of ASCII letters, digits, ".", "_" and "-"'] = "\n\n\n\226\128\139sk = hush\n",
      ['line 3 must begin with a key of ASCII letters, digits, ".", "_" and "-"'] = "\n\nexport sk = hush\n",
      ["line 2 must be key = value, [section] or a comment"] = "[basic]\n\194\160\n",
      ["line 3 has a section name with an invisible character, or one that is not UTF-8"] = "\n\n[hush\239\187\191]",
      ["line 2 has a section name with an invisible character, or one that is not UTF-8"] = "\n[hush\160]",
      ["line 2 ends with a backslash, which some tools read as a continuation; write the value in one line"] =
        "[basic]\nsk = hush\\\nHUSH=\n",
      ["line 4 is indented deeper than line 3, so some tools read it as a part of that line"] =
        "[basic]\nak = A\nsk = hush\n  HUSH==\n",
      ["line 5 is indented deeper than line 3, so some tools read it as a part of that line"] =
        "[basic]\n  ak = A\n  sk = hush\n\n\t \tHUSH\n",
      ["line 2 is indented deeper than line 1, so some tools read it as a part of that line"] = "sk = hush\n [other]\n",
      ["line 2 contains control characters"] = "[basic]\nsk = hush\0\n",
      ["line 1 contains control characters"] = "\127ELF\1\2hush",
      ["line 3 is longer than 16384 bytes"] = "[basic]\nak = A\nsk = " .. ("HUSH"):rep(5000),
    } do
      local entries, actual = ini.parse(text)
      assert.is_nil(entries)
      assert.equal(problem, actual)
    end
  end)

  it("parse reads keys in any letter case and in any locale", function()
    local variables, is_available = locales.environment()
    if not is_available then return pending "this system has no sources of locales" end
    for _, name in ipairs { "C", "tr_TR.UTF-8", "tr_TR.ISO-8859-9" } do
      local output = subprocess.run(([[
        assert(os.setlocale(%q))
        print(require("kms.credentials.ini").parse("[a]\nSECURITY_TOKEN = x\n")[1].name)
      ]]):format(name), variables)
      assert.equal("security_token\n", output)
    end
  end)
end)
