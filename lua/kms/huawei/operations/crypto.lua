--- Operations of Huawei Cloud KMS that encrypt, sign and authenticate with a key.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.OperationParam
local ENCRYPTION_ALGORITHM = { name = "encryption_algorithm", type = "string", place = "body",
  values = { "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256", "SM2_ENCRYPT" }, about = "algorithm" }

---@type kms.OperationParam
local SIGNING_ALGORITHM = { name = "signing_algorithm", type = "string", required = true, place = "body",
  values = { "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512",
    "SM2DSA_SM3", "ED25519_SHA_512", "ED25519_PH_SHA_512" }, about = "algorithm of the signature" }

---@type kms.OperationParam
local MESSAGE = { name = "message", type = "string", required = true, place = "body", rule = rules.BASE64,
  about = "the message or its digest, base64" }

---@type kms.OperationParam
local MESSAGE_TYPE = { name = "message_type", type = "string", place = "body", values = { "DIGEST", "RAW" },
  about = "whether `message` is a message or its digest" }

---@type kms.OperationParam
local MAC_ALGORITHM = { name = "mac_algorithm", type = "string", required = true, place = "body",
  values = { "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512", "HMAC_SM3" }, about = "algorithm of the MAC" }

---@type kms.OperationParam
local MAC_MESSAGE = { name = "message", type = "string", required = true, place = "body", rule = rules.BASE64,
  about = "the message, base64" }

local MAC_ENCODING = "Unverified: the encoding of `mac`. The sample of Open Telekom Cloud, which runs the same "
  .. "service, is in hexadecimal."

---@type kms.Operation[]
return {
  {
    name = "encrypt_data",
    official = "EncryptData",
    about = "Encrypts up to 4096 bytes.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/encrypt-data",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "plain_text", type = "string", required = true, place = "body", secret = true, about = "the data" },
      ENCRYPTION_ALGORITHM,
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "cipher_text", type = "string", required = true, about = "the encrypted data, base64" },
    },
    permission = "kms:cmk:crypto",
    error_status = fields.ERROR_STATUS,
    notes = { "`plain_text` is text, not base64; `cipher_text` is base64.", fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", plain_text = "four score and seven years ago" },
  },
  {
    name = "decrypt_data",
    official = "DecryptData",
    about = "Decrypts what encrypt_data returned.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/decrypt-data",
    read_only = true,
    params = {
      { name = "cipher_text", type = "string", required = true, place = "body", rule = rules.BASE64,
        about = "the encrypted data, base64" },
      ENCRYPTION_ALGORITHM,
      { name = "key_id", type = "string", place = "body", is_key = true, rule = rules.KEY_ID,
        about = "ID of the key" },
      fields.ENCRYPTION_CONTEXT,
      fields.SEQUENCE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "plain_text", type = "string", secret = true, about = "the data" },
      { name = "plain_text_base64", type = "string", secret = true, about = "the data, base64" },
    },
    permission = "kms:cmk:crypto",
    error_status = fields.ERROR_STATUS,
    notes = { "`key_id` is optional for a symmetric key.", fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { cipher_text = "AgD+h9Xp" },
  },
  {
    name = "re_encrypt",
    official = "ReEncrypt",
    about = "Decrypts data and encrypts it with another key, inside the service.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/re-encrypt",
    read_only = true,
    params = {
      { name = "source_key_id", type = "string", place = "body", rule = rules.KEY_ID,
        about = "ID of the key that encrypted the data" },
      { name = "source_additional_authenticated_data", type = "string", place = "body",
        about = "encryption context of the old ciphertext" },
      { name = "source_encryption_algorithm", type = "string", place = "body",
        about = "algorithm of the old ciphertext" },
      { name = "destination_key_id", type = "string", required = true, place = "body", is_key = true,
        rule = rules.KEY_ID, about = "ID of the key that encrypts the data again" },
      { name = "destination_additional_authenticated_data", type = "string", place = "body",
        about = "encryption context of the new ciphertext" },
      { name = "destination_encryption_algorithm", type = "string", place = "body",
        about = "algorithm of the new ciphertext" },
      { name = "datakey_cipher_length", type = "integer", place = "body", text = true,
        about = "length of the data key in bytes" },
      { name = "cipher_text", type = "string", required = true, place = "body", about = "the encrypted data" },
    },
    result = {
      fields.RESULT_KEY_ID,
      { name = "source_key_id", type = "string", is_echo = true, about = "ID of the key that encrypted the data" },
      { name = "source_encryption_algorithm", type = "string", about = "algorithm of the old ciphertext" },
      { name = "destination_encryption_algorithm", type = "string", about = "algorithm of the new ciphertext" },
      { name = "cipher_text", type = "string", required = true, about = "the data, encrypted again" },
    },
    notes = { fields.STATELESS, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = {
      source_key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      destination_key_id = "5259bbf5-3c7c-42e1-8802-4d90a9c9f8c4",
      cipher_text = "AgD+h9Xp",
    },
  },
  {
    name = "sign",
    official = "Sign",
    about = "Signs a message or a digest.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/sign",
    read_only = true,
    params = {
      fields.KEY_ID,
      MESSAGE,
      SIGNING_ALGORITHM,
      MESSAGE_TYPE,
      fields.SEQUENCE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "signature", type = "string", required = true, about = "the signature, base64" },
    },
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI },
    example = {
      key_id = "858cee18-6faf-4514-bb35-70c3dcfcfbf7",
      message = "bGlrZSB0aGlz",
      message_type = "RAW",
      signing_algorithm = "RSASSA_PSS_SHA_256",
    },
  },
  {
    name = "validate_signature",
    official = "ValidateSignature",
    about = "Verifies a signature.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/verify",
    read_only = true,
    params = {
      fields.KEY_ID,
      MESSAGE,
      { name = "signature", type = "string", required = true, place = "body", rule = rules.BASE64,
        about = "the signature, base64" },
      SIGNING_ALGORITHM,
      MESSAGE_TYPE,
      fields.SEQUENCE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "signature_valid", type = "boolean", required = true, text = true,
        about = "whether the signature is valid" },
    },
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS },
    sources = { fields.SDK, fields.OPENAPI },
    example = {
      key_id = "858cee18-6faf-4514-bb35-70c3dcfcfbf7",
      message = "bGlrZSB0aGlz",
      message_type = "RAW",
      signature = "MEUCIQDw",
      signing_algorithm = "RSASSA_PSS_SHA_256",
    },
  },
  {
    name = "generate_mac",
    official = "GenerateMac",
    about = "Computes a message authentication code.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/generate-mac",
    read_only = true,
    params = {
      fields.KEY_ID,
      MAC_ALGORITHM,
      MAC_MESSAGE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "mac_algorithm", type = "string", about = "algorithm of the MAC" },
      { name = "mac", type = "string", required = true, about = "the MAC" },
    },
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS, MAC_ENCODING },
    sources = { fields.SDK, fields.OPENAPI },
    example = {
      key_id = "b8bf114b-92d2-4847-ee68-a3f60f2f2e2a",
      mac_algorithm = "HMAC_SHA_256",
      message = "bGlrZSB0aGlz",
    },
  },
  {
    name = "verify_mac",
    official = "VerifyMac",
    about = "Verifies a message authentication code.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/verify-mac",
    read_only = true,
    params = {
      fields.KEY_ID,
      MAC_ALGORITHM,
      MAC_MESSAGE,
      { name = "mac", type = "string", required = true, place = "body", about = "the MAC, as generate_mac returns it" },
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "mac_algorithm", type = "string", about = "algorithm of the MAC" },
      { name = "mac_valid", type = "boolean", required = true, about = "whether the MAC is valid" },
    },
    error_status = fields.ERROR_STATUS,
    notes = { fields.STATELESS, MAC_ENCODING },
    sources = { fields.SDK, fields.OPENAPI },
    example = {
      key_id = "b8bf114b-92d2-4847-ee68-a3f60f2f2e2a",
      mac_algorithm = "HMAC_SHA_256",
      message = "bGlrZSB0aGlz",
      mac = "MEUCIQDw",
    },
  },
  {
    name = "derive_shared_secret",
    official = "DeriveSharedSecret",
    about = "Derives a secret from a key and the public key of another party.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/derive-shared-secret",
    read_only = true,
    params = {
      fields.KEY_ID,
      { name = "key_agreement_algorithm", type = "string", required = true, place = "body", values = { "ECDH" },
        about = "algorithm of the key agreement" },
      { name = "public_key", type = "string", required = true, place = "body", rule = rules.BASE64,
        about = "public key of the other party, DER in base64" },
      { name = "recipient", type = "object", place = "body",
        about = "trusted environment that receives the secret", fields = {
          { name = "attestation_document", type = "string", about = "proof of the environment" },
          { name = "key_encryption_algorithm", type = "string",
            about = "algorithm that encrypts the secret for the environment" },
        } },
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "key_agreement_algorithm", type = "string", about = "algorithm of the key agreement" },
      { name = "shared_secret", type = "string", secret = true, about = "the shared secret, base64" },
      { name = "ciphertext_recipient", type = "string", about = "the secret, encrypted for the recipient" },
    },
    notes = { fields.STATELESS, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = {
      key_id = "a7ae003a-81c1-4736-dd57-92e5fe1e1d19",
      key_agreement_algorithm = "ECDH",
      public_key = "MFkwEwYH",
    },
  },
}
