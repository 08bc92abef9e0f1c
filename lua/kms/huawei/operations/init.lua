--- The groups of operations of Huawei Cloud KMS. A group is loaded when one of its operations is first looked for.

---@type kms.OperationGroup[]
return {
  { module = "kms.huawei.operations.multi_region",
    names = "update_primary_region replicate_key list_support_regions" },
  { module = "kms.huawei.operations.keys",
    names = "create_key list_keys list_key_detail update_key_alias update_key_description enable_key disable_key"
      .. " delete_key cancel_key_deletion show_public_key show_user_instances show_user_quotas" },
  { module = "kms.huawei.operations.aliases",
    names = "create_alias associate_alias list_aliases delete_alias" },
  { module = "kms.huawei.operations.tags",
    names = "create_kms_tag batch_create_kms_tags delete_tag show_kms_tags list_kms_tags list_kms_by_tags" },
  { module = "kms.huawei.operations.grants",
    names = "create_grant list_grants list_retirable_grants cancel_grant cancel_self_grant" },
  { module = "kms.huawei.operations.rotation",
    names = "enable_key_rotation disable_key_rotation show_key_rotation_status update_key_rotation_interval"
      .. " rotate_on_demand" },
  { module = "kms.huawei.operations.versions",
    names = "show_versions show_version" },
  { module = "kms.huawei.operations.import",
    names = "create_parameters_for_import import_key_material delete_imported_key_material" },
  { module = "kms.huawei.operations.crypto",
    names = "encrypt_data decrypt_data re_encrypt sign validate_signature generate_mac verify_mac"
      .. " derive_shared_secret" },
  { module = "kms.huawei.operations.datakeys",
    names = "create_datakey create_datakey_without_plaintext encrypt_datakey decrypt_datakey"
      .. " create_rsa_datakey_pair create_ec_datakey_pair create_random create_pin" },
  { module = "kms.huawei.operations.datakey_capsules",
    names = "create_datakey_capsule decrypt_datakey_capsule" },
  { module = "kms.huawei.operations.keystores",
    names = "create_key_store list_key_stores show_key_store enable_key_store disable_key_store delete_key_store" },
  { module = "kms.huawei.operations.access_points",
    names = "create_access_point list_access_point enable_access_point disable_access_point"
      .. " download_access_point_private_key delete_access_point" },
  { module = "kms.huawei.operations.key_policies",
    names = "create_key_policy list_key_policy show_key_policy update_key_policy delete_key_policy" },
}
