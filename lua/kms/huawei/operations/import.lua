--- Operations of Huawei Cloud KMS that import key material.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.Operation[]
return {
  {
    name = "create_parameters_for_import",
    official = "CreateParametersForImport",
    about = "Creates a token and a public key for the import of key material.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/get-parameters-for-import",
    params = {
      fields.KEY_ID,
      { name = "wrapping_algorithm", type = "string", required = true, place = "body",
        values = { "RSAES_OAEP_SHA_256", "SM2_ENCRYPT" },
        about = "algorithm that encrypts the key material on its way" },
      fields.SEQUENCE,
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "import_token", type = "string", required = true, about = "token for import_key_material" },
      { name = "expiration_time", type = "time", unit = "s", about = "when the token expires" },
      { name = "public_key", type = "string", required = true,
        about = "public key that encrypts the key material, base64" },
    },
    permission = "kms:cmk:getMaterial",
    error_status = fields.ERROR_STATUS,
    notes = {
      "Each call creates a new token.",
      "Unverified: the documentation does not say whether it invalidates the one before.",
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "c9c0225c-a3e3-4958-ff79-b40710303f3b", wrapping_algorithm = "RSAES_OAEP_SHA_256" },
  },
  {
    name = "import_key_material",
    official = "ImportKeyMaterial",
    about = "Imports key material into a key that is pending import.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/import-key-material",
    repeatable = true,
    params = {
      fields.KEY_ID,
      { name = "import_token", type = "string", required = true, place = "body", rule = rules.BASE64,
        about = "token of create_parameters_for_import" },
      { name = "encrypted_key_material", type = "string", required = true, place = "body", rule = rules.BASE64,
        about = "the encrypted key material, base64" },
      { name = "encrypted_privatekey", type = "string", place = "body", rule = rules.BASE64,
        about = "the encrypted private key of an asymmetric key, base64" },
      { name = "expiration_time", type = "time", unit = "s", place = "body",
        about = "when the key material expires" },
      fields.SEQUENCE,
    },
    result = {},
    verification = fields.verification("read the key with list_key_detail", "KMS.0310", "imported the key material"),
    permission = "kms:cmk:importMaterial",
    error_status = fields.ERROR_STATUS,
    notes = {
      "`expiration_time` is a number of seconds on the wire, unlike in the details of a key.",
      "Unverified: the table of error codes says that a repeat is refused with KMS.0310.",
    },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = {
      key_id = "c9c0225c-a3e3-4958-ff79-b40710303f3b",
      import_token = "AACIBjY2",
      encrypted_key_material = "FOi3UlDD",
    },
  },
  {
    name = "delete_imported_key_material",
    official = "DeleteImportedKeyMaterial",
    about = "Deletes the imported key material of a key.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/delete-imported-key-material",
    repeatable = true,
    params = { fields.KEY_ID, fields.SEQUENCE },
    result = {},
    verification = fields.verification("read the key with list_key_detail"),
    permission = "kms:cmk:deleteMaterial",
    error_status = fields.ERROR_STATUS,
    notes = { "Unverified: the table of error codes says that a repeat is refused with KMS.2701 or KMS.0309." },
    sources = { fields.SDK, fields.OPENAPI, fields.PERMISSIONS },
    example = { key_id = "c9c0225c-a3e3-4958-ff79-b40710303f3b" },
  },
}
