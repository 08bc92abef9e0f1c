--- The groups of operations of NAVER Cloud KMS 2.0. A group is loaded when one of its operations is first looked for.

---@type kms.OperationGroup[]
return {
  { module = "kms.ncloud.operations.keys",
    names = "rename_key get_key list_keys create_key update_memo enable_key disable_key request_key_deletion"
      .. " cancel_key_deletion delete_key" },
  { module = "kms.ncloud.operations.rotation",
    names = "rotate_key enable_auto_rotation disable_auto_rotation update_rotation_period" },
  { module = "kms.ncloud.operations.versions",
    names = "list_key_versions enable_key_version disable_key_version" },
  { module = "kms.ncloud.operations.acl",
    names = "get_acl add_acl delete_acl enable_ip_acl disable_ip_acl" },
  { module = "kms.ncloud.operations.tokens",
    names = "get_token_generator create_token_generator update_token_generator delete_token_generator"
      .. " create_token_set renew_token_set create_access_token" },
  { module = "kms.ncloud.operations.crypto",
    names = "encrypt decrypt re_encrypt create_custom_key sign verify get_public_key" },
  { module = "kms.ncloud.operations.activity",
    names = "list_key_activities get_latest_use" },
}
