--- The operations of Huawei Cloud KMS: modules that return a list of entries each. They are loaded in this order.

return {
  "kms.huawei.operations.multi_region",
}
