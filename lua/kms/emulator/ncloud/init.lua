--- NAVER Cloud KMS 2.0: finds the key of a request, checks its state, and keeps the log of its activities.

local errors = require "kms.emulator.ncloud.errors"
local gateway = require "kms.emulator.ncloud.gateway"
local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local service = require "kms.emulator.service"
local state = require "kms.emulator.ncloud.state"
local tokens = require "kms.emulator.ncloud.tokens"

-- The operations by group, as in kms.ncloud.operations.
local GROUPS = {
  require "kms.emulator.ncloud.keys",
  require "kms.emulator.ncloud.rotation",
  require "kms.emulator.ncloud.versions",
  require "kms.emulator.ncloud.acl",
  tokens.operations,
  require "kms.emulator.ncloud.crypto",
  (require "kms.emulator.ncloud.activity"), -- `require` of Lua 5.4 returns the path too
}

--- What an entry of a group has besides the fields of `kms.EmulatorOperation`.
---@class kms.EmulatorNcloudOperation : kms.EmulatorOperation
---@field auth "account_or_token"|"refresh_token"|nil how a request may be authenticated; by the account when absent
---@field check (fun(call: kms.EmulatorCall): string?)? returns the error code of a wrong request; the key comes later
---@field states table<string, boolean>? states of the key that permit the operation; all when absent
---@field is_read boolean? the operation neither changes nor uses the key: it may return an old state, and the log of
---  the key does not show it
---@field is_use boolean? a cryptographic operation: "Get Latest Use Info" shows the latest one
---@field handler fun(kms: table, call: kms.EmulatorCall, key: kms.EmulatorNcloudKey?): any, string?

-- Inferred: the name of an action in the log. Documented: it is the name of the request.
local function name_action(operation)
  return (("_" .. operation.name):gsub("_(%l)", function(letter) return letter:upper() end))
end

-- Adds to a handler what all operations on a key have in common.
local function wrap_handler(operation)
  local handle = operation.handler
  operation.handler = function(kms, call)
    call.body = call.body or {}
    local code = operation.check and operation.check(call)
    if code then return nil, code end
    if not call.params.key_tag then return handle(kms, call) end
    local key, value
    key, code = kms:find_key(call)
    if not key then return nil, code end
    if operation.is_read then return handle(kms, call, state.get_visible(key, call.now)) end
    state.hide_change(key, call.now, kms.settings.consistency_delay)
    if operation.states and not operation.states[key.state] then
      code = "UNPROCESSABLE_ENTITY"
    else
      value, code = handle(kms, call, key)
    end
    kms:record_activity(call, key, code)
    return value, code
  end
end

local operations = {}
for _, group in ipairs(GROUPS) do
  for name, operation in pairs(group) do
    operations[name] = operation
    wrap_handler(operation)
  end
end

local ncloud = service.new_class(operations)
for _, operation in pairs(operations) do operation.action = name_action(operation) end

ncloud.MALFORMED_BODY, ncloud.MISSING_MEMBER = "INVALID_REQUEST", "INVALID_REQUEST"

--- Creates the service.
---@param keys table[] as in `kms.EmulatorKey`
---@param api_gateway table kms.emulator.ncloud.gateway
---@param shared { issuer: table, settings: kms.EmulatorSettings, now: fun(): number }
function ncloud.new(keys, api_gateway, shared)
  local self = setmetatable({
    state = state.new(), gateway = api_gateway, issuer = shared.issuer, settings = shared.settings,
  }, ncloud)
  local now = shared.now()
  for _, fields in ipairs(keys) do
    local key = state.add_key(self.state, fields, now)
    if fields.has_token_generator then tokens.create_generator(self, key, now) end
  end
  return self
end

--- Finds the key of the caller that the path names. Not documented: the response of another zone's endpoint. The
--- setting `inferred_other_zone` decides.
---@param call kms.EmulatorCall
---@return kms.EmulatorNcloudKey? key
---@return string? code
function ncloud:find_key(call)
  local key = self.state.keys[call.params.key_tag]
  if not key or key.owner ~= call.account.owner then return nil, "NOT_FOUND" end
  if key.zone ~= call.zone then return nil, self.settings.inferred_other_zone end
  return key
end

--- Appends a request to the log of a key.
---@param call kms.EmulatorCall
---@param key kms.EmulatorNcloudKey
---@param code string? of the refusal
function ncloud:record_activity(call, key, code) -- luacheck: no self
  local activity = {
    timestamp = call.now, action = call.operation.action, result = code or "SUCCESS",
    message = code and errors[code][2] or "Success",
    -- Documented: the type is the way of authentication. Its values are not, so these are invented.
    type = call.token and "TOKEN" or "ACCOUNT", request_type = "API",
    requestor = call.account.owner, address = call.request.address or "127.0.0.1",
  }
  state.add_activity(key, activity)
  if call.operation.is_use and not code then key.latest_use = activity end
end

function ncloud:admit(call)
  local refusal = gateway.check_size(call) or gateway.check_route(call)
  if refusal then return refusal end
  state.settle(self.state, call.now)
  if tokens.is_token_request(call) then
    local code
    call.account, code = tokens.authenticate(self, call)
    return code and self:refuse(code)
  end
  call.account, refusal = self.gateway:authenticate(call)
  return refusal
end

function ncloud:refuse(code) -- luacheck: no self
  local status, message = errors[code][1], errors[code][2]
  return http.json_response(status, { { "code", code }, { "msg", message }, { "data", json.null } })
end

function ncloud:respond(call, value) -- luacheck: no self
  local members = { { "code", "SUCCESS" }, { "data", value } }
  for _, member in ipairs(call.beside_data or {}) do members[#members + 1] = member end
  return http.json_response(call.operation.status or 200, members)
end

function ncloud.response_headers() return {} end

ncloud.timeout, ncloud.throttled = gateway.timeout, gateway.throttled

--- Returns no locks, because NAVER documents none.
---@return table
function ncloud.locks() return {} end

return ncloud
