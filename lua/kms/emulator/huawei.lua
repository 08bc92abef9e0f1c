--- Huawei Cloud KMS: multi-region keys, and the operations on them.

local gateway = require "kms.emulator.huawei_gateway"
local http = require "kms.emulator.router"

local huawei = {}
huawei.__index = huawei

-- KMS error codes (DEW API reference, "Error codes"): HTTP status and meaning.
local ERRORS = {
  ["KMS.0106"] = { 400, "Only read-only operations can be performed on a replica key." },
  ["KMS.0202"] = { 400, "The request body is not valid JSON." },
  ["KMS.0204"] = { 400, "A mandatory parameter is missing." },
  ["KMS.0205"] = { 400, "Invalid key ID." },
  ["KMS.0207"] = { 404, "The key does not exist." },
  ["KMS.0209"] = { 400, "The key is disabled." },
  ["KMS.0210"] = { 400, "The key is scheduled for deletion." },
  ["KMS.0211"] = { 400, "This operation is not allowed on a default master key." },
  ["KMS.0215"] = { 405, "The request method is not supported." },
  ["KMS.0308"] = { 400, "Invalid parameter." },
  ["KMS.0321"] = { 403, "The project in the URL differs from the project of the caller." },
}

local function refuse(code)
  local status, message = ERRORS[code][1], ERRORS[code][2]
  return http.answer(status, { { "error", { { "error_code", code }, { "error_msg", message } } } })
end

-- "Changing the Primary Region for a Key", path parameters.
local function is_key_id(value)
  if type(value) ~= "string" or #value ~= 36 then return false end
  local a, b, c, d, e = value:match "^([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)$"
  return a ~= nil and #a == 8 and #b == 4 and #c == 4 and #d == 4 and #e == 12
end

local function replica_index(key, region)
  for i, replica in ipairs(key.replicas) do
    if replica == region then return i end
  end
end

-- Each row: a code, and when it is answered. The first that holds is the answer. The project comes before everything
-- that would tell a stranger about a key. The order is ours: the documentation has none. That a switch needs a replica
-- in the target, and an enabled key, is inferred as well.
local UPDATE_PRIMARY_REGION = {
  { "KMS.0321", function(call) return call.params.project_id ~= call.account.projects[call.region] end },
  { "KMS.0321", function(call)
    local header = http.header(call.request, "x-project-id")
    return header and header ~= call.params.project_id
  end },
  { "KMS.0202", function(call) return not call.body end },
  { "KMS.0204", function(call) return call.body.key_id == nil or call.body.primary_region == nil end },
  { "KMS.0205", function(call) return not (is_key_id(call.params.key_id) and is_key_id(call.body.key_id)) end },
  { "KMS.0205", function(call) return call.params.key_id ~= call.body.key_id end },
  { "KMS.0207", function(call) return not call.key end },
  { "KMS.0106", function(call) return call.key.primary ~= call.region end },
  { "KMS.0209", function(call) return call.key.state == "disabled" end },
  { "KMS.0210", function(call) return call.key.state == "pending_deletion" end },
  { "KMS.0211", function(call) return call.key.default_master end },
  -- The region the key is in already is no fault: the call sets a final value, so a repeat is answered like the first.
  { "KMS.0308", function(call)
    local target = call.body.primary_region
    return target ~= call.key.primary and not replica_index(call.key, target)
  end },
}

local function update_primary_region(call)
  local key, target = call.key, call.body.primary_region
  local index = replica_index(key, target)
  if index then key.primary, key.replicas[index] = target, key.primary end
  return { { "key_id", key.key_id }, { "primary_region", key.primary } }
end

huawei.operations = {
  {
    name = "update_primary_region",
    method = "PUT",
    path = "/v2/{project_id}/kms/keys/{key_id}/update-primary-region",
    checks = UPDATE_PRIMARY_REGION,
    apply = update_primary_region,
  },
}

---@param keys table[]
---@param entrance table the gateway (kms.emulator.huawei_gateway)
function huawei.new(keys, entrance)
  local self = setmetatable({ keys = {}, gateway = entrance }, huawei)
  for _, key in ipairs(keys) do self.keys[key.key_id] = key end
  return self
end

--- A key as one region shows it to one owner.
local function visible_key(self, call)
  local key = self.keys[call.params.key_id]
  if not key or key.owner ~= call.account.owner then return nil end
  return (key.primary == call.region or replica_index(key, call.region)) and key or nil
end

--- Answers a request.
---@param call table `request`, `region`, `id`, and from the route `row` and `params`
---@return table response
function huawei:answer(call)
  local refusal = gateway.too_large(call)
  if refusal then return refusal end
  if not call.params then return gateway.unknown_path(call) end
  call.account, refusal = self.gateway:authenticate(call)
  if not call.account then return refusal end
  -- The gateway has a code for an unknown method too; KMS.0215 is the one that KMS itself documents.
  if not call.row then return refuse "KMS.0215" end

  call.body = http.object(call.request.body)
  call.key = visible_key(self, call)
  for _, check in ipairs(call.row.checks) do
    if check[2](call) then return refuse(check[1]) end
  end
  return http.answer(200, call.row.apply(call))
end

--- What every answer carries, the ordered ones too.
function huawei.headers(call) return { ["x-request-id"] = call.id } end

huawei.timeout = gateway.timeout
huawei.throttled = gateway.throttled

--- Access keys with failed authentications: how many in a row, and until when they are locked.
function huawei:locks() return self.gateway.failures end

return huawei
