--- Huawei Cloud KMS: multi-region keys and the operations on them.

local gateway = require "kms.emulator.huawei_gateway"
local http = require "kms.emulator.http"
local service = require "kms.emulator.service"

-- HTTP status and message of error codes. Published: the appendix "Error Codes" of the Key Management Service API
-- reference of Open Telekom Cloud, which runs the same service. Huawei Cloud's own page begins with the same rows.
-- Which code each check below gives, and the order of the checks, are inferred from these texts.
local ERRORS = {
  ["KMS.0106"] = { 400, "It is replica service, readonly api allowed." },
  ["KMS.0202"] = { 400, "Invalid JSON format of the request message." },
  ["KMS.0204"] = { 400, "Parameters missing in the request message." },
  ["KMS.0205"] = { 400, "Invalid key ID." },
  ["KMS.0207"] = { 404, "The key does not exist." },
  ["KMS.0209"] = { 400, "The key has been disabled." },
  ["KMS.0210"] = { 400, "The key is in Scheduled deletion state and cannot be used." },
  ["KMS.0211"] = { 400, "Cannot perform this operation on Default Master Keys." },
  ["KMS.0215"] = { 405, "Request method not supported." },
  ["KMS.0308"] = { 400, "Invalid parameter." },
  ["KMS.0321"] = { 403, "URIs in URL and X-Auth-Token do not match." },
}

-- Documented: "Changing the Primary Region for a Key", path parameters.
local function is_key_id(value)
  if type(value) ~= "string" or #value ~= 36 then return false end
  local a, b, c, d, e = value:match "^([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)$"
  return a ~= nil and #a == 8 and #b == 4 and #c == 4 and #d == 4 and #e == 12
end

local function find_replica(key, region)
  for i, replica in ipairs(key.replicas) do
    if replica == region then return i end
  end
end

-- The error of a change to a key. That a replica key gives KMS.0106 is inferred: the only published text of the code
-- speaks of a "replica service".
local function find_change_error(key, region)
  if key.primary ~= region then return "KMS.0106" end
  if key.state == "disabled" then return "KMS.0209" end
  if key.state == "pending_deletion" then return "KMS.0210" end
  if key.default_master then return "KMS.0211" end
end

local operations = {}

operations.update_primary_region = {
  route = "PUT /v2/{project_id}/kms/keys/{key_id}/update-primary-region",
  required = { "key_id", "primary_region" },
  handler = function(kms, call)
    -- Documented: the key id is in the path and in the body. That they must be equal is inferred.
    if call.params.key_id ~= call.body.key_id then return nil, "KMS.0205" end
    local key, code = kms:find_key(call, call.body.key_id)
    if not key then return nil, code end
    -- Inferred: the key must be enabled, and a replica must exist in the target region.
    code = find_change_error(key, call.region)
    if code then return nil, code end
    local target = call.body.primary_region
    -- Inferred: a repeated move succeeds like the first one when the key is still primary in the region that is called.
    if target ~= key.primary then
      local index = find_replica(key, target)
      if not index then return nil, "KMS.0308" end
      key.primary, key.replicas[index] = target, key.primary
    end
    return { { "key_id", key.key_id }, { "primary_region", key.primary } }
  end,
}

local huawei = service.new_class(operations)

huawei.MALFORMED_BODY, huawei.MISSING_MEMBER = "KMS.0202", "KMS.0204"

--- Creates the service.
---@param keys table[]
---@param api_gateway table kms.emulator.huawei_gateway
function huawei.new(keys, api_gateway)
  local self = setmetatable({ keys = {}, gateway = api_gateway }, huawei)
  for _, key in ipairs(keys) do self.keys[key.key_id] = key end
  return self
end

--- Finds a key of the caller in the region that is called.
---@param call kms.EmulatorCall
---@param key_id any
---@return table? key
---@return string? code
function huawei:find_key(call, key_id)
  if not is_key_id(key_id) then return nil, "KMS.0205" end
  local key = self.keys[key_id]
  if key and key.owner == call.account.owner and (key.primary == call.region or find_replica(key, call.region)) then
    return key
  end
  return nil, "KMS.0207"
end

-- The project is checked before the key, so that other accounts learn nothing about it. Inferred.
local function has_wrong_project(call)
  local project_id = call.params.project_id
  if not project_id then return false end
  local header = http.get_header(call.request, "x-project-id")
  return project_id ~= call.account.projects[call.region] or header ~= nil and header ~= project_id
end

function huawei:admit(call)
  local refusal = gateway.check_size(call) or gateway.check_path(call)
  if refusal then return refusal end
  call.account, refusal = self.gateway:authenticate(call)
  if refusal then return refusal end
  -- The gateway has a code for an unknown method too. KMS.0215 is the one in the table of the KMS itself.
  if not call.operation then return self:refuse "KMS.0215" end
  if has_wrong_project(call) then return self:refuse "KMS.0321" end
end

function huawei:refuse(code) -- luacheck: no self
  local status, message = ERRORS[code][1], ERRORS[code][2]
  return http.json_response(status, { { "error", { { "error_code", code }, { "error_msg", message } } } })
end

function huawei.response_headers(call) return { ["x-request-id"] = call.id } end

huawei.timeout, huawei.throttled = gateway.timeout, gateway.throttled

--- Returns the failed authentications in a row, and the time until which the access key is locked, by access key.
---@return table<string, { count: integer, locked_until: number? }>
function huawei:locks() return self.gateway.failures end

return huawei
