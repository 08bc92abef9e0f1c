--- The metadata services of both clouds and the container endpoint of Huawei Cloud's pod identity. They issue temporary
--- keys that the clouds accept. The path of a request tells the services apart.

local http = require "kms.emulator.http"
local service = require "kms.emulator.service"
local time = require "kms.emulator.time"

-- Session tokens, version 2 of each service: the header for the lifetime in seconds, and the header for the token.
local HUAWEI_SESSION = { ttl = "x-metadata-token-ttl-seconds", token = "x-metadata-token" }
local NCLOUD_SESSION = { ttl = "x-ncp-metadata-token-ttl-seconds", token = "x-ncp-metadata-token" }
-- Not documented. Huawei Cloud's user guide asks for this lifetime.
local MAX_SESSION_LIFETIME = 6 * 3600

local TITLES = {
  [400] = "Bad Request", [401] = "Unauthorized", [404] = "Not Found", [405] = "Method Not Allowed",
  [429] = "Too Many Requests", [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

-- Seen in the official SDKs: they look for this text. The other texts are invented.
local NO_AGENCY = "Please configure Cloud Service Agency first"

local function refuse(status, reason)
  return http.text_response(status, ("%d %s\n\n%s\n"):format(status, TITLES[status], reason or ""))
end

local function find_account(accounts, field)
  for _, account in ipairs(accounts) do
    if account[field] then return account end
  end
end

local function issue_key(metadata, account)
  local key = metadata.issuer:issue_key(account, metadata.settings.key_lifetime)
  metadata.gateways[account.provider]:accept_keys(key)
  return key
end

-- Issues a session token.
local function issue_session(metadata, call)
  local settings, session = metadata.settings, call.operation.issues_session
  if settings.metadata_v2 == "unavailable" then return nil, settings.metadata_v2_status end
  local seconds = tonumber((http.get_header(call.request, session.ttl) or ""):match "^%d+$")
  if not seconds or seconds < 1 or seconds > MAX_SESSION_LIFETIME then return nil, 400 end
  local token = metadata.issuer:generate_digits(56)
  metadata.sessions[token] = {
    session = session, expires = metadata.now() + math.min(seconds, settings.metadata_token_lifetime),
  }
  return token
end

-- Whether the session token of a request permits it. A token that is sent must be valid, even when none is required.
local function has_valid_session(metadata, call)
  local session = call.operation.checks_session
  if not session or metadata.settings.metadata_v2 == "unavailable" then return true end
  local token = http.get_header(call.request, session.token)
  if not token then return metadata.settings.metadata_v2 ~= "required" end
  local issued = metadata.sessions[token]
  return issued ~= nil and issued.session == session and metadata.now() < issued.expires
end

local function find_role_account(metadata)
  return metadata.settings.server_role and find_account(metadata.accounts.ncloud, "role") or nil
end

local ROLES_PATH = "/latest/meta-data/iam/security-credentials"

-- In this service `issues_session` names the session tokens that an operation issues, `checks_session` those that it
-- accepts. Error codes are HTTP statuses.
local operations = {}

operations.huawei_token = {
  route = "PUT /meta-data/latest/api/token", issues_session = HUAWEI_SESSION, handler = issue_session,
}

operations.huawei_key = {
  route = "GET /openstack/latest/securitykey",
  checks_session = HUAWEI_SESSION,
  handler = function(metadata)
    local account = metadata.settings.agency and find_account(metadata.accounts.huawei, "agency")
    if not account then return nil, 401, NO_AGENCY end
    local key = issue_key(metadata, account)
    return { { "credential", {
      { "access", key.access_key }, { "expires_at", time.format_iso_micros(key.expires) },
      { "secret", key.secret_key }, { "securitytoken", key.security_token },
    } } }
  end,
}

operations.ncloud_token = {
  route = "PUT /latest/api/token", issues_session = NCLOUD_SESSION, handler = issue_session,
}

operations.ncloud_role = {
  route = { "GET " .. ROLES_PATH, "GET " .. ROLES_PATH .. "/" },
  checks_session = NCLOUD_SESSION,
  handler = function(metadata)
    local account = find_role_account(metadata)
    if not account then return nil, 404 end
    return account.role -- documented: "Role Data", without a line feed at its end
  end,
}

operations.ncloud_key = {
  route = "GET " .. ROLES_PATH .. "/{role_id}",
  checks_session = NCLOUD_SESSION,
  handler = function(metadata, call)
    local account = find_role_account(metadata)
    if not account or account.role ~= call.params.role_id then return nil, 404 end
    local key = issue_key(metadata, account)
    return {
      { "Code", "Success" }, { "LastUpdated", time.format_iso(metadata.now()) }, { "Type", "NCP-HMAC" },
      { "AccessKeyId", key.access_key }, { "SecretAccessKey", key.secret_key }, { "Token", "" },
      { "Expiration", time.format_iso(key.expires) },
    }
  end,
}

operations.pod_key = {
  route = "POST /v1/credentials",
  required = {},
  handler = function(metadata, call)
    local token = http.get_header(call.request, "authorization")
    local account
    for _, candidate in ipairs(metadata.accounts.huawei) do
      if candidate.pod_token and candidate.pod_token == token then account = candidate end
    end
    if not account then return nil, 401 end
    local key = issue_key(metadata, account)
    return {
      { "assumedAgency", { { "urn", "" }, { "id", "" } } },
      { "audience", "" },
      { "credentials", {
        { "accessKeyId", key.access_key }, { "secretAccessKey", key.secret_key },
        { "securityToken", key.security_token }, { "expiration", time.format_iso_micros(key.expires) },
      } },
      { "podIdentityAssociationId", "" },
      { "subject", { { "namespace", "default" }, { "serviceAccount", "default" } } },
    }
  end,
}

local metadata = service.new_class(operations)

metadata.MALFORMED_BODY = 400

--- Creates the services.
---@param accounts table<string, table[]> by provider
---@param gateways table<string, table> the gateways that accept the keys, by provider
---@param shared table `issuer`, `settings` (kms.EmulatorSettings) and `now`
function metadata.new(accounts, gateways, shared)
  return setmetatable({ accounts = accounts, gateways = gateways, issuer = shared.issuer,
    settings = shared.settings, now = shared.now, sessions = {} }, metadata)
end

function metadata:admit(call)
  if not call.operation then return refuse(call.is_known_path and 405 or 404) end
  if not has_valid_session(self, call) then return refuse(401) end
end

function metadata:refuse(status, reason) return refuse(status, reason) end -- luacheck: no self

function metadata:respond(_, value) -- luacheck: no self
  if type(value) == "string" then return http.text_response(200, value) end
  return http.json_response(200, value)
end

function metadata.response_headers() return {} end

function metadata.timeout() return refuse(504) end

function metadata.throttled() return refuse(429) end

return metadata
