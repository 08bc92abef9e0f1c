--- Huawei Cloud KMS: admits requests, finds the key of a request, and checks whether its state permits the operation.
--- The operations are in one file per group.

local errors = require "kms.emulator.huawei.errors"
local gateway = require "kms.emulator.huawei.gateway"
local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local service = require "kms.emulator.service"
local state = require "kms.emulator.huawei.state"
local wire = require "kms.emulator.huawei.wire"

-- The operations by group, as in kms.huawei.operations.
local GROUPS = {
  "kms.emulator.huawei.multi_region",
  "kms.emulator.huawei.keys",
  "kms.emulator.huawei.aliases",
  "kms.emulator.huawei.tags",
  "kms.emulator.huawei.grants",
  "kms.emulator.huawei.rotation",
  "kms.emulator.huawei.versions",
  "kms.emulator.huawei.import",
  "kms.emulator.huawei.crypto",
  "kms.emulator.huawei.datakeys",
  "kms.emulator.huawei.datakey_capsules",
  "kms.emulator.huawei.keystores",
  "kms.emulator.huawei.access_points",
  "kms.emulator.huawei.key_policies",
}

--- What an entry of a group has besides the fields of `kms.EmulatorOperation`.
---@class kms.EmulatorHuaweiOperation : kms.EmulatorOperation
---@field key "body"|"path"|"both"|nil where the key id is; the handler receives the key
---@field key_member string? the member of the body with the key id; "key_id" when absent
---@field is_change boolean? a change of the key, which a replica refuses unless the setting `inferred_replica_changes`
---  permits it
---@field is_primary_only boolean? a replica refuses it always
---@field refuses_default_key boolean?
---@field states table<string, boolean>? states of the key that permit the operation; all when absent
---@field is_public boolean? without authentication
---@field handler fun(kms: table, call: kms.EmulatorCall, key: kms.EmulatorHuaweiKey?, copy: kms.EmulatorHuaweiCopy?):
---  any, string?, string?

-- The code of an operation that the state of the key does not permit. Inferred for "pending_import".
local STATE_CODES = { disabled = "KMS.0209", pending_deletion = "KMS.0210", pending_import = "KMS.1301" }

-- Documented: 36 characters. An empty one is taken as absent (inferred).
local function has_wrong_sequence(body)
  local sequence = body.sequence
  return sequence ~= nil and sequence ~= "" and (type(sequence) ~= "string" or #sequence ~= 36)
end

local function remove_nulls(body)
  for name, value in pairs(body) do
    if value == json.null then body[name] = nil end
  end
end

-- Returns the code of what a key does not permit.
local function find_key_error(kms, call, key)
  local operation = call.operation
  -- That a replica gives KMS.0106 is inferred: the only published text of the code speaks of a "replica service".
  local is_refused = operation.is_primary_only
    or operation.is_change and kms.settings.inferred_replica_changes == "refused"
  if is_refused and state.get_primary(key, call.now) ~= call.region then return "KMS.0106" end
  if operation.states and not operation.states[key.state] then return STATE_CODES[key.state] end
  if operation.refuses_default_key and key.default_master then return "KMS.0211" end
end

-- Adds to a handler what all operations have in common.
local function wrap_handler(operation)
  local handle = operation.handler
  operation.handler = function(kms, call)
    local has_body = (call.request.body or "") ~= ""
    if has_body and not call.body then return nil, "KMS.0202" end
    call.body = call.body or {}
    remove_nulls(call.body)
    if has_wrong_sequence(call.body) then return nil, "KMS.0206" end
    if not operation.key then return handle(kms, call) end
    local key_id = (operation.key == "body" and call.body or call.params)[operation.key_member or "key_id"]
    -- That both ids must be equal is inferred.
    if operation.key == "both" and call.body.key_id ~= key_id then return nil, "KMS.0205" end
    local key, code = kms:find_key(call, key_id)
    code = code or find_key_error(kms, call, key)
    if code then return nil, code end
    return handle(kms, call, key, key.copies[call.region])
  end
end

local operations = {}
for _, group in ipairs(GROUPS) do
  for name, operation in pairs(require(group)) do
    operations[name] = operation
    wrap_handler(operation)
  end
end

local huawei = service.new_class(operations)

huawei.MALFORMED_BODY, huawei.MISSING_MEMBER = "KMS.0202", "KMS.0204"

--- Creates the service.
---@param keys table[] as in `kms.EmulatorKey`
---@param api_gateway table kms.emulator.huawei.gateway
---@param shared { settings: kms.EmulatorSettings, now: fun(): number }
function huawei.new(keys, api_gateway, shared)
  local self = setmetatable({ state = state.new(), gateway = api_gateway, settings = shared.settings }, huawei)
  local now = shared.now()
  for _, fields in ipairs(keys) do state.add_key(self.state, fields, now) end
  return self
end

-- Returns the key, or the code of a key that does not exist or has another state.
local function check_key(key, states)
  if not key then return nil, "KMS.0207" end
  if states and not states[key.state] then return nil, STATE_CODES[key.state] end
  return key
end

--- Finds a key of the caller in the region that is called.
---@param call kms.EmulatorCall
---@param key_id any
---@param states table<string, boolean>? states of the key that are accepted; all when absent
---@return kms.EmulatorHuaweiKey? key
---@return string? code
function huawei:find_key(call, key_id, states)
  if not wire.is_id(key_id) then return nil, "KMS.0205" end
  return check_key(state.find_key(self.state, key_id, call), states)
end

--- Finds the key of a ciphertext, which tells the id of the key also when the replica has another one.
---@param call kms.EmulatorCall
---@param key_id string?
---@param states table<string, boolean>
---@return kms.EmulatorHuaweiKey? key
---@return string? code
function huawei:find_own_key(call, key_id, states)
  if not key_id then return nil, "KMS.2201" end -- inferred
  local key = self.state.keys[key_id]
  if key and (key.owner ~= call.account.owner or not key.copies[call.region]) then key = nil end
  return check_key(key, states)
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
  if call.operation and call.operation.is_public then return nil end
  call.account, refusal = self.gateway:authenticate(call)
  if refusal then return refusal end
  -- The gateway has a code for an unknown method too. KMS.0215 is the one in the table of the KMS itself.
  if not call.operation then return self:refuse "KMS.0215" end
  if has_wrong_project(call) then return self:refuse "KMS.0321" end
  state.settle(self.state, call.now)
end

--- Returns the response for an error code.
---@param code string
---@param details string? in place of the published message, for the emulator's own code
function huawei:refuse(code, details) -- luacheck: no self
  local status, message = errors[code][1], errors[code][2]
  return http.json_response(status, { { "error", { { "error_code", code }, { "error_msg", details or message } } } })
end

function huawei.response_headers(call) return { ["x-request-id"] = call.id } end

huawei.timeout, huawei.throttled = gateway.timeout, gateway.throttled

--- Returns the failed authentications in a row, and the time until which the access key is locked, by access key.
---@return table<string, { count: integer, locked_until: number? }>
function huawei:locks() return self.gateway.failures end

return huawei
