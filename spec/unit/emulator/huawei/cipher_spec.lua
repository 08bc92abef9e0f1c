--- kms.emulator.huawei.cipher: which keys encrypt, and with what. crypto_spec and datakeys_spec show the rest.

local cipher = require "kms.emulator.huawei.cipher"
local state = require "kms.emulator.huawei.state"

local function new_key(spec, usage)
  return state.add_key(state.new(), { key_id = "k", owner = "o", primary = "r", key_spec = spec, key_usage = usage }, 0)
end

describe("kms.emulator.huawei.cipher", function()
  it("find_key_error accepts symmetric keys and key pairs for encryption only", function()
    for spec, code in pairs { EC_P256 = "KMS.1114", HMAC_256 = "KMS.0341", RSA_2048 = "KMS.0335", SM2 = "KMS.0335" } do
      assert.equal(code, cipher.find_key_error(new_key(spec)))
    end
    for spec in pairs { AES_256 = true, SM4 = true, RSA_2048 = true, SM2 = true } do
      assert.is_nil(cipher.find_key_error(new_key(spec, "ENCRYPT_DECRYPT")))
    end
  end)

  it("find_algorithm_error accepts the algorithm that get_algorithm names, and it is the default of symmetric keys", function()
    for _, spec in ipairs { "AES_256", "SM4", "RSA_2048", "SM2" } do
      local key = new_key(spec, "ENCRYPT_DECRYPT")
      assert.is_nil(cipher.find_algorithm_error(key, cipher.get_algorithm(key)))
      assert.is_string(cipher.find_algorithm_error(key, "X"))
    end
    assert.is_nil(cipher.find_algorithm_error(new_key "AES_256", nil))
  end)

  it("find_context_error accepts no context, and 1 to 128 characters", function()
    assert.is_nil(cipher.find_context_error(nil))
    assert.is_nil(cipher.find_context_error(("x"):rep(128)))
    for _, context in ipairs { "", ("x"):rep(129), 5, {} } do assert.equal("KMS.0308", cipher.find_context_error(context)) end
  end)

  it("find_key_id reads the id in a ciphertext", function()
    local key = new_key "AES_256"
    assert.equal("k", cipher.find_key_id(cipher.encrypt(key, "data")))
    assert.is_nil(cipher.find_key_id "x")
    assert.is_nil(cipher.find_key_id(nil))
  end)
end)
