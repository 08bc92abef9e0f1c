--- Keys of the server that this program runs on: Huawei Cloud's ECS agency, NAVER Cloud's server role.

local env = require "kms.util.env"
local service = require "kms.credentials.service"
local cache = require "kms.credentials.cache"
local json_body = require "kms.util.json_body"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local metadata = {}

local TIMEOUT = 3 -- seconds a request, as in the official SDKs
local TOKEN_LIFE = 21600 -- seconds asked for, six hours: the longest there is
local TOKEN_EDGE = 60 -- seconds before its end in which a session token is not used
local WITHOUT_TOKENS = 24 * 3600 -- seconds that a service without session tokens is not asked for one again
local ENDPOINT = "http://169.254.169.254"

-- How a Huawei Cloud server says that it has no agency. A new session token would not help.
local NO_AGENCY = "Please configure Cloud Service Agency first"

-- A service without session tokens ("IMDSv2") answers so.
local NO_TOKENS = { [404] = true, [405] = true, [503] = true }

local function order_of(session, method, target, headers)
  local plan, token = session.plan, session.state.token
  return { who = plan.who, method = method, scheme = plan.scheme, host = plan.host, target = target, headers = headers,
    body = method ~= "GET" and "" or nil, timeout = TIMEOUT, secrets = { token } }
end

--- Asks, and tells a machine without such a service from one that does not answer.
local function send(session, order)
  local response, err = service.send(session.context, order)
  local state = session.state
  if response then
    state.answered = true
    return response
  end
  local cause = err.cause
  if cause.kind == "transport" and cause.uncertain == false and (cause.code == "connect" or cause.code == "dns"
    or cause.code == "timeout" and session.context:clock() < (session.context.deadline or math.huge))
    and not state.answered then
    return Credentials.error("missing", ("no %s: %s"):format(order.who, cause.message), cause)
  end
  return nil, err
end

--- Gets a session token, or learns that the service has none.
---@return boolean? ok, kms.Error? err
local function authenticate(session)
  local state, names = session.state, session.plan.kind.token
  local order = order_of(session, "PUT", names.path, { { names.lifetime, tostring(TOKEN_LIFE) } })
  local response, err = send(session, order)
  if not response then return nil, err end
  local now = session.context:now()
  if NO_TOKENS[response.status] then
    state.token, state.no_tokens_until = nil, now + WITHOUT_TOKENS
    return true
  end
  if response.status ~= 200 then return service.refusal(order, response) end
  local token = Credentials.trim(response.body)
  if not Credentials.rules.header_safe.test(token) then
    return service.malformed(order, response, "wrong_type", "its session token is not one", true)
  end
  state.token, state.token_until, state.no_tokens_until = token, now + TOKEN_LIFE - TOKEN_EDGE, nil
  return true
end

--- Reads a document. When it wants a session token, or another one, gets it, once.
---@return table? response, kms.Error? err, table order
local function read(session, target)
  local state, names = session.state, session.plan.kind.token
  local now = session.context:now()
  if state.token and now >= state.token_until then state.token = nil end
  if names.first and not state.token and now >= (state.no_tokens_until or -math.huge) then
    local ok, err = authenticate(session)
    if not ok then return nil, err end
    session.fresh = true
  end
  while true do
    local order = order_of(session, "GET", target, { state.token and { names.header, state.token } })
    local response, err = send(session, order)
    if not response then return nil, err end
    if response.status ~= 401 or session.fresh or response.body:find(NO_AGENCY, 1, true) then
      return response, nil, order
    end
    session.fresh = true
    local ok
    ok, err = authenticate(session)
    if not ok then return nil, err end
  end
end

--- A document that must be there.
local function read_good(session, target, lacking)
  local response, err, order = read(session, target)
  if not response then return nil, err end
  if response.status == 404 or response.status == 401 and response.body:find(NO_AGENCY, 1, true) then
    local _, cause = service.refusal(order, response)
    return Credentials.error("missing", lacking, cause.cause)
  end
  if response.status ~= 200 then return service.refusal(order, response) end
  return response, nil, order
end

local function read_agency(session)
  local response, err, order = read_good(session, "/openstack/latest/securitykey", "this server has no agency")
  if not response then return nil, err end
  return service.parse_temporary_keys(session.context, order, response)
end

local ROLES = "/latest/meta-data/iam/security-credentials/"

local function read_role(session)
  local lacking = "this server has no role"
  local response, err, order = read_good(session, ROLES, lacking)
  if not response then return nil, err end
  local role = Credentials.trim(Credentials.trim(response.body):match "^[^\r\n]*")
  if role == "" then return Credentials.error("missing", lacking) end
  if not role:find "^[0-9A-Za-z._-]+$" then
    return service.malformed(order, response, "wrong_type", "the id of its role is not one")
  end
  response, err, order = read_good(session, ROLES .. role, lacking)
  if not response then return nil, err end
  local object
  object, err = service.parse_object(order, response)
  if not object then return nil, err end
  if type(object.Code) == "string" and object.Code:lower() ~= "success" then
    return service.refusal(order, response, object.Code, json_body.to_text(object.Message))
  end
  return service.parse_credentials(session.context, order, response, { access_key = object.AccessKeyId,
    secret_key = object.SecretAccessKey, expires = object.Expiration })
end

local KINDS = {
  huawei = {
    variables = {}, margin = 40 * 60, read = read_agency,
    token = { path = "/meta-data/latest/api/token", first = true, lifetime = "X-Metadata-Token-Ttl-Seconds",
      header = "X-Metadata-Token" },
  },
  -- Two names, for the SDKs have two. Session tokens are not in NAVER's documents, so that they are only fetched where
  -- the service insists.
  ncloud = {
    variables = { "NCLOUD_METADATA_API_ENDPOINT", "NCLOUD_METADATA_ENDPOINT" }, margin = 15 * 60, read = read_role,
    token = { path = "/latest/api/token", lifetime = "X-NCP-METADATA-TOKEN-TTL-SECONDS",
      header = "X-NCP-METADATA-TOKEN" },
  },
}

--- A source of the metadata service.
---@param options { endpoint: string? }
---@return kms.CredentialProvider
function metadata.new(options)
  local option = options.endpoint
  local function plan(context)
    local kind = KINDS[context.provider]
    local endpoint = option or env.read(kind.variables) or ENDPOINT
    local scheme, host, target = service.parse_url(endpoint)
    if target ~= "/" then
      return Credentials.error("invalid", "the metadata endpoint must be " .. service.URL .. ", without a path")
    end
    local base = scheme .. "://" .. host
    return { key = context.provider .. " " .. base, kind = kind, margin = kind.margin, scheme = scheme, host = host,
      who = "metadata service at " .. base }
  end
  local function fetch(context, planned, state)
    return planned.kind.read { context = context, plan = planned, state = state }
  end
  local get, forget = cache.new { plan = plan, fetch = fetch }
  return provider.new("metadata", get, { forget = forget })
end

return metadata
