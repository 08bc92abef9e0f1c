--- `kms ncloud OPERATION`: the operations of NAVER Cloud KMS 2.0.

local cloud = require "kms.cli.cloud"

return cloud.new("ncloud", {
  about = "38 operations, for example: kms ncloud rename-key TAG NAME",
  description = "Calls one operation of NAVER Cloud KMS 2.0.",
})
