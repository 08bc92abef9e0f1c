local json_body = require "kms.util.json_body"
local redact = require "kms.util.redact"

describe("kms.util.json_body", function()
  it("makes one printable, bounded line of foreign text", function()
    assert.equal("a b c", redact.to_line "a\nb\0c")
    assert.equal("a [31mb", redact.to_line "a\27[31mb")
    assert.equal("키 é", redact.to_line "키 é")
    for _, obeyed in ipairs { "\194\155", "\226\128\174", "\226\128\168", "\226\129\166" } do
      assert.equal("a b", redact.to_line("a" .. obeyed .. "b"))
    end
    assert.equal(("x"):rep(5) .. "…", redact.to_line(("x"):rep(6), 5))
    assert.equal("12345", redact.to_line("12345", 5))
  end)

  it("cuts no character in two", function()
    for limit = 1, 12 do
      local line = redact.to_line("키키키키키", limit)
      assert.is_nil(line:gsub("…$", ""):gsub("키", ""):find ".")
    end
  end)

  it("shows what a body is, without the secrets in it", function()
    assert.equal("3 bytes: abc", redact.excerpt("abc", {}))
    assert.equal("5 bytes: a b?", redact.excerpt("a\r\nb\1", {}))
    assert.equal("7 bytes: ok ????", redact.excerpt("ok \240\159\148\145", {}))
    assert.equal("300 bytes: " .. ("x"):rep(200) .. "…", redact.excerpt(("x"):rep(300), {}))
    assert.equal("12 bytes: say [secret]", redact.excerpt("say hush/hus", { "hush/hus" }))
    assert.equal("16 bytes: [secret]", redact.excerpt([[hush\/hush\u002b]], { "hush/hush+" }))
  end)

  it("reads objects, and says of what is none how", function()
    assert.same({ a = "b" }, json_body.decode ' \n{"a":"b"}')
    for body, code in pairs { [""] = "empty", ["<html>"] = "not_json", ["{"] = "not_json", ["[]"] = "not_object", ["null"] = "not_object",
      ['"x"'] = "not_object", ["1"] = "not_object", ["true"] = "not_object", ["\0"] = "not_json", ['{"a":1}x'] = "not_json" } do
      local object, got, message = json_body.decode(body)
      assert.is_nil(object)
      assert.equal(code, got)
      assert.is_string(message)
    end
  end)

  it("takes texts, and numbers as texts, and nothing else", function()
    assert.equal("x", json_body.to_text "x")
    assert.equal("401", json_body.to_text(401))
    assert.equal("9014", json_body.to_text(9014.0))
    for _, other in ipairs { "", {}, true } do assert.is_nil(json_body.to_text(other)) end
    assert.is_nil(json_body.to_text(nil))
    assert.is_nil(json_body.to_text(require("cjson").null))
  end)
end)
