--- kms.emulator.huawei.import: imported key material.

local emulator = require "kms.emulator"
local emulated_keys = require "spec.helpers.emulated_keys"
local encoding = require "kms.emulator.encoding"
local key_pair = require "kms.emulator.crypto.key_pair"
local pkey = require "openssl.pkey"
local requests = require "spec.helpers.emulator_requests"
local rsa = require "kms.emulator.crypto.rsa"
local versions = require "spec.helpers.versions"

local MATERIAL = ("m"):rep(32)
local START = 1767323045

local cloud, keys, key_id

before_each(function()
  cloud = emulator.new { clock = function() return START end }
  keys = emulated_keys.new(cloud)
  key_id = keys:create { origin = "external" }
end)

-- Returns the members of import_key_material.
local function prepare(material, algorithm)
  local parameters = keys:call("create_parameters_for_import", { key_id = key_id, wrapping_algorithm = algorithm or "RSAES_OAEP_SHA_256" })
  local public_key = pkey.new(encoding.decode_base64(parameters.public_key), "DER", "public")
  local wrapped = algorithm == "SM2_ENCRYPT" and public_key:encrypt(material) or rsa.encrypt(public_key, material)
  return { key_id = key_id, import_token = parameters.import_token, encrypted_key_material = encoding.encode_base64(wrapped) }, parameters
end

local function import(fields, material)
  local body = prepare(material or MATERIAL)
  for name, value in pairs(fields or {}) do body[name] = value end
  return keys:call("import_key_material", body)
end

describe("the import of the emulator", function()
  for _, algorithm in ipairs { "RSAES_OAEP_SHA_256", "SM2_ENCRYPT" } do
    it("a key encrypts after the import of material wrapped with " .. algorithm, function()
      local reason = algorithm == "SM2_ENCRYPT" and versions.find_reason("OpenSSL", "3.0")
      if reason then return pending(reason) end
      keys:refuse("KMS.1301", "encrypt_data", { key_id = key_id, plain_text = "data" })
      local body, parameters = prepare(MATERIAL, algorithm)
      assert.same({ key_id, START + 24 * 3600 }, { parameters.key_id, parameters.expiration_time })
      assert.is_true(#parameters.import_token >= 200)
      assert.same({}, keys:call("import_key_material", body))
      local details = keys:describe(key_id)
      assert.same({ "2", "external", "" }, { details.key_state, details.origin, details.expiration_time })
      local cipher_text = keys:call("encrypt_data", { key_id = key_id, plain_text = "data" }).cipher_text
      assert.equal("data", keys:call("decrypt_data", { cipher_text = cipher_text }).plain_text)
      assert.equal(encoding.encode_base64(MATERIAL), cloud:key(key_id).materials[1].secret)
    end)
  end

  it("a key of SM4 takes material of 16 bytes", function()
    key_id = keys:create { origin = "external", key_spec = "SM4" }
    import(nil, ("m"):rep(16))
    keys:call("encrypt_data", { key_id = key_id, plain_text = "data" })
  end)

  it("imported material expires, and the same material can be imported again", function()
    import { expiration_time = START + 100 }
    assert.equal(("%d000"):format(START + 100), keys:describe(key_id).expiration_time)
    local cipher_text = keys:call("encrypt_data", { key_id = key_id, plain_text = "data" }).cipher_text
    cloud:advance(100)
    assert.equal("5", keys:describe(key_id).key_state)
    keys:refuse("KMS.1301", "decrypt_data", { cipher_text = cipher_text })
    keys:refuse("KMS.2606", "import_key_material", (prepare(("n"):rep(32))))
    import()
    assert.equal("data", keys:call("decrypt_data", { cipher_text = cipher_text }).plain_text)
  end)

  it("delete_imported_key_material deletes the material of an enabled or disabled key", function()
    import()
    assert.same({}, keys:call("delete_imported_key_material", { key_id = key_id }))
    assert.equal("5", keys:describe(key_id).key_state)
    keys:refuse("KMS.2701", "delete_imported_key_material", { key_id = key_id })
    import()
    keys:call("disable_key", { key_id = key_id })
    keys:call("delete_imported_key_material", { key_id = key_id })
  end)

  for _, case in ipairs {
    { "another token", "KMS.2605", { import_token = "AAAA" } },
    { "material that is not Base64", "KMS.0311", { encrypted_key_material = "?" } },
    { "material that is wrapped in another way", "KMS.0311", { encrypted_key_material = encoding.encode_base64(("x"):rep(256)) } },
    { "an expiry in the past", "KMS.2602", { expiration_time = START } },
    { "an expiry that is text", "KMS.0308", { expiration_time = "2000000000" } },
    { "an expiry in milliseconds", "KMS.0308", { expiration_time = START * 1000 } },
  } do
    it("import_key_material refuses " .. case[1], function()
      local body = prepare(MATERIAL)
      for name, value in pairs(case[3]) do body[name] = value end
      keys:refuse(case[2], "import_key_material", body)
      assert.equal("5", keys:describe(key_id).key_state)
    end)
  end

  it("import_key_material refuses material of another length", function()
    keys:refuse("KMS.2604", "import_key_material", (prepare "short"))
  end)

  it("import_key_material refuses a token that has expired, that was used, or that is for another key", function()
    local body = prepare(MATERIAL)
    local other = keys:create { origin = "external" }
    keys:refuse("KMS.2603", "import_key_material", { key_id = other, import_token = body.import_token,
      encrypted_key_material = body.encrypted_key_material })
    cloud:advance(24 * 3600)
    keys:refuse("KMS.2601", "import_key_material", body)
    body = prepare(MATERIAL)
    keys:call("import_key_material", body)
    keys:refuse("KMS.0310", "import_key_material", body)
    keys:call("delete_imported_key_material", { key_id = key_id })
    keys:refuse("KMS.2605", "import_key_material", body)
  end)

  it("the operations on imports refuse keys of the service", function()
    local body = { key_id = requests.KEY, wrapping_algorithm = "RSAES_OAEP_SHA_256", import_token = "x", encrypted_key_material = "x" }
    for _, operation in ipairs { "create_parameters_for_import", "import_key_material", "delete_imported_key_material" } do
      keys:refuse("KMS.0309", operation, body)
      keys:refuse("KMS.0211", operation, { key_id = requests.DEFAULT_MASTER_KEY, wrapping_algorithm = "x", import_token = "x",
        encrypted_key_material = "x" })
    end
  end)

  it("material is imported in the primary region only", function()
    import()
    local east = keys:replicate(key_id)
    east:refuse("KMS.1404", "create_parameters_for_import", { key_id = key_id, wrapping_algorithm = "RSAES_OAEP_SHA_256" })
    east:refuse("KMS.1404", "import_key_material", { key_id = key_id, import_token = "x", encrypted_key_material = "x" })
    east:refuse("KMS.0106", "delete_imported_key_material", { key_id = key_id })
  end)

  it("create_parameters_for_import refuses unknown algorithms and keys with material", function()
    keys:refuse("KMS.0308", "create_parameters_for_import", { key_id = key_id, wrapping_algorithm = "RSAES_PKCS1_V1_5" })
    import()
    keys:refuse("KMS.0310", "create_parameters_for_import", { key_id = key_id, wrapping_algorithm = "RSAES_OAEP_SHA_256" })
  end)

  it("an imported key cannot be rotated", function()
    import()
    keys:refuse("KMS.0312", "enable_key_rotation", { key_id = key_id })
    keys:refuse("KMS.0312", "rotate_on_demand", { key_id = key_id })
  end)

  it("private keys are not imported", function()
    key_id = keys:create { origin = "external", key_spec = "EC_P256" }
    local body = prepare(MATERIAL)
    keys:refuse("KMS.2608", "import_key_material", body)
    body.encrypted_privatekey = encoding.encode_base64(key_pair.generate "EC_P256")
    keys:refuse("EMULATOR.0501", "import_key_material", body)
  end)
end)
