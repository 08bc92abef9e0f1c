local ini = require "kms.credentials.ini"

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

  it("parse keeps quotes inside a value", function()
    assert.equal("a'b\"c", ini.parse("k = a'b\"c")[1].value)
  end)

  it("parse names the line of a problem and does not quote it", function()
    for problem, text in pairs {
      ["line 3 must be key = value, [section] or a comment"] = "[basic]\nak = A\nsk: hush\n",
      ["line 1 must be key = value, [section] or a comment"] = "= hush",
      ["line 2 begins with [, but is not a section of the form [name]"] = "\n[hush\nak = A",
      ["line 1 begins with [, but is not a section of the form [name]"] = "[ ]",
      ["line 2 has a quoted value; remove the quotes"] = "[basic]\nsk = \"hush\"\n",
      ["line 1 has a quoted value; remove the quotes"] = "sk = 'hush'\n",
      ["line 2 contains control characters"] = "[basic]\nsk = hush\0\n",
      ["line 1 contains control characters"] = "\127ELF\1\2hush",
      ["line 3 is longer than 16384 bytes"] = "[basic]\nak = A\nsk = " .. ("HUSH"):rep(5000),
    } do
      local entries, actual = ini.parse(text)
      assert.is_nil(entries)
      assert.equal(problem, actual)
    end
  end)
end)
