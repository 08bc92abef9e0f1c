local secret_forms = require "kms.util.secret_forms"

-- RFC 4648 in Base64, and a secret whose encoding has both letters that the alphabet for URLs replaces.
local SECRET = "Ab3/dEf+Gh1jK=lMn0pQr?>~"

--- Asserts that a text contains the form of a secret from its beginning to the end of the form.
local function assert_found(form, text, secret)
  local is_found = false
  for _, found in ipairs(secret_forms.find(secret_forms.squeeze(text), secret)) do is_found = is_found or found == form end
  assert.is_true(is_found, text)
end

describe("kms.util.secret_forms", function()
  it("finds a secret in upper and in lower case", function()
    for _, change in ipairs { string.lower, string.upper } do
      assert_found(change(SECRET), "token: " .. change(SECRET) .. ";", SECRET)
    end
  end)

  it("finds a secret in hexadecimal, in either case", function()
    local hex = SECRET:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    assert_found(hex, "token: " .. hex .. ";", SECRET)
    assert_found(hex:upper(), hex:upper(), SECRET)
  end)

  it("finds a secret in Base64 at every position in a group", function()
    -- `printf %s TEXT | base64`, where TEXT is the secret after "", "a" and "ab".
    assert_found("QWIzL2RFZitHaDFqSz1sTW4wcFFyPz5+", "QWIzL2RFZitHaDFqSz1sTW4wcFFyPz5+", SECRET)
    assert_found("FiMy9kRWYrR2gxaks9bE1uMHBRcj8+f", "YUFiMy9kRWYrR2gxaks9bE1uMHBRcj8+fg==", SECRET)
    assert_found("BYjMvZEVmK0doMWpLPWxNbjBwUXI/Pn", "YWJBYjMvZEVmK0doMWpLPWxNbjBwUXI/Pn4=", SECRET)
  end)

  it("finds a secret in the Base64 alphabet for URLs", function()
    assert_found("FiMy9kRWYrR2gxaks9bE1uMHBRcj8-f", "YUFiMy9kRWYrR2gxaks9bE1uMHBRcj8-fg", SECRET)
    assert_found("BYjMvZEVmK0doMWpLPWxNbjBwUXI_Pn", "YWJBYjMvZEVmK0doMWpLPWxNbjBwUXI_Pn4", SECRET)
  end)

  it("finds the beginning of a form, and nothing in other texts", function()
    assert_found("QWIzL2RFZitHaDFqSz1sTW4wcFFyPz5+", "QWIzL2RFZitHaDFqSz1sTW4w", SECRET)
    assert.same({}, secret_forms.find(SECRET, SECRET))
    assert.same({}, secret_forms.find("QWIzL2RFZitH", SECRET))
  end)

  it("does not search for secrets below 8 bytes", function()
    assert.same({}, secret_forms.find("c2VjcmV0 736563726574 SECRET", "secret"))
  end)
end)
