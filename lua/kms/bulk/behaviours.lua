--- What kms.bulk knows about operations: how to plan, verify and take back. The others are repeated until they succeed.

return {
  ["huawei.update_primary_region"] = require "kms.bulk.move",
  ["ncloud.rename_key"] = require "kms.bulk.rename",
}
