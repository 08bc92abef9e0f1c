--- Huawei Cloud's IAM: tokens for a password or an OpenID Connect id token, temporary keys for a token, the projects.

local gateway = require "kms.emulator.huawei_gateway"
local http = require "kms.emulator.router"
local issuer = require "kms.emulator.token_issuer"

local iam = {}
iam.__index = iam

-- "CreateTemporaryAccessKeyByToken": 15 minutes to 24 hours, 15 minutes when not given.
local SHORTEST, LONGEST = 15 * 60, 24 * 3600

-- HTTP status, message, and the title that stands in answers of Keystone's shape; the others have a code instead, as
-- the API reference has them for the OpenID Connect operations. Which shape temporary keys use, the status for an
-- unknown project, and the texts of Keystone's shape are not documented.
local ERRORS = {
  invalid_body = { 400, "The request body is invalid.", "Bad Request" },
  invalid_duration = { 400, "Request parameter duration_seconds is invalid.", "Bad Request" },
  unauthenticated = { 401, "The request you have made requires authentication.", "Unauthorized" },
  unknown_project = { 404, "Could not find the project.", "Not Found" },
  -- The same for user, domain and password: it tells a stranger nothing.
  wrong_password = { 401, "The username or password is wrong.", "Unauthorized" },
  ["IAM.0004"] = { 404, "Could not find the identity provider or project." },
  ["IAM.0007"] = { 401, "Request parameter id_token is invalid." },
  ["IAM.0011"] = { 400, "Request body is invalid." },
}

local function refuse(name)
  local status, message, title = ERRORS[name][1], ERRORS[name][2], ERRORS[name][3]
  if not title then return http.answer(status, { { "error_msg", message }, { "error_code", name } }) end
  return http.answer(status, { { "error", { { "code", status }, { "message", message }, { "title", title } } } })
end

local function is_text(value) return type(value) == "string" and value ~= "" end

-- Whether the one method of a body's identity is this.
local function has_method(body, method)
  local methods = http.at(body, "auth.identity.methods")
  return type(methods) == "table" and methods[1] == method and methods[2] == nil
end

local function projects_of(account)
  local projects = {}
  for region, id in pairs(account.projects) do projects[#projects + 1] = { name = region, id = id } end
  for _, project in ipairs(account.more_projects or {}) do projects[#projects + 1] = project end
  table.sort(projects, function(left, right) return left.name .. " " .. left.id < right.name .. " " .. right.id end)
  return projects
end

local function domain_of(account)
  local name = account.user and account.user.domain or account.owner
  return { { "id", issuer.id("domain", name) }, { "name", name } }
end

-- Scope: a project by id or name; without one the token is good for IAM alone.
local function is_scope(body)
  local scope = http.at(body, "auth.scope.project")
  return scope == nil or is_text(http.at(scope, "id")) or is_text(http.at(scope, "name"))
end

local function find_project(call)
  local scope = http.at(call.body, "auth.scope.project")
  if type(scope) ~= "table" or not call.account then return end
  for _, project in ipairs(projects_of(call.account)) do
    if (scope.id == nil or scope.id == project.id) and (scope.name == nil or scope.name == project.name) then
      call.project = project
      return
    end
  end
end

local function without_project(call) return http.at(call.body, "auth.scope.project") and not call.project end

-- What `nocatalog` keeps out; the real one runs to tens of kilobytes.
local function catalog(call)
  local endpoints = http.array {}
  for i, project in ipairs(projects_of(call.account)) do
    endpoints[i] = { { "id", issuer.id("endpoint", project.id) }, { "interface", "public" }, { "region", project.name },
      { "region_id", project.name },
      { "url", ("https://kms.%s.myhuaweicloud.com/v1.0/%s"):format(project.name, project.id) } }
  end
  return http.array { { { "endpoints", endpoints }, { "id", issuer.id("service", "kms") }, { "name", "kms" },
    { "type", "kms" } } }
end

--- Issues a token: a gateway takes it, for the project's region, until it expires.
local function issue(self, call, method, user)
  local value, now = self.issuer:token(), self.now()
  local expires = now + self.settings.token_lifetime
  self.gateway:accept_token(value,
    { account = call.account, region = call.project and call.project.name, expires = expires })
  local token = {
    { "expires_at", http.timestamp(expires, true) }, { "issued_at", http.timestamp(now, true) },
    { "methods", http.array { method } }, { "roles", http.array {} }, { "user", user },
  }
  if call.project then
    token[#token + 1] = { "project",
      { { "domain", domain_of(call.account) }, { "id", call.project.id }, { "name", call.project.name } } }
  end
  if (http.parameter(call.request, "nocatalog") or "") == "" then token[#token + 1] = { "catalog", catalog(call) } end
  local response = http.answer(201, { { "token", token } })
  response.headers["x-subject-token"] = value
  return response
end

local function find_user(self, call)
  local user = http.at(call.body, "auth.identity.password.user")
  for _, account in ipairs(self.accounts) do
    local known = account.user
    if known and known.name == http.at(user, "name") and known.domain == http.at(user, "domain.name")
      and known.password == user.password then
      call.account = account
    end
  end
  find_project(call)
end

local function is_password_request(call)
  local user = http.at(call.body, "auth.identity.password.user")
  return has_method(call.body, "password") and is_text(http.at(user, "name")) and is_text(http.at(user, "password"))
    and is_text(http.at(user, "domain.name")) and is_scope(call.body)
end

local function password_token(self, call)
  local name = call.account.user.name
  return issue(self, call, "password", { { "domain", domain_of(call.account) }, { "id", issuer.id("user", name) },
    { "name", name }, { "password_expires_at", "" } })
end

local function find_identity_provider(self, call)
  local id = http.header(call.request, "x-idp-id")
  for _, account in ipairs(self.accounts) do
    if account.idp and account.idp.id == id then call.account = account end
  end
  find_project(call)
end

local function is_id_token_request(call)
  return is_text(http.header(call.request, "x-idp-id")) and is_text(http.at(call.body, "auth.id_token.id"))
    and is_scope(call.body)
end

local function wrong_id_token(call)
  local idp = call.account.idp
  return call.body.auth.id_token.id ~= idp.id_token or idp.expires and call.now >= idp.expires
end

local function federated_token(self, call)
  local idp = call.account.idp.id
  local federation = { { "groups", http.array {} }, { "identity_provider", { { "id", idp } } },
    { "protocol", { { "id", "oidc" } } } }
  return issue(self, call, "mapped", { { "OS-FEDERATION", federation }, { "domain", domain_of(call.account) },
    { "id", issuer.id("user", idp) }, { "name", "FederationUser" } })
end

local function find_token(self, call)
  local id = http.at(call.body, "auth.identity.token.id") or http.header(call.request, "x-auth-token")
  call.token = self.gateway:token(id)
end

local function is_key_request(call)
  return has_method(call.body, "token")
    and is_text(http.at(call.body, "auth.identity.token.id") or http.header(call.request, "x-auth-token"))
end

local function duration_of(call)
  return http.at(call.body, "auth.identity.token.duration_seconds") or SHORTEST
end

local function wrong_duration(call)
  local seconds = duration_of(call)
  return type(seconds) ~= "number" or seconds % 1 ~= 0 or seconds < SHORTEST or seconds > LONGEST
end

local function temporary_key(self, call)
  local made = self.issuer:temporary(call.token.account, duration_of(call))
  self.gateway:accept_keys(made)
  return http.answer(201, { { "credential", {
    { "access", made.access_key }, { "expires_at", http.timestamp(made.expires, true) },
    { "secret", made.secret_key }, { "securitytoken", made.security_token },
  } } })
end

local function sign_in(self, call)
  local refusal
  call.account, refusal = self.gateway:authenticate(call)
  return refusal
end

local function list_projects(_, call)
  local name, found = http.parameter(call.request, "name"), http.array {}
  local self_link = "https://" .. call.request.host .. "/v3/projects"
  local function links(link) return { { "next", http.null }, { "previous", http.null }, { "self", link } } end
  local domain = domain_of(call.account)[1][2]
  for _, project in ipairs(projects_of(call.account)) do
    if name == nil or name == project.name then
      found[#found + 1] = { { "domain_id", domain }, { "is_domain", false }, { "parent_id", domain },
        { "name", project.name }, { "description", "" }, { "links", links(self_link .. "/" .. project.id) },
        { "id", project.id }, { "enabled", true } }
    end
  end
  return http.answer(200, { { "links", links(self_link) }, { "projects", found } })
end

local function negated(test) return function(call) return not test(call) end end
local function nobody(call) return not call.account end

-- Each row has `find`, which looks up what the request names and may give a refusal at once; checks in order: an error,
-- and when it is answered; and `apply`, which makes the answer.
iam.operations = {
  {
    name = "create_token",
    method = "POST",
    path = "/v3/auth/tokens",
    find = find_user,
    checks = {
      { "invalid_body", negated(is_password_request) },
      { "wrong_password", nobody },
      { "unknown_project", without_project },
    },
    apply = password_token,
  },
  {
    name = "create_token_by_id_token",
    method = "POST",
    path = "/v3.0/OS-AUTH/id-token/tokens",
    find = find_identity_provider,
    checks = {
      { "IAM.0011", negated(is_id_token_request) },
      { "IAM.0004", nobody },
      { "IAM.0007", wrong_id_token },
      { "IAM.0004", without_project },
    },
    apply = federated_token,
  },
  {
    name = "create_temporary_key",
    method = "POST",
    path = "/v3.0/OS-CREDENTIAL/securitytokens",
    find = find_token,
    checks = {
      { "invalid_body", negated(is_key_request) },
      { "unauthenticated", function(call) return not call.token end },
      { "invalid_duration", wrong_duration },
    },
    apply = temporary_key,
  },
  { name = "list_projects", method = "GET", path = "/v3/projects", find = sign_in, checks = {}, apply = list_projects },
}

---@param accounts table[] Huawei ones
---@param entrance table the gateway that takes what is issued (kms.emulator.huawei_gateway)
---@param shared table `issuer`, `settings` (kms.EmulatorSettings) and `now`
function iam.new(accounts, entrance, shared)
  return setmetatable({ accounts = accounts, gateway = entrance, issuer = shared.issuer, settings = shared.settings,
    now = shared.now }, iam)
end

--- Answers a request.
---@param call table `request`, `id`, and from the route `row` and `params`
---@return table response
function iam:answer(call)
  local refusal = gateway.too_large(call)
  if refusal then return refusal end
  if not call.row then return gateway.unknown_path(call) end
  call.now, call.body = self.now(), http.object(call.request.body)
  refusal = call.row.find(self, call)
  if refusal then return refusal end
  for _, check in ipairs(call.row.checks) do
    if check[2](call) then return refuse(check[1]) end
  end
  return call.row.apply(self, call)
end

--- What every answer carries.
function iam.headers(call) return { ["x-request-id"] = call.id, ["x-iam-trace-id"] = "token_" .. call.id } end

iam.timeout = gateway.timeout
iam.throttled = gateway.throttled

return iam
