--- NAVER Cloud KMS 2.0: issues and revokes the tokens of a key, and authenticates requests that carry one.
---
--- Documented: a token is a JSON Web Token, belongs to one key, and is not stored. So a token is valid when the
--- generator of its key signed it, and all tokens of a generator end with the generator. The claims are not documented.

local encoding = require "kms.emulator.encoding"
local hmac = require "openssl.hmac"
local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local signature = require "kms.emulator.signature"
local wire = require "kms.emulator.ncloud.wire"

local tokens = {}

local HOUR = 3600
-- Documented: "Create Token Set", request body. In hours.
local MAX_HOURS, ACCESS_HOURS, REFRESH_HOURS = 17520, 72, 2160
local UNLIMITED = "UL"

local HEADER = "x-ncp-ocapi-token"

-- RFC 7515, appendix C: Base64 for URLs, without padding.
local function encode_base64url(bytes)
  return (encoding.encode_base64(bytes):gsub("=", ""):gsub("+", "-"):gsub("/", "_"))
end

local function decode_base64url(text)
  return encoding.decode_base64(text:gsub("-", "+"):gsub("_", "/") .. ("="):rep(-#text % 4))
end

local function sign(generator, text)
  return encode_base64url(hmac.new(generator.secret, "sha256"):final(text))
end

local JOSE_HEADER = encode_base64url('{"alg":"HS256","typ":"JWT"}')

-- Issues a token. `use` is "access" or "refresh"; a token without a number of hours does not expire.
local function issue(key, use, hours, now)
  local generator = key.token_generator
  generator.issued_count = generator.issued_count + 1
  local claims = { { "iss", generator.id }, { "sub", key.key_tag }, { "use", use }, { "jti", generator.issued_count } }
  if hours ~= UNLIMITED then claims[#claims + 1] = { "exp", math.floor(now + tonumber(hours) * HOUR) } end
  local text = JOSE_HEADER .. "." .. encode_base64url(json.encode(claims))
  return text .. "." .. sign(generator, text)
end

-- Returns the claims of a token that a generator signed.
local function read_claims(generator, token)
  local text, claims, mac = token:match "^([%w_-]+%.([%w_-]+))%.([%w_-]+)$"
  if not text or not signature.is_equal(mac, sign(generator, text)) then return nil end
  return json.decode_object(decode_base64url(claims))
end

local function is_active(key) return key.token_generator ~= nil and key.token_generator.status == "ACTIVE" end

-- Documented for version 3: the list limits requests with a token, and an empty list permits no address.
local function is_address_allowed(key, address)
  if not key.acl.is_enabled then return true end
  for _, allowed in ipairs(key.acl.addresses) do
    if allowed == address then return true end
  end
  return false
end

--- Returns whether a request must be authenticated by a token.
---@param call kms.EmulatorCall
---@return boolean
function tokens.is_token_request(call)
  if call.operation.auth == "refresh_token" then return true end
  -- Inferred: a signature has precedence over a token.
  return call.operation.auth == "account_or_token" and http.get_header(call.request, HEADER) ~= nil
    and not http.get_header(call.request, "x-ncp-apigw-signature-v2")
end

--- Finds the account whose token a request carries. Not documented: the code of a refusal.
---@param kms table
---@param call kms.EmulatorCall
---@return table? account
---@return string? code
function tokens.authenticate(kms, call)
  local key, token = kms.state.keys[call.params.key_tag], http.get_header(call.request, HEADER)
  if not (token and key and key.zone == call.zone and is_active(key)) then return nil, "UNAUTHORIZED" end
  local claims = read_claims(key.token_generator, token)
  local use = call.operation.auth == "refresh_token" and "refresh" or "access"
  if not claims or claims.use ~= use or claims.exp and call.now >= claims.exp then return nil, "UNAUTHORIZED" end
  if not is_address_allowed(key, call.request.address or "127.0.0.1") then return nil, "FORBIDDEN" end
  call.token = claims
  return { owner = key.owner }
end

local function is_lifetime(value) return value == nil or value == UNLIMITED or wire.is_whole(value, 1, MAX_HOURS) end

local function find_lifetime_problem(call)
  local body = call.body
  if not (is_lifetime(body.accessTokenHours) and is_lifetime(body.refreshTokenHours)) then return "INVALID_REQUEST" end
end

local function issue_set(_, call, key)
  -- Documented: a generator is needed. The code is inferred.
  if not is_active(key) then return nil, "UNPROCESSABLE_ENTITY" end
  local body = call.body
  return {
    { "refreshToken", issue(key, "refresh", body.refreshTokenHours or REFRESH_HOURS, call.now) },
    { "accessToken", issue(key, "access", body.accessTokenHours or ACCESS_HOURS, call.now) },
  }
end

--- Creates the token generator of a key.
---@param kms table
---@param key kms.EmulatorNcloudKey
---@param now number
function tokens.create_generator(kms, key, now)
  key.token_generator = {
    id = kms.issuer:generate_digits(32), secret = kms.issuer:generate_digits(64), status = "ACTIVE",
    enabled_date = now, issued_count = 0,
  }
end

local ENABLED = { enabled = true } -- inferred for all operations of this group

local operations = {}

operations.get_token_generator = {
  route = "GET /kms/v1/keys/{key_tag}/token-generator",
  is_read = true,
  handler = function(_, _, key)
    local generator = key.token_generator
    if not generator then return nil, "NOT_FOUND" end
    return {
      { "tokenGeneratorId", generator.id }, { "status", generator.status },
      { "enabledDate", wire.format_time(generator.enabled_date) },
      { "disabledDate", wire.format_time(generator.disabled_date) },
      { "issuedTokenCount", generator.issued_count },
    }
  end,
}

-- Not documented: a key that has a generator already. Inferred: the request is refused.
operations.create_token_generator = {
  route = "POST /kms/v1/keys/{key_tag}/token-generator",
  states = ENABLED,
  handler = function(kms, call, key)
    if is_active(key) then return nil, "UNPROCESSABLE_ENTITY" end
    tokens.create_generator(kms, key, call.now)
    return json.null
  end,
}

-- Documented: replaces the generator, which ends all its tokens.
operations.update_token_generator = {
  route = "PUT /kms/v1/keys/{key_tag}/token-generator",
  states = ENABLED,
  handler = function(kms, call, key)
    if not is_active(key) then return nil, "NOT_FOUND" end
    tokens.create_generator(kms, key, call.now)
    return json.null
  end,
}

-- Inferred: the generator stays visible as INACTIVE, because a generator has a date of its end.
operations.delete_token_generator = {
  route = "DELETE /kms/v1/keys/{key_tag}/token-generator",
  states = ENABLED,
  handler = function(_, call, key)
    if not is_active(key) then return nil, "NOT_FOUND" end
    key.token_generator.status, key.token_generator.disabled_date = "INACTIVE", call.now
    return json.null
  end,
}

operations.create_token_set = {
  route = "POST /kms/v1/keys/{key_tag}/token-set",
  states = ENABLED,
  check = find_lifetime_problem,
  handler = issue_set,
}

-- Documented: the old set stays valid.
operations.renew_token_set = {
  route = "PUT /kms/v1/keys/{key_tag}/token-set",
  auth = "refresh_token",
  states = ENABLED,
  check = find_lifetime_problem,
  handler = issue_set,
}

operations.create_access_token = {
  route = "POST /kms/v1/keys/{key_tag}/access-token",
  auth = "refresh_token",
  states = ENABLED,
  check = find_lifetime_problem,
  handler = function(_, call, key)
    local hours = call.body.accessTokenHours or ACCESS_HOURS
    return { { "accessToken", issue(key, "access", hours, call.now) } }
  end,
}

tokens.operations = operations

return tokens
