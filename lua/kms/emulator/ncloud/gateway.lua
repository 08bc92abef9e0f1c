--- NAVER Cloud's API gateway: authenticates callers, and refuses requests that never reach a service.

local http = require "kms.emulator.http"
local signature = require "kms.emulator.signature"

local gateway = {}
gateway.__index = gateway

-- Documented: Key Management Service overview. A timestamp that differs by more than five minutes is refused.
local MAX_CLOCK_SKEW_MS = 5 * 60 * 1000
-- Not documented. The limit of Huawei Cloud's gateway is used.
local MAX_BODY = 12 * 1024 * 1024

-- HTTP status, code and message. Documented: "Legacy API", error handling. The API Gateway overview has the same rows.
local ERRORS = {
  unauthenticated = { 401, "200", "Authentication Failed" },
  unknown_path = { 404, "300", "Not Found Exception" },
  throttled = { 429, "410", "Throttle Limited" },
  too_large = { 413, "430", "Request Entity Too Large" },
  timeout = { 504, "510", "Endpoint Timeout" },
}

local function refuse(name, details)
  local status, code, message = ERRORS[name][1], ERRORS[name][2], ERRORS[name][3]
  local members = { { "errorCode", code }, { "message", message } }
  if details then members[3] = { "details", details } end
  return http.json_response(status, { { "error", members } })
end

--- Returns the refusal of a request whose body is too large.
---@param call kms.EmulatorCall
---@return table? response
function gateway.check_size(call)
  if #(call.request.body or "") > MAX_BODY then return refuse "too_large" end
end

--- Returns the refusal of a request whose method and path no operation has. Inferred: the gateway routes by both.
---@param call kms.EmulatorCall
---@return table? response
function gateway.check_route(call)
  if not call.operation then return refuse "unknown_path" end
end

function gateway.timeout() return refuse "timeout" end

function gateway.throttled() return refuse "throttled" end

--- Creates a gateway.
---@param accounts table[] NAVER accounts
---@param now fun(): number Unix time of the cloud
function gateway.new(accounts, now)
  local self = setmetatable({ now = now, accounts = {} }, gateway)
  for _, account in ipairs(accounts) do self:accept_keys(account) end
  return self
end

--- Accepts the access key of an account from now on.
---@param account table
function gateway:accept_keys(account) self.accounts[account.access_key] = account end

local function is_recent(timestamp, now)
  return timestamp:find "^%d+$" ~= nil and math.abs(now * 1000 - tonumber(timestamp)) <= MAX_CLOCK_SKEW_MS
end

--- Finds the account that sent a request. The two details are not documented. Third-party
--- clients report them.
---@param call kms.EmulatorCall
---@return table? account
---@return table? response the refusal
function gateway:authenticate(call)
  local request, now = call.request, self.now()
  local timestamp = http.get_header(request, "x-ncp-apigw-timestamp")
  local access_key = http.get_header(request, "x-ncp-iam-access-key")
  local value = http.get_header(request, "x-ncp-apigw-signature-v2")
  if not (timestamp and access_key and value) then
    return nil, refuse("unauthenticated", "Authentication information are missing.")
  end
  local account = self.accounts[access_key]
  local is_usable = account ~= nil and not (account.expires and now >= account.expires)
  if is_usable and is_recent(timestamp, now)
    and signature.is_equal(value, signature.sign_ncloud(request, timestamp, access_key, account.secret_key)) then
    return account
  end
  return nil, refuse("unauthenticated", "Invalid authentication information.")
end

return gateway
