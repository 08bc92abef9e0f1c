--- kms.emulator.ncloud.crypto: encryption, signatures and public keys with real cryptography.

local emulator = require "kms.emulator"
local digest = require "openssl.digest"
local pkey = require "openssl.pkey"
local encoding = require "kms.emulator.encoding"
local emulated_ncloud = require "spec.helpers.emulated_ncloud"

local TAG, RSA_TAG, EC_TAG = emulated_ncloud.TAG, emulated_ncloud.RSA_TAG, emulated_ncloud.EC_TAG
local CONVERGENT_TAG, ROTATED_TAG = emulated_ncloud.CONVERGENT_TAG, emulated_ncloud.ROTATED_TAG
local base64 = encoding.encode_base64

-- One emulator for all cases, because RSA keys take long. Each case leaves its keys as they were.
local cloud, ncloud

setup(function()
  cloud = emulator.new()
  ncloud = emulated_ncloud.new(cloud)
end)

local function post(tag, action, body) return ncloud:call("POST", ("/%s/%s"):format(tag, action), body) end

local function assert_refused(code, tag, action, body)
  ncloud:assert_refused(code, "POST", ("/%s/%s"):format(tag, action), body)
end

local function encrypt(tag, data, context)
  return post(tag, "encrypt", { plaintext = base64(data), context = context and base64(context) }).ciphertext
end

local function decrypt(tag, text, context)
  return encoding.decode_base64(post(tag, "decrypt", { ciphertext = text, context = context and base64(context) }).plaintext)
end

describe("encryption with NAVER keys in the emulator", function()
  for _, case in ipairs { { "AES256", TAG, 32 * 1024 }, { "RSA2048", RSA_TAG, 190 } } do
    local key_type, tag, max_size = case[1], case[2], case[3]

    it("an " .. key_type .. " key decrypts what it encrypted, up to its documented size", function()
      for _, data in ipairs { "", "\0\255", ("x"):rep(max_size) } do
        local text = encrypt(tag, data)
        assert.truthy(text:find "^ncpkms:v1:[%w+/]+=*$")
        assert.equal(data, decrypt(tag, text))
      end
      assert_refused("INVALID_REQUEST", tag, "encrypt", { plaintext = base64(("x"):rep(max_size + 1)) })
    end)

    it("an " .. key_type .. " key gives another ciphertext each time", function()
      assert.not_equal(encrypt(tag, "data"), encrypt(tag, "data"))
    end)
  end

  it("encrypt and decrypt convert each member of a list", function()
    local texts = post(TAG, "encrypt", { plaintext = { base64 "one", base64 "two" } }).ciphertext
    assert.equal(2, #texts)
    assert.same({ base64 "one", base64 "two" }, post(TAG, "decrypt", { ciphertext = texts }).plaintext)
    texts[2] = "ncpkms:v1:AAAA"
    assert_refused("INVALID_REQUEST", TAG, "decrypt", { ciphertext = texts })
    assert_refused("INVALID_REQUEST", TAG, "encrypt", { plaintext = {} })
  end)

  it("decrypt needs the context of encrypt", function()
    local text = encrypt(TAG, "data", "context")
    assert.equal("data", decrypt(TAG, text, "context"))
    assert_refused("INVALID_REQUEST", TAG, "decrypt", { ciphertext = text })
    assert_refused("INVALID_REQUEST", TAG, "decrypt", { ciphertext = text, context = base64 "other" })
  end)

  it("a key with convergent encryption needs a context and gives equal ciphertexts for equal data", function()
    assert_refused("INVALID_REQUEST", CONVERGENT_TAG, "encrypt", { plaintext = base64 "data" })
    local text = encrypt(CONVERGENT_TAG, "data", "context")
    assert.equal(text, encrypt(CONVERGENT_TAG, "data", "context"))
    assert.not_equal(text, encrypt(CONVERGENT_TAG, "data", "other"))
    assert.not_equal(text, encrypt(CONVERGENT_TAG, "more", "context"))
    assert.equal("data", decrypt(CONVERGENT_TAG, text, "context"))
  end)

  for _, case in ipairs {
    { "a plaintext that is not Base64", "encrypt", { plaintext = "%" } },
    { "a plaintext that is a number", "encrypt", { plaintext = 1 } },
    { "a context above 50 bytes", "encrypt", { plaintext = "", context = base64(("x"):rep(51)) } },
    { "a context that is not Base64", "encrypt", { plaintext = "", context = "%" } },
    { "a body without a plaintext", "encrypt", {} },
    { "a ciphertext without the prefix", "decrypt", { ciphertext = "AAAA" } },
    { "a ciphertext of a version that does not exist", "decrypt", { ciphertext = "ncpkms:v9:AAAA" } },
    { "a ciphertext that is not Base64", "decrypt", { ciphertext = "ncpkms:v1:%" } },
    { "a ciphertext that is a number", "re-encrypt", { ciphertext = 1 } },
  } do
    it(case[2] .. " refuses " .. case[1], function() assert_refused("INVALID_REQUEST", TAG, case[2], case[3]) end)
  end

  it("decrypt refuses the ciphertext of another key, and a changed one", function()
    local text = encrypt(TAG, "data")
    assert_refused("INVALID_REQUEST", ROTATED_TAG, "decrypt", { ciphertext = text })
    local bytes = encoding.decode_base64(text:match ":([^:]*)$")
    bytes = bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256)
    assert_refused("INVALID_REQUEST", TAG, "decrypt", { ciphertext = "ncpkms:v1:" .. base64(bytes) })
    local rsa_text = encrypt(RSA_TAG, "data")
    assert_refused("INVALID_REQUEST", TAG, "decrypt", { ciphertext = rsa_text })
    assert_refused("INVALID_REQUEST", RSA_TAG, "decrypt", { ciphertext = text })
  end)

  it("a disabled key, an ECDSA key and a version that is disabled refuse encryption", function()
    assert_refused("UNPROCESSABLE_ENTITY", emulated_ncloud.DISABLED_TAG, "encrypt", { plaintext = "" })
    assert_refused("UNPROCESSABLE_ENTITY", EC_TAG, "encrypt", { plaintext = "" })
    assert_refused("UNPROCESSABLE_ENTITY", EC_TAG, "create-custom-key", {})
    local text = encrypt(ROTATED_TAG, "data")
    post(ROTATED_TAG, "rotate")
    post(ROTATED_TAG, "versions/3/disable")
    assert_refused("UNPROCESSABLE_ENTITY", ROTATED_TAG, "decrypt", { ciphertext = text })
    post(ROTATED_TAG, "versions/3/enable")
    assert.equal("data", decrypt(ROTATED_TAG, text))
  end)

  it("re_encrypt encrypts with the newest version", function()
    local own = emulated_ncloud.new(emulator.new()) -- because the key gets a version
    local function call(action, body) return own:call("POST", ("/%s/%s"):format(TAG, action), body) end
    local old = call("encrypt", { plaintext = base64 "data" }).ciphertext
    local version = call("rotate").version
    local new = call("re-encrypt", { ciphertext = { old } }).newCiphertext
    assert.equal(("ncpkms:v%d:"):format(version), new[1]:match "^ncpkms:v%d+:")
    assert.same({ base64 "data", base64 "data" }, call("decrypt", { ciphertext = { new[1], old } }).plaintext)
  end)
end)

describe("create_custom_key of the emulator", function()
  it("create_custom_key returns a data key in ciphertext, and in plaintext on request", function()
    for _, case in ipairs { { nil, 32 }, { 128, 16 }, { 256, 32 }, { 512, 64 } } do
      local key = post(TAG, "create-custom-key", { bits = case[1], requestPlainKey = true })
      local data = decrypt(TAG, key.ciphertext)
      assert.equal(case[2], #data)
      assert.equal(base64(data), key.plaintext)
      assert.is_nil(key.key_version)
    end
    assert.is_nil(post(TAG, "create-custom-key", {}).plaintext)
    assert.is_string(ncloud:call("POST", "/" .. TAG .. "/create-custom-key").ciphertext)
  end)

  it("create_custom_key by token returns the key version under the name of the sample", function()
    local token = post(ROTATED_TAG, "token-set").accessToken
    local key = ncloud:with_token(token):call("POST", "/" .. ROTATED_TAG .. "/create-custom-key", { requestPlainKey = false })
    assert.equal(#cloud:key(ROTATED_TAG).versions, key.key_version)
    assert.is_nil(key.plaintext)
  end)

  for _, body in ipairs { { bits = 384 }, { bits = "x" }, { requestPlainKey = "true" } } do
    it("create_custom_key refuses " .. next(body) .. " " .. tostring(select(2, next(body))), function()
      assert_refused("INVALID_REQUEST", TAG, "create-custom-key", body)
    end)
  end
end)

describe("signatures with NAVER keys in the emulator", function()
  for _, case in ipairs { { "RSA2048", RSA_TAG }, { "ECDSA", EC_TAG } } do
    local key_type, tag = case[1], case[2]

    it("a key of type " .. key_type .. " verifies what it signed, and nothing else", function()
      local data = base64(("x"):rep(8 * 1024))
      local signature = post(tag, "sign", { data = data }).signature
      assert.truthy(signature:find "^ncpkms:v1:[%w+/]+=*$")
      assert.is_true(post(tag, "verify", { data = data, signature = signature }).valid)
      assert.is_false(post(tag, "verify", { data = base64 "y", signature = signature }).valid)
      assert_refused("INVALID_REQUEST", tag, "sign", { data = base64(("x"):rep(8 * 1024 + 1)) })
      assert_refused("INVALID_REQUEST", tag, "verify", { data = data, signature = "AAAA" })
    end)

    it("get_public_key returns the public key of a version of type " .. key_type, function()
      local pem = post(tag, "get-pub-key").publicKey
      assert.truthy(pem:find "^%-%-%-%-%-BEGIN PUBLIC KEY%-%-%-%-%-\n")
      assert.equal(pem, post(tag, "get-pub-key", { keyVersion = 1 }).publicKey)
      assert_refused("NOT_FOUND", tag, "get-pub-key", { keyVersion = 2 })
      assert_refused("INVALID_REQUEST", tag, "get-pub-key", { keyVersion = 101 })
    end)
  end

  it("OpenSSL verifies a signature of type ECDSA with the public key", function()
    local signature = post(EC_TAG, "sign", { data = base64 "message" }).signature
    local key = pkey.new(post(EC_TAG, "get-pub-key").publicKey)
    local hashed = digest.new "sha256"
    hashed:update "message"
    assert.is_true(key:verify(encoding.decode_base64(signature:match ":([^:]*)$"), hashed))
  end)

  it("an AES256 key neither signs nor has a public key", function()
    assert_refused("UNPROCESSABLE_ENTITY", TAG, "sign", { data = "" })
    assert_refused("UNPROCESSABLE_ENTITY", TAG, "verify", { data = "", signature = "ncpkms:v1:AAAA" })
    assert_refused("UNPROCESSABLE_ENTITY", TAG, "get-pub-key")
  end)
end)
