--- NAVER Cloud KMS 2.0: keys with unique names and the operations on them.

local gateway = require "kms.emulator.ncloud_gateway"
local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local service = require "kms.emulator.service"

-- HTTP status and message of error codes. The status table of KMS 2.0 could not be read. INVALID_REQUEST and
-- UNPROCESSABLE_ENTITY are documented for KMS API 1.0 ("Configure request"), their HTTP status for Secret Manager, a
-- service of the same platform. NOT_FOUND is documented for Secret Manager. Its HTTP status and message are inferred.
local ERRORS = {
  INVALID_REQUEST = { 400, "Invalid request" },
  NOT_FOUND = { 404, "Not found" },
  UNPROCESSABLE_ENTITY = { 422, "Invalid status" },
}

-- Documented: "Update Key Name", request body. 3 to 15 characters, the first one a letter.
local function is_key_name(value)
  return type(value) == "string" and #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" ~= nil
end

-- Documented: "Get Key List", response.
local KEY_STATUS = { enabled = "ENABLE", disabled = "DISABLE", pending_deletion = "REVOKE" }

local operations = {}

operations.get_key = {
  route = "GET /kms/v1/keys/{key_tag}",
  handler = function(kms, call)
    local key, code = kms:find_key(call)
    if not key then return nil, code end
    return {
      { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "keyType", "AES256" },
      { "status", KEY_STATUS[key.state] }, { "baseUrl", "https://" .. call.request.host },
    }
  end,
}

operations.rename_key = {
  route = "PUT /kms/v1/keys/{key_tag}/name",
  required = { "keyName" },
  handler = function(kms, call)
    local name = call.body.keyName
    if not is_key_name(name) then return nil, "INVALID_REQUEST" end
    local key, code = kms:find_key(call)
    if not key then return nil, code end
    -- Not documented: the states that allow a new name. Inferred: all except a pending deletion.
    if key.state == "pending_deletion" then return nil, "UNPROCESSABLE_ENTITY" end
    -- Documented: the name must differ from the names of all other keys. Not documented: the error for a name in use,
    -- whether letter case counts, and whether a key may be renamed to its own name. Here letter case counts, and a key
    -- may keep its name. (For the same keys the pages of API version 3 ignore letter case and give 409 in both cases.)
    if kms:is_name_used_by_other(name, key) then return nil, "UNPROCESSABLE_ENTITY" end
    key.key_name = name
    return { { "keyTag", key.key_tag }, { "keyName", key.key_name } }
  end,
}

local ncloud = service.new_class(operations)

ncloud.MALFORMED_BODY, ncloud.MISSING_MEMBER = "INVALID_REQUEST", "INVALID_REQUEST"

--- Creates the service.
---@param keys table[]
---@param api_gateway table kms.emulator.ncloud_gateway
function ncloud.new(keys, api_gateway)
  local self = setmetatable({ keys = {}, gateway = api_gateway }, ncloud)
  for _, key in ipairs(keys) do self.keys[key.key_tag] = key end
  return self
end

--- Finds the key of the caller that the path names. Not documented: the response of another zone's endpoint. Here it
--- does not know the key.
---@param call kms.EmulatorCall
---@return table? key
---@return string? code
function ncloud:find_key(call)
  local key = self.keys[call.params.key_tag]
  if key and key.owner == call.account.owner and key.zone == call.zone then return key end
  return nil, "NOT_FOUND"
end

--- Whether another key of the same owner has a name.
---@param name string
---@param key table
---@return boolean
function ncloud:is_name_used_by_other(name, key)
  for _, other in pairs(self.keys) do
    if other ~= key and other.owner == key.owner and other.key_name == name then return true end
  end
  return false
end

function ncloud:admit(call)
  local refusal = gateway.check_size(call) or gateway.check_route(call)
  if refusal then return refusal end
  call.account, refusal = self.gateway:authenticate(call)
  return refusal
end

function ncloud:refuse(code) -- luacheck: no self
  local status, message = ERRORS[code][1], ERRORS[code][2]
  return http.json_response(status, { { "code", code }, { "msg", message }, { "data", json.null } })
end

function ncloud:respond(call, value) -- luacheck: no self
  return http.json_response(call.operation.status or 200, { { "code", "SUCCESS" }, { "data", value } })
end

function ncloud.response_headers() return {} end

ncloud.timeout, ncloud.throttled = gateway.timeout, gateway.throttled

--- Returns no locks, because NAVER documents none.
---@return table
function ncloud.locks() return {} end

return ncloud
