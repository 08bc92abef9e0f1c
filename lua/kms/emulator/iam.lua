--- Huawei Cloud's IAM: tokens for a password or an OpenID Connect id token, temporary keys for a token, and projects.

local gateway = require "kms.emulator.huawei.gateway"
local http = require "kms.emulator.http"
local json = require "kms.emulator.json"
local service = require "kms.emulator.service"
local time = require "kms.emulator.time"
local token_issuer = require "kms.emulator.token_issuer"

-- Documented: "CreateTemporaryAccessKeyByToken". 15 minutes to 24 hours; 15 minutes when the body has no duration.
local MIN_DURATION, MAX_DURATION = 15 * 60, 24 * 3600

-- HTTP status, message and title of errors. An error with a title has the shape of Keystone. An error without a title
-- has a code, as documented for the OpenID Connect operations. Not documented: the shape for temporary keys, the status
-- for an unknown project, and the texts in Keystone's shape.
local ERRORS = {
  invalid_body = { 400, "The request body is invalid.", "Bad Request" },
  invalid_duration = { 400, "Request parameter duration_seconds is invalid.", "Bad Request" },
  unauthenticated = { 401, "The request you have made requires authentication.", "Unauthorized" },
  unknown_project = { 404, "Could not find the project.", "Not Found" },
  -- One text for a wrong user, domain and password, so that it does not tell which one was right.
  wrong_password = { 401, "The username or password is wrong.", "Unauthorized" },
  ["IAM.0004"] = { 404, "Could not find the identity provider or project." },
  ["IAM.0007"] = { 401, "Request parameter id_token is invalid." },
  ["IAM.0011"] = { 400, "Request body is invalid." },
}

local function is_text(value) return type(value) == "string" and value ~= "" end

-- Whether an identity in a body has one method, and which one.
local function has_method(body, method)
  local methods = json.get(body, "auth.identity.methods")
  return type(methods) == "table" and methods[1] == method and methods[2] == nil
end

local function list_account_projects(account)
  local projects = {}
  for region, id in pairs(account.projects) do projects[#projects + 1] = { name = region, id = id } end
  for _, project in ipairs(account.more_projects or {}) do projects[#projects + 1] = project end
  table.sort(projects, function(left, right) return left.name .. " " .. left.id < right.name .. " " .. right.id end)
  return projects
end

local function get_domain(account)
  local name = account.user and account.user.domain or account.owner
  return { id = token_issuer.derive_id("domain", name), name = name }
end

local function encode_domain(account)
  local domain = get_domain(account)
  return { { "id", domain.id }, { "name", domain.name } }
end

-- A scope is a project by id or name. A token without a scope is valid for IAM only.
local function has_valid_scope(body)
  local scope = json.get(body, "auth.scope.project")
  return scope == nil or is_text(json.get(scope, "id")) or is_text(json.get(scope, "name"))
end

-- Finds the project in the scope of a body.
local function find_project(body, account)
  local scope = json.get(body, "auth.scope.project")
  for _, project in ipairs(scope and list_account_projects(account) or {}) do
    if (scope.id == nil or scope.id == project.id) and (scope.name == nil or scope.name == project.name) then
      return project
    end
  end
end

local function has_unknown_project(body, project)
  return json.get(body, "auth.scope.project") ~= nil and not project
end

-- The part of a response that `nocatalog` leaves out. The real one has tens of kilobytes.
local function encode_catalog(account)
  local endpoints = json.array {}
  for i, project in ipairs(list_account_projects(account)) do
    endpoints[i] = { { "id", token_issuer.derive_id("endpoint", project.id) }, { "interface", "public" },
      { "region", project.name }, { "region_id", project.name },
      { "url", ("https://kms.%s.myhuaweicloud.com/v1.0/%s"):format(project.name, project.id) } }
  end
  return json.array { { { "endpoints", endpoints }, { "id", token_issuer.derive_id("service", "kms") },
    { "name", "kms" }, { "type", "kms" } } }
end

-- Issues a token that the gateway accepts, in the region of the project, until it expires.
---@param grant { account: table, project: table?, method: string, user: table }
local function issue_token(iam, call, grant)
  local now = iam.now()
  local expires = now + iam.settings.token_lifetime
  call.subject_token = iam.issuer:issue_token()
  iam.gateway:accept_token(call.subject_token,
    { account = grant.account, region = grant.project and grant.project.name, expires = expires })
  local token = {
    { "expires_at", time.format_iso_micros(expires) }, { "issued_at", time.format_iso_micros(now) },
    { "methods", json.array { grant.method } }, { "roles", json.array {} }, { "user", grant.user },
  }
  if grant.project then
    token[#token + 1] = { "project",
      { { "domain", encode_domain(grant.account) }, { "id", grant.project.id }, { "name", grant.project.name } } }
  end
  if (http.get_query_parameter(call.request, "nocatalog") or "") == "" then
    token[#token + 1] = { "catalog", encode_catalog(grant.account) }
  end
  return { { "token", token } }
end

local function find_user_account(iam, body)
  local user = json.get(body, "auth.identity.password.user")
  for _, account in ipairs(iam.accounts) do
    local known = account.user
    if known and known.name == user.name and known.domain == user.domain.name and known.password == user.password then
      return account
    end
  end
end

local function find_identity_provider_account(iam, id)
  for _, account in ipairs(iam.accounts) do
    if account.idp and account.idp.id == id then return account end
  end
end

-- In this service `needs_account` makes the gateway authenticate the caller before the handler runs.
local operations = {}

operations.create_token = {
  route = "POST /v3/auth/tokens",
  status = 201,
  handler = function(iam, call)
    local body = call.body
    local user = json.get(body, "auth.identity.password.user")
    local is_valid = has_method(body, "password") and is_text(json.get(user, "name"))
      and is_text(json.get(user, "password")) and is_text(json.get(user, "domain.name")) and has_valid_scope(body)
    if not is_valid then return nil, "invalid_body" end
    local account = find_user_account(iam, body)
    if not account then return nil, "wrong_password" end
    local project = find_project(body, account)
    if has_unknown_project(body, project) then return nil, "unknown_project" end
    return issue_token(iam, call, { account = account, project = project, method = "password", user = {
      { "domain", encode_domain(account) }, { "id", token_issuer.derive_id("user", user.name) },
      { "name", user.name }, { "password_expires_at", "" },
    } })
  end,
}

operations.create_token_by_id_token = {
  route = "POST /v3.0/OS-AUTH/id-token/tokens",
  status = 201,
  handler = function(iam, call)
    local body, idp_id = call.body, http.get_header(call.request, "x-idp-id")
    if not (is_text(idp_id) and is_text(json.get(body, "auth.id_token.id")) and has_valid_scope(body)) then
      return nil, "IAM.0011"
    end
    local account = find_identity_provider_account(iam, idp_id)
    if not account then return nil, "IAM.0004" end
    local idp = account.idp
    local is_expired = idp.expires ~= nil and iam.now() >= idp.expires
    if body.auth.id_token.id ~= idp.id_token or is_expired then return nil, "IAM.0007" end
    local project = find_project(body, account)
    if has_unknown_project(body, project) then return nil, "IAM.0004" end
    return issue_token(iam, call, { account = account, project = project, method = "mapped", user = {
      { "OS-FEDERATION", {
        { "groups", json.array {} }, { "identity_provider", { { "id", idp.id } } },
        { "protocol", { { "id", "oidc" } } },
      } },
      { "domain", encode_domain(account) }, { "id", token_issuer.derive_id("user", idp.id) },
      { "name", "FederationUser" },
    } })
  end,
}

operations.create_temporary_key = {
  route = "POST /v3.0/OS-CREDENTIAL/securitytokens",
  status = 201,
  handler = function(iam, call)
    local body = call.body
    local value = json.get(body, "auth.identity.token.id") or http.get_header(call.request, "x-auth-token")
    if not (has_method(body, "token") and is_text(value)) then return nil, "invalid_body" end
    local token = iam.gateway:find_token(value)
    if not token then return nil, "unauthenticated" end
    local duration = json.get(body, "auth.identity.token.duration_seconds") or MIN_DURATION
    if type(duration) ~= "number" or duration % 1 ~= 0 or duration < MIN_DURATION or duration > MAX_DURATION then
      return nil, "invalid_duration"
    end
    local key = iam.issuer:issue_key(token.account, duration)
    iam.gateway:accept_keys(key)
    return { { "credential", {
      { "access", key.access_key }, { "expires_at", time.format_iso_micros(key.expires) },
      { "secret", key.secret_key }, { "securitytoken", key.security_token },
    } } }
  end,
}

operations.list_projects = {
  route = "GET /v3/projects",
  needs_account = true,
  handler = function(_, call)
    local name, projects = http.get_query_parameter(call.request, "name"), json.array {}
    local self_link = "https://" .. call.request.host .. "/v3/projects"
    local function encode_links(link) return { { "next", json.null }, { "previous", json.null }, { "self", link } } end
    local domain_id = get_domain(call.account).id
    for _, project in ipairs(list_account_projects(call.account)) do
      if name == nil or name == project.name then
        projects[#projects + 1] = { { "domain_id", domain_id }, { "is_domain", false }, { "parent_id", domain_id },
          { "name", project.name }, { "description", "" }, { "links", encode_links(self_link .. "/" .. project.id) },
          { "id", project.id }, { "enabled", true } }
      end
    end
    return { { "links", encode_links(self_link) }, { "projects", projects } }
  end,
}

local iam = service.new_class(operations)

--- Creates the service.
---@param accounts table[] Huawei accounts
---@param api_gateway table the gateway that accepts the tokens and keys (kms.emulator.huawei.gateway)
---@param shared table `issuer`, `settings` (kms.EmulatorSettings) and `now`
function iam.new(accounts, api_gateway, shared)
  return setmetatable({ accounts = accounts, gateway = api_gateway, issuer = shared.issuer,
    settings = shared.settings, now = shared.now }, iam)
end

function iam:admit(call)
  local refusal = gateway.check_size(call)
  if refusal then return refusal end
  if not call.operation then return gateway.unknown_path(call) end
  if call.operation.needs_account then
    call.account, refusal = self.gateway:authenticate(call)
  end
  return refusal
end

function iam:refuse(name) -- luacheck: no self
  local status, message, title = ERRORS[name][1], ERRORS[name][2], ERRORS[name][3]
  if not title then return http.json_response(status, { { "error_msg", message }, { "error_code", name } }) end
  return http.json_response(status, { { "error",
    { { "code", status }, { "message", message }, { "title", title } } } })
end

function iam:respond(call, value) -- luacheck: no self
  local response = http.json_response(call.operation.status or 200, value)
  response.headers["x-subject-token"] = call.subject_token
  return response
end

function iam.response_headers(call)
  return { ["x-request-id"] = call.id, ["x-iam-trace-id"] = "token_" .. call.id }
end

iam.timeout, iam.throttled = gateway.timeout, gateway.throttled

return iam
