---@meta kms.operations.huawei

-- Generated from lua/kms/huawei/operations by `make reference`. Changes belong there.

---@class kms.Huawei
local Huawei = {}

---@class kms.huawei.UpdatePrimaryRegionParams
---@field key_id string the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field primary_region string code of the new primary region; a region code such as "cn-north-4": lower-case letters and digits in groups joined by "-"

---@class kms.huawei.UpdatePrimaryRegionResult
---@field key_id string the key
---@field primary_region string the new primary region
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Moves the primary region of a multi-region key; the region that was primary becomes a replica.
---@param params kms.huawei.UpdatePrimaryRegionParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdatePrimaryRegionResult? result
---@return kms.Error? err
function Huawei:update_primary_region(params, options) end

return Huawei
