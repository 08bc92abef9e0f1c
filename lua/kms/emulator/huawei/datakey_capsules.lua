--- Huawei Cloud KMS: data key capsules, which no published page describes.

local outcome = require "kms.emulator.huawei.outcome"

local function refuse() return outcome.refuse_not_emulated "data key capsules" end

return {
  create_datakey_capsule = {
    route = "POST /v1.0/{project_id}/kms/datakey-capsule/create",
    required = { "key_id", "datakey_length" },
    key = "body",
    handler = refuse,
  },
  decrypt_datakey_capsule = {
    route = "POST /v1.0/{project_id}/kms/datakey-capsule/decrypt",
    required = { "key_id", "datakey_capsule", "attestation_document" },
    key = "body",
    handler = refuse,
  },
}
