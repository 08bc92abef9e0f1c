--- NAVER Cloud KMS 2.0: encryption, signatures and data keys.

local fields = require "kms.ncloud.fields"
local rules = require "kms.ncloud.rules"

local BASE64_ITEM = { type = "string", rule = rules.BASE64 }
local CIPHERTEXT_ITEM = { type = "string", rule = rules.NOT_EMPTY }

local ciphertext_param = { name = "ciphertext", type = "string|list", items = CIPHERTEXT_ITEM, required = true,
  place = "body", rule = rules.NOT_EMPTY, about = "ciphertext with its prefix, or a list of them" }
local data_param = { name = "data", type = "string", required = true, place = "body", rule = rules.BASE64,
  about = "message in base64, at most 8 KB" }

local LIST_NOTE = "A list in the request gives a list of the same length in the result."

---@type kms.Operation[]
return {
  {
    name = "encrypt",
    official = "Encrypt",
    about = "Encrypts data with the newest version of a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/encrypt",
    auth = "account_or_token",
    read_only = true,
    params = {
      fields.key_tag,
      { name = "plaintext", type = "string|list", items = BASE64_ITEM, required = true, secret = true, place = "body",
        rule = rules.BASE64, about = "data in base64, or a list of them; AES256: at most 32 KB, RSA2048: 190 bytes" },
      fields.context,
    },
    result = {
      { name = "ciphertext", type = "string|list", items = { type = "string" }, required = true,
        about = "ciphertext; its prefix `ncpkms:` is a part of it" },
    },
    notes = { "For keys of type AES256 and RSA2048.", LIST_NOTE },
    sources = {
      "https://api.ncloud-docs.com/docs/en/security-kms2-encrypt",
      "https://api.ncloud-docs.com/docs/en/security-kms2-token-encrypt",
    },
    example = { key_tag = fields.EXAMPLE_TAG, plaintext = "aGVsbG8=" },
  },
  {
    name = "decrypt",
    official = "Decrypt",
    about = "Decrypts data that a key has encrypted.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/decrypt",
    auth = "account_or_token",
    read_only = true,
    params = { fields.key_tag, ciphertext_param, fields.context },
    result = {
      { name = "plaintext", type = "string|list", items = { type = "string", secret = true }, required = true,
        secret = true, about = "data in base64" },
    },
    notes = { LIST_NOTE },
    sources = {
      "https://api.ncloud-docs.com/docs/en/security-kms2-decrypt",
      "https://api.ncloud-docs.com/docs/en/security-kms2-token-decrypt",
    },
    example = { key_tag = fields.EXAMPLE_TAG, ciphertext = "ncpkms:v1:…" },
  },
  {
    name = "re_encrypt",
    official = "Re-encrypt",
    about = "Encrypts data again with the newest version of the same key, without showing the plaintext.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/re-encrypt",
    read_only = true,
    params = { fields.key_tag, ciphertext_param, fields.context },
    result = {
      { name = "new_ciphertext", wire = "newCiphertext", type = "string|list", items = { type = "string" },
        required = true, about = "ciphertext of the newest version" },
    },
    notes = { LIST_NOTE, "Unverified: whether an access token is accepted." },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-reencrypt" },
    example = { key_tag = fields.EXAMPLE_TAG, ciphertext = "ncpkms:v1:…" },
  },
  {
    name = "create_custom_key",
    official = "Create Custom Key",
    about = "Creates a data key and encrypts it with a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/create-custom-key",
    auth = "account_or_token",
    read_only = true,
    params = {
      fields.key_tag,
      { name = "request_plain_key", wire = "requestPlainKey", type = "boolean", place = "body", default = false,
        about = "whether the result has the data key itself too" },
      { name = "bits", type = "integer", place = "body", values = { 128, 256, 512 }, default = 256,
        about = "length of the data key" },
      fields.context,
    },
    result = {
      { name = "plaintext", type = "string|list", items = { type = "string", secret = true }, secret = true,
        about = "data key in base64; only with request_plain_key" },
      { name = "ciphertext", type = "string", required = true, about = "encrypted data key" },
      { name = "key_version", also = { "keyVersion" }, type = "integer", about = "version of the key" },
    },
    notes = { "Unverified: key_version; one sample has it." },
    sources = {
      "https://api.ncloud-docs.com/docs/en/security-kms2-custom-key",
      "https://api.ncloud-docs.com/docs/en/security-kms2-token-custom-key",
    },
    example = { key_tag = fields.EXAMPLE_TAG, request_plain_key = true, bits = 256 },
  },
  {
    name = "sign",
    official = "Sign",
    about = "Signs a message with a key.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/sign",
    auth = "account_or_token",
    read_only = true,
    params = { fields.key_tag, data_param },
    result = { { name = "signature", type = "string", required = true, about = "signature" } },
    notes = {
      "For keys of type RSA2048 and ECDSA.",
      "Inferred: SHA-256 of the message; RSASSA-PSS with a salt of 222 bytes, or ECDSA on P-256 in DER. "
        .. "API version 3 documents it for the same keys.",
    },
    sources = { "https://api.ncloud-docs.com/docs/en/security-kms2-token-sign" },
    example = { key_tag = fields.RSA_TAG, data = "aGVsbG8=" },
  },
  {
    name = "verify",
    official = "Verify",
    about = "Verifies the signature of a message.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/verify",
    auth = "account_or_token",
    read_only = true,
    params = {
      fields.key_tag, data_param,
      { name = "signature", type = "string", required = true, place = "body", rule = rules.NOT_EMPTY,
        about = "signature from sign" },
    },
    result = {
      { name = "valid", type = "boolean", required = true, about = "whether the signature is that of the message" },
    },
    notes = { "For keys of type RSA2048 and ECDSA." },
    sources = {
      "https://api.ncloud-docs.com/docs/en/security-kms2-verify",
      "https://api.ncloud-docs.com/docs/en/security-kms2-token-verify",
    },
    example = { key_tag = fields.RSA_TAG, data = "aGVsbG8=", signature = "MEUCIQ==" },
  },
  {
    name = "get_public_key",
    official = "Get Public Key",
    about = "Reads the public key of a key pair.",
    method = "POST",
    path = "/kms/v1/keys/{key_tag}/get-pub-key",
    auth = "account_or_token",
    read_only = true,
    params = {
      fields.key_tag,
      { name = "key_version", wire = "keyVersion", type = "integer", place = "body", min = 1, max = 100,
        about = "version of the key" },
    },
    result = {
      { name = "public_key", wire = "publicKey", type = "string", required = true, about = "public key as PEM" },
    },
    notes = { "For keys of type RSA2048 and ECDSA.", "The request is a POST, although it only reads." },
    sources = {
      "https://api.ncloud-docs.com/docs/en/security-kms2-public-key",
      "https://api.ncloud-docs.com/docs/en/security-kms2-token-public-key",
    },
    example = { key_tag = fields.RSA_TAG },
  },
}
