--- NAVER Cloud KMS 2.0 behind its API gateway: keys with unique names, and the operations on them.

local http = require "kms.emulator.router"
local signature = require "kms.emulator.signature"

local ncloud = {}
ncloud.__index = ncloud

-- Key Management Service overview: a timestamp more than five minutes off is refused.
local SKEW_MS = 5 * 60 * 1000
-- The limit of NAVER's gateway is not documented; that of the other cloud stands in.
local MAX_BODY = 12 * 1024 * 1024

-- Gateway errors: HTTP status, code and message ("Common error codes" of the API Gateway).
local GATEWAY = {
  unauthenticated = { 401, "200", "Authentication Failed" },
  unknown_path = { 404, "300", "Not Found Exception" },
  throttled = { 429, "410", "Throttle Limited" },
  too_large = { 413, "430", "Request Entity Too Large" },
  timeout = { 504, "510", "Endpoint Timeout" },
}

local function gateway(name, details)
  local status, code, message = GATEWAY[name][1], GATEWAY[name][2], GATEWAY[name][3]
  local members = { { "errorCode", code }, { "message", message } }
  if details then members[3] = { "details", details } end
  return http.answer(status, { { "error", members } })
end

-- Service errors: HTTP status and message. The codes are those of the service family.
local SERVICE = {
  INVALID_REQUEST = { 400, "Invalid request" },
  NOT_FOUND = { 404, "Not found" },
  UNPROCESSABLE_ENTITY = { 422, "Invalid status" },
}

local function refuse(code)
  local status, message = SERVICE[code][1], SERVICE[code][2]
  return http.answer(status, { { "code", code }, { "msg", message }, { "data", http.null } })
end

-- "Update Key Name", request body: 3 to 15 characters, the first one a letter.
local function is_key_name(value)
  return type(value) == "string" and #value >= 3 and #value <= 15 and value:find "^[A-Za-z][A-Za-z0-9_-]+$" ~= nil
end

-- Names are compared as they are written; whether letter case counts is not documented. A key may keep its own name.
local function name_taken(call)
  for _, key in pairs(call.keys) do
    if key ~= call.key and key.owner == call.account.owner and key.key_name == call.body.keyName then return true end
  end
end

local function rename_key(call)
  call.key.key_name = call.body.keyName
  return { { "keyTag", call.key.key_tag }, { "keyName", call.key.key_name } }
end

local STATUS = { enabled = "ENABLE", disabled = "DISABLE", pending_deletion = "REVOKE" }

local function get_key(call)
  local key = call.key
  return {
    { "keyTag", key.key_tag }, { "keyName", key.key_name }, { "keyType", "AES256" },
    { "status", STATUS[key.state] }, { "baseUrl", "https://" .. call.request.host },
  }
end

local function unknown_key(call) return not call.key end

-- Each row has checks in order: a code, and when it is answered.
ncloud.operations = {
  {
    name = "rename_key",
    method = "PUT",
    path = "/kms/v1/keys/{key_tag}/name",
    checks = {
      { "INVALID_REQUEST", function(call) return not call.body or not is_key_name(call.body.keyName) end },
      { "NOT_FOUND", unknown_key },
      -- Which states allow a new name is not documented. A disabled key may come back and get one; a key on its way
      -- to deletion may not.
      { "UNPROCESSABLE_ENTITY", function(call) return call.key.state == "pending_deletion" end },
      { "UNPROCESSABLE_ENTITY", name_taken },
    },
    apply = rename_key,
  },
  {
    name = "get_key",
    method = "GET",
    path = "/kms/v1/keys/{key_tag}",
    checks = { { "NOT_FOUND", unknown_key } },
    apply = get_key,
  },
}

---@param accounts table[]
---@param keys table[]
---@param now fun(): number
function ncloud.new(accounts, keys, now)
  local self = setmetatable({ now = now, accounts = {}, keys = {} }, ncloud)
  for _, account in ipairs(accounts) do self:accept_keys(account) end
  for _, key in ipairs(keys) do self.keys[key.key_tag] = key end
  return self
end

--- From now on an account may sign with its keys.
function ncloud:accept_keys(account) self.accounts[account.access_key] = account end

local function authenticate(self, request)
  local timestamp = http.header(request, "x-ncp-apigw-timestamp")
  local access_key = http.header(request, "x-ncp-iam-access-key")
  local given = http.header(request, "x-ncp-apigw-signature-v2")
  if not (timestamp and access_key and given) then
    return nil, gateway("unauthenticated", "Authentication information are missing.")
  end
  local account = self.accounts[access_key]
  local fresh = timestamp:find "^%d+$" and math.abs(self.now() * 1000 - tonumber(timestamp)) <= SKEW_MS
  local expired = account and account.expires and self.now() >= account.expires
  if not (account and fresh and not expired
    and signature.is_equal(given, signature.sign_ncloud(request, timestamp, access_key, account.secret_key))) then
    return nil, gateway("unauthenticated", "Invalid authentication information.")
  end
  return account
end

-- What the endpoint of another zone answers is not documented: here it does not know the key.
local function visible_key(call)
  local key = call.keys[call.params.key_tag]
  return key and key.owner == call.account.owner and key.zone == call.zone and key or nil
end

--- Answers a request.
---@param call table `request`, `zone`, and from the route `row` and `params`
---@return table response
function ncloud:answer(call)
  if #(call.request.body or "") > MAX_BODY then return gateway "too_large" end
  if not call.row then return gateway "unknown_path" end
  local refusal
  call.account, refusal = authenticate(self, call.request)
  if not call.account then return refusal end

  call.keys = self.keys
  call.body = http.object(call.request.body)
  call.key = visible_key(call)
  for _, check in ipairs(call.row.checks) do
    if check[2](call) then return refuse(check[1]) end
  end
  return http.answer(200, { { "code", "SUCCESS" }, { "data", call.row.apply(call) } })
end

--- What every answer carries.
function ncloud.headers() return {} end

function ncloud.timeout() return gateway "timeout" end

function ncloud.throttled() return gateway "throttled" end

--- NAVER documents no lock.
function ncloud.locks() return {} end

return ncloud
