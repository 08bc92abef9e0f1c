--- `kms huawei OPERATION`: the operations of Huawei Cloud KMS.

local cloud = require "kms.cli.cloud"

return cloud.new("huawei", {
  about = "75 operations, for example: kms huawei list-keys",
  description = "Calls one operation of Huawei Cloud KMS.",
})
