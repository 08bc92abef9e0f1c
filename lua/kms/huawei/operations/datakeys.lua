--- Operations of Huawei Cloud KMS on data keys and random data.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.OperationParam
local DATAKEY_SPEC = { name = "key_spec", type = "string", place = "body",
  values = { "AES_256", "AES_128", "SM4", "HMAC_256", "HMAC_384", "HMAC_512", "HMAC_SM3" },
  about = "algorithm of the data key" }

---@type kms.OperationParam
local DATAKEY_LENGTH = { name = "datakey_length", type = "integer", place = "body", text = true,
  about = "length of the data key in bits" }

---@type kms.OperationParam
local WITH_PLAIN_TEXT = { name = "with_plain_text", type = "boolean", place = "body", default = true,
  about = "whether the private key is returned in plain text too" }

---@type kms.ResultField[]
local KEY_PAIR = {
  fields.SAME_KEY_ID,
  { name = "key_spec", type = "string", about = "kind of key pair" },
  { name = "public_key", type = "string", about = "the public key" },
  { name = "private_key_cipher_text", type = "string", about = "the encrypted private key" },
  { name = "private_key_plain_text", type = "string", secret = true, about = "the private key" },
  { name = "wrapped_private_key", type = "string", about = "the private key, encrypted for the environment" },
  { name = "ciphertext_recipient", type = "string", about = "the secret, encrypted for the recipient" },
}

---@type kms.Operation[]
return {
  {
    name = "create_datakey",
    official = "CreateDatakey",
    about = "Creates a data key and returns it in plain text and encrypted.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-datakey",
    read_only = true,
    params = {
      fields.KEY_ID,
      DATAKEY_SPEC,
      DATAKEY_LENGTH,
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
      fields.PIN,
      fields.PIN_TYPE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "plain_text", type = "string", required = true, secret = true, about = "the data key, hexadecimal" },
      { name = "cipher_text", type = "string", required = true, about = "the encrypted data key, hexadecimal" },
    },
    permission = "kms:dek:create",
    error_status = fields.ERROR_STATUS,
    notes = {
      "`datakey_length` has precedence over `key_spec`; without both, the data key has 256 bits.",
      fields.STATELESS,
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "create_datakey_without_plaintext",
    official = "CreateDatakeyWithoutPlaintext",
    about = "Creates a data key and returns it encrypted only.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-datakey-without-plaintext",
    read_only = true,
    params = {
      fields.KEY_ID,
      DATAKEY_SPEC,
      DATAKEY_LENGTH,
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
      fields.PIN,
      fields.PIN_TYPE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "cipher_text", type = "string", required = true, about = "the encrypted data key, hexadecimal" },
    },
    permission = "kms:dek:create",
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f" },
  },
  {
    name = "encrypt_datakey",
    official = "EncryptDatakey",
    about = "Encrypts a data key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/encrypt-datakey",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "plain_text", type = "string", required = true, place = "body", rule = rules.HEX, secret = true,
        about = "the data key and its digest, hexadecimal" },
      { name = "datakey_plain_length", type = "integer", required = true, place = "body", text = true,
        about = "length of the data key in bytes" },
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
      fields.PIN,
      fields.PIN_TYPE,
      { name = "key_spec", type = "string", place = "body", values = { "SM2", "RSA" },
        about = "kind of key pair that wraps the data key" },
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "cipher_text", type = "string", required = true, about = "the encrypted data key, hexadecimal" },
      { name = "datakey_length", type = "integer", text = true, about = "length of the data key in bytes" },
    },
    permission = "kms:dek:crypto",
    error_status = fields.ERROR_STATUS,
    notes = {
      "`plain_text` is the data key followed by its SHA-256 digest (SM3 for an SM4 key), both hexadecimal.",
      "The documentation gives `datakey_plain_length` as 1 to 1024, and as 64 in the same text.",
      fields.STATELESS,
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      plain_text = "000102030405060708090a0b0c0d0e0fbe45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991",
      datakey_plain_length = 16,
    },
  },
  {
    name = "decrypt_datakey",
    official = "DecryptDatakey",
    about = "Decrypts a data key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/decrypt-datakey",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "cipher_text", type = "string", required = true, place = "body", rule = rules.HEX,
        about = "the encrypted data key, hexadecimal" },
      { name = "datakey_cipher_length", type = "integer", required = true, place = "body", text = true,
        about = "length of the data key in bytes" },
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
    },
    result = {
      { name = "data_key", type = "string", required = true, secret = true, about = "the data key, hexadecimal" },
      { name = "datakey_length", type = "integer", text = true, about = "length of the data key in bytes" },
      { name = "datakey_dgst", type = "string", about = "digest of the data key, hexadecimal" },
    },
    permission = "kms:dek:crypto",
    error_status = fields.ERROR_STATUS,
    notes = {
      "The documentation gives `datakey_cipher_length` as 1 to 1024, and as 64 in the same text.",
      fields.STATELESS,
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      cipher_text = "020098009f2c4b7a",
      datakey_cipher_length = 16,
    },
  },
  {
    name = "create_rsa_datakey_pair",
    official = "CreateRsaDatakeyPair",
    about = "Creates an RSA key pair whose private key is encrypted with a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-rsa-datakey-pair",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "key_spec", type = "string", required = true, place = "body",
        values = { "RSA_2048", "RSA_3072", "RSA_4096" }, about = "kind of key pair" },
      WITH_PLAIN_TEXT,
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
    },
    result = KEY_PAIR,
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", key_spec = "RSA_2048" },
  },
  {
    name = "create_ec_datakey_pair",
    official = "CreateEcDatakeyPair",
    about = "Creates an elliptic curve key pair whose private key is encrypted with a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-ec-datakey-pair",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "key_spec", type = "string", required = true, place = "body",
        values = { "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "SM2" },
        about = "kind of key pair" },
      WITH_PLAIN_TEXT,
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
      fields.PIN,
      fields.PIN_TYPE,
    },
    result = KEY_PAIR,
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", key_spec = "ECC_NIST_P256" },
  },
  {
    name = "create_random",
    official = "CreateRandom",
    about = "Returns random bytes.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/gen-random",
    read_only = true,
    params = {
      { name = "random_data_length", type = "integer", required = true, place = "body", text = true,
        min = 8, max = 8192, about = "length in bits" },
      fields.SEQUENCE,
    },
    result = {
      { name = "random_data", type = "string", required = true, secret = true,
        about = "the random bytes, hexadecimal" },
    },
    permission = "kms:cmk:generate",
    error_status = fields.ERROR_STATUS,
    notes = {
      "The documentation gives the length as 8 to 8192 bits in steps of 8, and as 512 in the same text; KMS.1801 "
        .. "says 512.",
      fields.STATELESS,
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { random_data_length = 512 },
  },
  {
    name = "create_pin",
    official = "CreatePin",
    about = "Creates a PIN.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/create-pin",
    params = {
      fields.PIN_TYPE,
      { name = "keystore_id", type = "string", place = "body", about = "ID of the key store" },
    },
    result = {
      { name = "pin", type = "string", required = true, secret = true, about = "the PIN" },
    },
    notes = { "For users of one certification only.", fields.STATUS_UNKNOWN },
    sources = { fields.SDK },
    example = {},
  },
}
