--- Huawei Cloud's API gateway: who is calling, and the answers that never reach KMS.

local http = require "kms.emulator.router"
local signature = require "kms.emulator.signature"

local gateway = {}
gateway.__index = gateway

-- API Request Signing Guide, "AK/SK signing": allowed clock skew, lock after failures, size of a signed body.
local SKEW = 15 * 60
local FAILURES = 5
local LOCK = 5 * 60
local MAX_BODY = 12 * 1024 * 1024

-- API Gateway, "Error codes".
local STATUS = {
  ["APIGW.0101"] = 404,
  ["APIGW.0201"] = 413,
  ["APIGW.0203"] = 504,
  ["APIGW.0301"] = 401,
  ["APIGW.0307"] = 401,
  ["APIGW.0308"] = 429,
}

--- An answer of the gateway's own.
function gateway.refuse(call, code, message)
  return http.answer(STATUS[code], { { "error_code", code }, { "error_msg", message }, { "request_id", call.id } })
end

--- "Common errors related to IAM authentication information" (API Gateway) has the texts that follow this prefix.
local function unauthenticated(call, reason)
  return gateway.refuse(call, "APIGW.0301", "Incorrect IAM authentication information: " .. reason)
end

function gateway.too_large(call)
  if #(call.request.body or "") > MAX_BODY then
    return gateway.refuse(call, "APIGW.0201", "Request entity too large")
  end
end

function gateway.unknown_path(call)
  return gateway.refuse(call, "APIGW.0101", "The API does not exist or has not been published in the environment.")
end

function gateway.timeout(call)
  return gateway.refuse(call, "APIGW.0203", "Backend timeout")
end

function gateway.throttled(call)
  return gateway.refuse(call, "APIGW.0308", "The throttling threshold has been reached: "
    .. "policy user over ratelimit,limit:20,time:1 second")
end

---@param accounts table[] Huawei accounts
---@param now fun(): number
function gateway.new(accounts, now)
  local self = setmetatable({ now = now, by_access_key = {}, by_token = {}, failures = {} }, gateway)
  for _, account in ipairs(accounts) do
    self:accept_keys(account)
    for _, token in ipairs(account.tokens) do
      self:accept_token(token.token, { account = account, region = token.region, expires = token.expires })
    end
  end
  return self
end

--- From now on an account may sign with its keys.
function gateway:accept_keys(account) self.by_access_key[account.access_key] = account end

--- From now on a token stands for an account.
---@param token { account: table, region: string?, expires: number? } without a region it is good for none
function gateway:accept_token(value, token) self.by_token[value] = token end

local function expired(credential, now)
  return credential.expires and now >= credential.expires
end

--- A token that is known and has not expired.
function gateway:token(value)
  local token = self.by_token[value]
  return token and not expired(token, self.now()) and token or nil
end

-- What an expired token is answered is not documented; renewing it is what 0307 asks for. IAM, which is in no region,
-- takes those of every region.
local function by_token(self, call, value)
  if not self.by_token[value] then return nil, unauthenticated(call, "decrypt token fail") end
  local token = self:token(value)
  if not token or call.region and token.region ~= call.region then
    return nil, gateway.refuse(call, "APIGW.0307", "The token must be updated.")
  end
  return token.account
end

--- What is wrong with a request signed by a known key, in the gateway's words.
local function fault_of(self, call, account, parts)
  local request, now = call.request, self.now()
  local date = http.header(request, "x-sdk-date")
  local signed = {}
  for _, name in ipairs(parts.signed_headers) do signed[name] = true end
  -- The guide makes this header the only mandatory one; what its absence is answered is not documented.
  if not date or not signed["x-sdk-date"] then return "x-sdk-date not found in signed headers" end
  local time = signature.parse_time(date)
  if not time then return "x-sdk-date format error" end
  if math.abs(now - time) > SKEW then
    return ("signature expired, signature time:%s,server time:%s"):format(date, signature.format_time(now))
  end
  -- Undocumented for a temporary key: told like a bad token.
  local token = http.header(request, "x-security-token") or ""
  if expired(account, now) or not signature.is_equal(token, account.security_token or "") then
    return "decrypt token fail"
  end
  local canonical = signature.build_canonical_request(request, parts)
  local expected = signature.sign_huawei(parts.algorithm, canonical, date, account.secret_key)
  if not signature.is_equal(parts.signature, expected) then
    return "verify aksk signature fail, canonicalRequest:" .. canonical:gsub("\n", "|")
  end
end

local function by_signature(self, call, authorization)
  local parts = signature.parse_authorization(authorization)
  if not parts then return nil, unauthenticated(call, "authorization format error") end -- text not documented
  local access_key = parts.access_key
  local account = self.by_access_key[access_key]
  if not account then
    return nil, unauthenticated(call, ("Get secretKey failed,ak:%s,err:ak not exist"):format(access_key))
  end
  local failures = self.failures[access_key] or { count = 0 }
  if failures.locked_until and self.now() >= failures.locked_until then failures = { count = 0 } end
  self.failures[access_key] = failures
  if failures.locked_until then
    return nil, unauthenticated(call, "AK access failed to reach the limit,forbidden")
  end
  local fault = fault_of(self, call, account, parts)
  if not fault then
    self.failures[access_key] = nil
    return account
  end
  failures.count = failures.count + 1
  if failures.count >= FAILURES then failures.locked_until = self.now() + LOCK end
  return nil, unauthenticated(call, fault)
end

--- Finds the account behind a request. A signature counts before a token that stands beside it.
---@return table? account, table? refusal an answer
function gateway:authenticate(call)
  local authorization = http.header(call.request, "authorization")
  if authorization then return by_signature(self, call, authorization) end
  local token = http.header(call.request, "x-auth-token")
  if token then return by_token(self, call, token) end
  return nil, unauthenticated(call, "x-auth-token not found")
end

return gateway
