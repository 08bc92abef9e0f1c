--- The operations of Huawei Cloud KMS: modules that return a list of entries each. They are loaded in this order.

return {
  "kms.huawei.operations.multi_region",
  "kms.huawei.operations.keys",
  "kms.huawei.operations.aliases",
  "kms.huawei.operations.tags",
  "kms.huawei.operations.grants",
  "kms.huawei.operations.rotation",
  "kms.huawei.operations.versions",
  "kms.huawei.operations.import",
  "kms.huawei.operations.crypto",
  "kms.huawei.operations.datakeys",
  "kms.huawei.operations.datakey_capsules",
  "kms.huawei.operations.keystores",
  "kms.huawei.operations.access_points",
  "kms.huawei.operations.key_policies",
}
