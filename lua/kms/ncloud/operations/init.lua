--- The operations of NAVER Cloud KMS 2.0: modules that return a list of entries each. They are loaded in this order.

return {
  "kms.ncloud.operations.keys",
}
