--- The operations of NAVER Cloud KMS 2.0: modules that return a list of entries each. They are loaded in this order.

return {
  "kms.ncloud.operations.keys",
  "kms.ncloud.operations.rotation",
  "kms.ncloud.operations.versions",
  "kms.ncloud.operations.acl",
  "kms.ncloud.operations.tokens",
  "kms.ncloud.operations.crypto",
  "kms.ncloud.operations.activity",
}
