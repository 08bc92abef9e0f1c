--- kms.emulator.crypto.ciphertext: ciphertext that describes itself.

local ciphertext = require "kms.emulator.crypto.ciphertext"

local BYTES = ("k"):rep(32)

local function secret(fields)
  local value = { id = "key-1", version = 70000, bytes = BYTES }
  for name, field in pairs(fields or {}) do value[name] = field end
  return value
end

local function decrypt(bytes, additional_data, material)
  return ciphertext.decrypt(assert(ciphertext.parse(bytes)), material or BYTES, additional_data)
end

describe("kms.emulator.crypto.ciphertext", function()
  for _, name in ipairs { "AES_256", "SM4" } do
    it(name .. " decrypts what it encrypted, empty data and all bytes included", function()
      for _, data in ipairs { "", "a", "with\0zero", ("long "):rep(1000) } do
        local bytes = ciphertext.encrypt(secret { cipher = name }, data, "context")
        assert.equal(data, decrypt(bytes, "context"))
        assert.is_nil(bytes:find("context", 1, true))
        assert.is_true(#data < 2 or not bytes:find(data, 1, true))
      end
    end)

    it(name .. " refuses another key, and other, missing or additional additional data", function()
      local bytes = ciphertext.encrypt(secret { cipher = name }, "data", "context")
      assert.same({ nil, "ciphertext" }, { decrypt(bytes, "Context") })
      assert.same({ nil, "ciphertext" }, { decrypt(bytes) })
      assert.same({ nil, "ciphertext" }, { decrypt(bytes, "context", ("K"):rep(32)) })
      assert.same({ nil, "ciphertext" }, { decrypt(ciphertext.encrypt(secret { cipher = name }, "data"), "context") })
    end)

    it(name .. " refuses a ciphertext of which any byte was changed or cut off", function()
      local bytes = ciphertext.encrypt(secret { cipher = name }, "data", "context")
      for i = 1, #bytes do
        local parsed = ciphertext.parse(bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + 1) % 256) .. bytes:sub(i + 1))
        assert.is_nil(parsed and ciphertext.decrypt(parsed, BYTES, "context"), i)
        parsed = ciphertext.parse(bytes:sub(1, i - 1))
        assert.is_nil(parsed and ciphertext.decrypt(parsed, BYTES, "context"), i)
      end
    end)
  end

  it("parse tells the key, its version and the cipher", function()
    local parsed = ciphertext.parse(ciphertext.encrypt(secret { cipher = "SM4" }, "data"))
    assert.same({ "key-1", 70000, "SM4" }, { parsed.key_id, parsed.version, parsed.cipher })
  end)

  it("parse refuses bytes that are not a ciphertext", function()
    for _, bytes in ipairs { "", "KMS\1", "KMS\1\1", "KMS\1\1\5", "KMS\1\9" .. ("x"):rep(100), ("x"):rep(200) } do
      assert.is_nil(ciphertext.parse(bytes))
    end
  end)

  it("encrypt gives different ciphertext each time, unless the secret is convergent", function()
    assert.are_not.equal(ciphertext.encrypt(secret(), "data"), ciphertext.encrypt(secret(), "data"))
    local convergent = secret { is_convergent = true }
    local first = ciphertext.encrypt(convergent, "data", "a")
    assert.equal(first, ciphertext.encrypt(convergent, "data", "a"))
    assert.are_not.equal(first, ciphertext.encrypt(convergent, "data", "b"))
    assert.are_not.equal(first, ciphertext.encrypt(convergent, "Data", "a"))
    assert.equal("data", decrypt(first, "a"))
  end)
end)
