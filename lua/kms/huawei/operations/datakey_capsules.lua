--- Operations of Huawei Cloud KMS on data key capsules.

local fields = require "kms.huawei.fields"
local rules = require "kms.huawei.rules"

---@type kms.Operation[]
return {
  {
    name = "create_datakey_capsule",
    official = "CreateDatakeyCapsule",
    about = "Creates a data key and a capsule that only certain environments can open.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/datakey-capsule/create",
    read_only = true,
    params = {
      { name = "key_id", type = "string", required = true, place = "body", is_key = true, rule = rules.KEY_ID,
        about = "ID of the key" },
      { name = "datakey_length", type = "string", required = true, place = "body", values = { "AES_256", "SM4" },
        about = "algorithm of the data key" },
      { name = "public_key", type = "string", place = "body", about = "public key of the environment" },
      { name = "policy_id", type = "string", place = "body", rule = rules.UUID, about = "ID of the key policy" },
      { name = "key_policy", type = "string", place = "body", about = "policy of the capsule" },
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "datakey", type = "string", secret = true, about = "the data key" },
      { name = "datakey_cipher", type = "string", about = "the encrypted data key" },
      { name = "datakey_capsule", type = "string", required = true, about = "the capsule" },
    },
    notes = { fields.STATELESS, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = { key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f", datakey_length = "AES_256" },
  },
  {
    name = "decrypt_datakey_capsule",
    official = "DecryptDatakeyCapsule",
    about = "Opens a data key capsule.",
    method = "POST",
    path = "/v1.0/{project_id}/kms/datakey-capsule/decrypt",
    read_only = true,
    params = {
      { name = "key_id", type = "string", required = true, place = "body", is_key = true, rule = rules.KEY_ID,
        about = "ID of the key" },
      { name = "public_key", type = "string", place = "body", about = "public key of the environment" },
      { name = "datakey_capsule", type = "string", required = true, place = "body", about = "the capsule" },
      { name = "attestation_document", type = "object", required = true, place = "body",
        about = "proof of the environment", fields = {
          { name = "ecs_signature", type = "string", about = "signature by the ECS instance" },
          { name = "custom_signature", type = "string", about = "signature by the caller" },
          { name = "custom_public_key", type = "string", about = "public key for `custom_signature`" },
          { name = "expire_time", type = "string", about = "when the document expires" },
          { name = "service_token", type = "string", secret = true, about = "token of the service" },
        } },
    },
    result = {
      fields.SAME_KEY_ID,
      { name = "instance_id", type = "string", about = "ID of the instance" },
      { name = "datakey", type = "string", secret = true, about = "the data key" },
      { name = "datakey_cipher", type = "string", about = "the encrypted data key" },
    },
    notes = { fields.STATELESS, fields.STATUS_UNKNOWN },
    sources = { fields.NEWER_SDK },
    example = {
      key_id = "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
      datakey_capsule = "AwoRGB8m",
      attestation_document = { ecs_signature = "AwoRGB8m" },
    },
  },
}
