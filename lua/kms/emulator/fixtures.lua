--- The accounts and keys of an emulator that is created without others. All of them are invented.

-- A key that can be moved, unless `fields` change that.
local function huawei_key(key_id, fields)
  local key = { provider = "huawei", key_id = key_id, primary = "cn-north-4", replicas = { "cn-east-3" } }
  for name, value in pairs(fields or {}) do key[name] = value end
  return key
end

local PROJECTS = {
  ["cn-north-4"] = "0b5d8a7c4e2f41d09c6b3a1e8f7d2c5b",
  ["cn-east-3"] = "1c6e9b8d5f304ae1ad7c4b2f9081d36c",
}

return {
  accounts = {
    {
      provider = "huawei",
      access_key = "EMULATORHUAWEI000001",
      secret_key = "emulatorHuaweiSecretKeyForTestsOnly00001",
      projects = PROJECTS,
      -- Two projects with the same name: a lookup of the project must fail.
      more_projects = {
        { name = "ap-southeast-3", id = "2d7fac9e6a415bf2be8d5c30a192e47d" },
        { name = "ap-southeast-3", id = "3e80bdaf7b526c03cf9e6d41b2a3f58e" },
      },
      tokens = {
        { token = "emulator-token-of-cn-north-4", region = "cn-north-4" },
        { token = "emulator-token-of-cn-east-3", region = "cn-east-3" },
      },
      user = { name = "emulator-user", password = "emulator-Password-1", domain = "emulator-domain" },
      idp = { id = "emulator-idp", id_token = "emulator.id.token" },
      agency = true,
      pod_token = "emulator-pod-token",
    },
    {
      provider = "huawei",
      access_key = "EMULATORHUAWEI000002",
      secret_key = "emulatorHuaweiSecretKeyForTestsOnly00002",
      security_token = "emulator+security/token==",
      projects = PROJECTS,
    },
    {
      provider = "ncloud",
      access_key = "EMULATORNCLOUD000001",
      secret_key = "emulatorNcloudSecretKeyForTestsOnly00001",
      role = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    },
  },
  keys = {
    huawei_key "0d0466b0-e727-4d9c-b35d-f84bb474a37f",
    huawei_key("1e1577c1-f838-4ead-c46e-095cc585b480", { state = "disabled" }),
    huawei_key("2f2688d2-0949-4fbe-d57f-1a6dd696c591", { state = "pending_deletion" }),
    huawei_key("303799e3-1a5a-40cf-e680-2b7ee7a7d6a2", { default_master = true }),
    huawei_key("4148aaf4-2b6b-41d0-f791-3c8ff8b8e7b3", { replicas = {} }),
    huawei_key "5259bbf5-3c7c-42e1-8802-4d90a9c9f8c4",
    huawei_key "636accf6-4d8d-43f2-9913-5ea1badad9d5",
    huawei_key "747bdd07-5e9e-4403-aa24-6fb2cbebeae6",
    { provider = "ncloud", key_tag = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6", key_name = "oldKeyName" },
    { provider = "ncloud", key_tag = "b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1", key_name = "takenName" },
    { provider = "ncloud", key_tag = "c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2", key_name = "sleepingKey",
      state = "disabled" },
    { provider = "ncloud", key_tag = "d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3", key_name = "dyingKey",
      state = "pending_deletion" },
    { provider = "ncloud", key_tag = "e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4", key_name = "rsaKey",
      key_type = "RSA2048" },
    { provider = "ncloud", key_tag = "f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5", key_name = "signingKey",
      key_type = "ECDSA" },
    { provider = "ncloud", key_tag = "g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6", key_name = "convergentKey",
      is_convergent = true },
    { provider = "ncloud", key_tag = "h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6a1b2c3d4e5f6g7", key_name = "rotatedKey",
      version_count = 3, is_auto_rotation = true, has_token_generator = true },
    huawei_key("858cee18-6faf-4514-bb35-70c3dcfcfbf7", { key_spec = "RSA_2048", replicas = {} }),
    huawei_key("969dff29-70b0-4625-cc46-81d4ed0d0c08",
      { key_spec = "RSA_2048", key_usage = "ENCRYPT_DECRYPT", replicas = {} }),
    huawei_key("a7ae003a-81c1-4736-dd57-92e5fe1e1d19", { key_spec = "EC_P256", replicas = {} }),
    huawei_key("b8bf114b-92d2-4847-ee68-a3f60f2f2e2a", { key_spec = "HMAC_256", replicas = {} }),
    huawei_key("c9c0225c-a3e3-4958-ff79-b40710303f3b", { origin = "external", replicas = {} }),
  },
}
