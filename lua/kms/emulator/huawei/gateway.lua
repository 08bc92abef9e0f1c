--- Huawei Cloud's API gateway: authenticates callers, and refuses requests that never reach a service.

local http = require "kms.emulator.http"
local signature = require "kms.emulator.signature"
local time = require "kms.emulator.time"

local gateway = {}
gateway.__index = gateway

-- Documented: API Request Signing Guide, "AK/SK signing".
local MAX_CLOCK_SKEW = 15 * 60
local MAX_FAILURES = 5
local LOCK_DURATION = 5 * 60
local MAX_BODY = 12 * 1024 * 1024

-- HTTP status of error codes. Documented: API Gateway, "Error codes".
local STATUS = {
  ["APIGW.0101"] = 404,
  ["APIGW.0201"] = 413,
  ["APIGW.0203"] = 504,
  ["APIGW.0301"] = 401,
  ["APIGW.0307"] = 401,
  ["APIGW.0308"] = 429,
}

local function refuse(call, code, message)
  return http.json_response(STATUS[code], {
    { "error_code", code }, { "error_msg", message }, { "request_id", call.id },
  })
end

-- The reasons that follow the prefix are documented in API Gateway, "Common errors related to IAM authentication
-- information", unless a comment says otherwise.
local function refuse_caller(call, reason)
  return refuse(call, "APIGW.0301", "Incorrect IAM authentication information: " .. reason)
end

--- Returns the refusal of a request whose body is too large.
---@param call kms.EmulatorCall
---@return table? response
function gateway.check_size(call)
  if #(call.request.body or "") > MAX_BODY then return refuse(call, "APIGW.0201", "Request entity too large") end
end

--- Returns the refusal of a request whose path no operation has.
---@param call kms.EmulatorCall
---@return table? response
function gateway.check_path(call)
  if not call.is_known_path then return gateway.unknown_path(call) end
end

function gateway.unknown_path(call)
  return refuse(call, "APIGW.0101", "The API does not exist or has not been published in the environment.")
end

function gateway.timeout(call)
  return refuse(call, "APIGW.0203", "Backend timeout")
end

--- Returns the response to too many requests.
---@param call kms.EmulatorCall
---@param quota integer? requests per second
---@return table response
function gateway.throttled(call, quota)
  return refuse(call, "APIGW.0308", ("The throttling threshold has been reached: "
    .. "policy user over ratelimit,limit:%d,time:1 second"):format(quota or 20))
end

--- Creates a gateway.
---@param accounts table[] Huawei accounts
---@param now fun(): number Unix time of the cloud
function gateway.new(accounts, now)
  local self = setmetatable({ now = now, accounts = {}, tokens = {}, failures = {} }, gateway)
  for _, account in ipairs(accounts) do
    self:accept_keys(account)
    for _, token in ipairs(account.tokens) do
      self:accept_token(token.token, { account = account, region = token.region, expires = token.expires })
    end
  end
  return self
end

--- Accepts the access key of an account from now on.
---@param account table
function gateway:accept_keys(account) self.accounts[account.access_key] = account end

--- Accepts a token from now on.
---@param value string
---@param token { account: table, region: string?, expires: number? } valid in no region when `region` is absent
function gateway:accept_token(value, token) self.tokens[value] = token end

local function is_expired(credentials, now)
  return credentials.expires ~= nil and now >= credentials.expires
end

--- Finds a token that has not expired.
---@param value string
---@return table? token
function gateway:find_token(value)
  local token = self.tokens[value]
  return token and not is_expired(token, self.now()) and token or nil
end

-- Not documented: the response to an expired token. Inferred from the text of APIGW.0307, "The token must be updated".
-- Inferred: IAM, which belongs to no region, accepts the tokens of all regions. Documented: a token of another region
-- gives APIGW.0307.
local function authenticate_token(self, call, value)
  if not self.tokens[value] then return nil, refuse_caller(call, "decrypt token fail") end
  local token = self:find_token(value)
  if not token or call.region and token.region ~= call.region then
    return nil, refuse(call, "APIGW.0307", "The token must be updated.")
  end
  return token.account
end

local function find_date_problem(date, is_signed, now)
  -- Documented: the header is mandatory and must be signed. The text for a missing or malformed one is invented.
  if not date or not is_signed then return "x-sdk-date not found in signed headers" end
  local seconds = time.parse_sdk_date(date)
  if not seconds then return "x-sdk-date format error" end
  if math.abs(now - seconds) > MAX_CLOCK_SKEW then
    return ("signature expired, signature time:%s,server time:%s"):format(date, time.format_sdk_date(now))
  end
end

-- Returns why the signature of a known access key is refused, in the gateway's words.
local function find_signature_problem(self, call, account, parts)
  local request, now = call.request, self.now()
  local is_date_signed = false
  for _, name in ipairs(parts.signed_headers) do is_date_signed = is_date_signed or name == "x-sdk-date" end
  local date = http.get_header(request, "x-sdk-date")
  local problem = find_date_problem(date, is_date_signed, now)
  if problem then return problem end
  -- The text for a temporary key that has expired or has a wrong security token is not documented. Inferred from the
  -- text for a token.
  local token = http.get_header(request, "x-security-token") or ""
  if is_expired(account, now) or not signature.is_equal(token, account.security_token or "") then
    return "decrypt token fail"
  end
  local canonical = signature.build_canonical_request(request, parts)
  local expected = signature.sign_huawei(parts.algorithm, canonical, date, account.secret_key)
  if not signature.is_equal(parts.signature, expected) then
    return "verify aksk signature fail, canonicalRequest:" .. canonical:gsub("\n", "|")
  end
end

-- Returns the failures of an access key. A lock that has expired resets them.
local function get_failures(self, access_key)
  local failures = self.failures[access_key]
  if not failures or failures.locked_until and self.now() >= failures.locked_until then failures = { count = 0 } end
  self.failures[access_key] = failures
  return failures
end

local function authenticate_signature(self, call, authorization)
  local parts = signature.parse_authorization(authorization)
  if not parts then return nil, refuse_caller(call, "authorization format error") end -- text not documented
  local access_key = parts.access_key
  local account = self.accounts[access_key]
  if not account then
    return nil, refuse_caller(call, ("Get secretKey failed,ak:%s,err:ak not exist"):format(access_key))
  end
  local failures = get_failures(self, access_key)
  if failures.locked_until then
    return nil, refuse_caller(call, "AK access failed to reach the limit,forbidden")
  end
  local problem = find_signature_problem(self, call, account, parts)
  if not problem then
    self.failures[access_key] = nil
    return account
  end
  failures.count = failures.count + 1
  if failures.count >= MAX_FAILURES then failures.locked_until = self.now() + LOCK_DURATION end
  return nil, refuse_caller(call, problem)
end

--- Finds the account that sent a request. Inferred: a signature has precedence over a token.
---@param call kms.EmulatorCall
---@return table? account
---@return table? response the refusal
function gateway:authenticate(call)
  local authorization = http.get_header(call.request, "authorization")
  if authorization then return authenticate_signature(self, call, authorization) end
  local token = http.get_header(call.request, "x-auth-token")
  if token then return authenticate_token(self, call, token) end
  return nil, refuse_caller(call, "x-auth-token not found")
end

return gateway
