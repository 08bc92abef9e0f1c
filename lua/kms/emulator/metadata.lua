--- What a server or a container of the clouds finds beside it: Huawei's and NAVER's metadata services, told apart by
--- path, and the endpoint of Huawei's pod identity. All of them hand out temporary keys that the clouds then take.

local http = require "kms.emulator.router"

local metadata = {}
metadata.__index = metadata

-- Session tokens, version 2 of each service: the header that asks for so many seconds, the one that shows the token.
local HUAWEI = { ttl = "x-metadata-token-ttl-seconds", token = "x-metadata-token" }
local NCLOUD = { ttl = "x-ncp-metadata-token-ttl-seconds", token = "x-ncp-metadata-token" }
local LONGEST = 6 * 3600 -- what Huawei's user guide asks for; neither documents a limit

local TITLES = {
  [400] = "Bad Request", [401] = "Unauthorized", [404] = "Not Found", [405] = "Method Not Allowed",
  [429] = "Too Many Requests", [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

-- The texts are not documented, but for the one about the agency.
local function refuse(status, reason)
  return http.text(status, ("%d %s\n\n%s\n"):format(status, TITLES[status], reason or ""))
end

local function first(accounts, field)
  for _, account in ipairs(accounts) do
    if account[field] then return account end
  end
end

local function temporary(self, account)
  local made = self.issuer:temporary(account, self.settings.key_lifetime)
  self.takers[account.provider]:accept_keys(made)
  return made
end

local function session_token(self, call)
  if self.settings.metadata_v2 == "unavailable" then return refuse(self.settings.metadata_v2_status) end
  local seconds = tonumber((http.header(call.request, call.row.issues.ttl) or ""):match "^%d+$")
  if not seconds or seconds < 1 or seconds > LONGEST then return refuse(400) end
  local value = self.issuer:digits(56)
  self.sessions[value] = {
    service = call.row.issues, expires = self.now() + math.min(seconds, self.settings.metadata_token_lifetime),
  }
  return http.text(200, value)
end

-- A token that is shown must be a good one, whether one is needed or not.
local function may_read(self, call)
  local service = call.row.asks
  if not service or self.settings.metadata_v2 == "unavailable" then return true end
  local value = http.header(call.request, service.token)
  if not value then return self.settings.metadata_v2 ~= "required" end
  local session = self.sessions[value]
  return session ~= nil and session.service == service and self.now() < session.expires
end

local function agency_key(self)
  local account = self.settings.agency and first(self.accounts.huawei, "agency")
  if not account then return refuse(401, "Please configure Cloud Service Agency first") end
  local made = temporary(self, account)
  return http.answer(200, { { "credential", {
    { "access", made.access_key }, { "expires_at", http.timestamp(made.expires, true) },
    { "secret", made.secret_key }, { "securitytoken", made.security_token },
  } } })
end

local function server_role(self)
  return self.settings.server_role and first(self.accounts.ncloud, "role") or nil
end

-- Without a line feed at its end ("Role Data").
local function role_id(self)
  local account = server_role(self)
  return account and http.text(200, account.role) or refuse(404)
end

local function role_key(self, call)
  local account = server_role(self)
  if not account or account.role ~= call.params.role_id then return refuse(404) end
  local made = temporary(self, account)
  return http.answer(200, {
    { "Code", "Success" }, { "LastUpdated", http.timestamp(self.now()) }, { "Type", "NCP-HMAC" },
    { "AccessKeyId", made.access_key }, { "SecretAccessKey", made.secret_key }, { "Token", "" },
    { "Expiration", http.timestamp(made.expires) },
  })
end

local function pod_key(self, call)
  if not http.object(call.request.body) then return refuse(400) end
  local given = http.header(call.request, "authorization")
  local account
  for _, candidate in ipairs(self.accounts.huawei) do
    if candidate.pod_token and candidate.pod_token == given then account = candidate end
  end
  if not account then return refuse(401) end
  local made = temporary(self, account)
  return http.answer(200, {
    { "assumedAgency", { { "urn", "" }, { "id", "" } } },
    { "audience", "" },
    { "credentials", {
      { "accessKeyId", made.access_key }, { "secretAccessKey", made.secret_key },
      { "securityToken", made.security_token }, { "expiration", http.timestamp(made.expires, true) },
    } },
    { "podIdentityAssociationId", "" },
    { "subject", { { "namespace", "default" }, { "serviceAccount", "default" } } },
  })
end

local ROLE = "/latest/meta-data/iam/security-credentials"

-- Each row: the service whose session tokens it `issues` or `asks` for, and `apply`, which makes the answer.
metadata.operations = {
  { name = "huawei_token", method = "PUT", path = "/meta-data/latest/api/token", issues = HUAWEI,
    apply = session_token },
  { name = "huawei_key", method = "GET", path = "/openstack/latest/securitykey", asks = HUAWEI, apply = agency_key },
  { name = "ncloud_token", method = "PUT", path = "/latest/api/token", issues = NCLOUD,
    apply = session_token },
  { name = "ncloud_role", method = "GET", path = ROLE, asks = NCLOUD, apply = role_id },
  { name = "ncloud_role", method = "GET", path = ROLE .. "/", asks = NCLOUD, apply = role_id },
  { name = "ncloud_key", method = "GET", path = ROLE .. "/{role_id}", asks = NCLOUD, apply = role_key },
  { name = "pod_key", method = "POST", path = "/v1/credentials", apply = pod_key },
}

---@param accounts table<string, table[]> by provider
---@param takers table<string, table> by provider: what takes the keys that are issued, with `accept_keys`
---@param shared table `issuer`, `settings` (kms.EmulatorSettings) and `now`
function metadata.new(accounts, takers, shared)
  return setmetatable({ accounts = accounts, takers = takers, issuer = shared.issuer, settings = shared.settings,
    now = shared.now, sessions = {} }, metadata)
end

--- Answers a request.
---@param call table `request`, and from the route `row` and `params`
---@return table response
function metadata:answer(call)
  if not call.row then return refuse(call.params and 405 or 404) end
  if not may_read(self, call) then return refuse(401) end
  return call.row.apply(self, call)
end

--- What every answer carries.
function metadata.headers() return {} end

function metadata.timeout() return refuse(504) end

function metadata.throttled() return refuse(429) end

return metadata
