--- Huawei Cloud IAM: where it is, and tokens for a user and a password.

local cjson = require "cjson.safe".new()
local validate = require "kms.util.validate"
local env = require "kms.util.env"
local service = require "kms.credentials.service"
local lock_guard = require "kms.call.lock_guard"
local regions = require "kms.huawei.regions"
local cache = require "kms.credentials.cache"
local shared_cache = require "kms.credentials.shared_cache"
local Credentials = require "kms.credentials.value"
local provider = require "kms.credentials.provider"

local iam = {}

local TIMEOUT = 10 -- seconds a request
local MARGIN = 30 * 60 -- seconds of a token's 24 hours
-- Seconds that a refused password is not tried again: IAM locks users after some refusals in a row.
local REFUSED_PAUSE = 5 * 60

--- Where to ask IAM: the option, the official SDKs' variable, or the region's host.
---@param option string?
---@param region string?
---@return { scheme: string, host: string, who: string, timeout: number }? place, kms.Error? err
function iam.place(option, region)
  local endpoint = option or env.read { "HUAWEICLOUD_SDK_IAM_ENDPOINT" } or regions.iam_host(region)
  -- The SDK for Go lets the variable do without a scheme.
  if not endpoint:find("://", 1, true) then endpoint = "https://" .. endpoint end
  local scheme, host = validate.parse_endpoint(endpoint)
  if not scheme then
    return Credentials.error("invalid", validate.value("the IAM endpoint", endpoint, validate.ENDPOINT))
  end
  return { scheme = scheme, host = host, who = ("IAM at %s://%s"):format(scheme, host), timeout = TIMEOUT }
end

--- A value as JSON. The encoder keeps its buffer, and a password in it, until another text overwrites it.
local function encode(value)
  local text = cjson.encode(value)
  cjson.encode(("x"):rep(#text))
  return text
end

--- Posts JSON to IAM.
---@param place table from `iam.place`
---@param body table
---@param secrets string[] what of the body and the headers must not show
---@return table? response a good one, kms.Error? err, table order
function iam.post(context, place, target, headers, body, secrets)
  local order = { who = place.who, method = "POST", scheme = place.scheme, host = place.host, target = target,
    headers = { { "Content-Type", "application/json;charset=utf8" } }, body = encode(body),
    timeout = place.timeout, secrets = secrets }
  for _, pair in ipairs(headers) do order.headers[#order.headers + 1] = pair end
  local response, err = service.send(context, order)
  if not response then return nil, err, order end
  if response.status ~= 200 and response.status ~= 201 then
    response, err = service.refusal(order, response)
  end
  return response, err, order
end

--- The token in an answer's header.
---@return string? token, kms.Error? err
function iam.token(order, response)
  local token = response.headers["x-subject-token"]
  if token and Credentials.rules.header_safe.test(token) then return token end
  return service.malformed(order, response, "wrong_type", "there is no X-Subject-Token in it", true)
end

local PROJECT_ID = "^" .. ("[0-9A-Za-z]"):rep(32) .. "$"

--- The project that a token is for. A name begins with its region's code, and so holds a "-", an id never does.
local function scope_of(project)
  return { project = { [project:find(PROJECT_ID) and "id" or "name"] = project } }
end

local function plan_of(given, context)
  local place, err = iam.place(given.endpoint, context.region)
  if not place then return nil, err end
  local project = given.project or context.region
  if not project then
    local message = "an IAM token is for one project: give iam_token the option project, or the client a region"
    return Credentials.error("invalid", message)
  end
  place.project, place.margin, place.refused_pause = project, MARGIN, REFUSED_PAUSE
  -- The length before each part: no choice of names makes two keys the same.
  local parts = {}
  local login = lock_guard.identify { access_key = given.user, secret_key = given.password } -- hides the password
  for i, part in ipairs { place.scheme .. "://" .. place.host, given.domain, given.user, project, login } do
    parts[i] = #part .. ":" .. part
  end
  place.key = table.concat(parts)
  return place
end

-- "Obtaining a User Token Through Password Authentication", IAM API reference. `nocatalog` keeps the answer short.
local function fetch(given, context, plan)
  local user = { name = given.user, password = given.password, domain = { name = given.domain } }
  local body = { auth = {
    identity = { methods = { "password" }, password = { user = user } },
    scope = scope_of(plan.project),
  } }
  local response, err, order = iam.post(context, plan, "/v3/auth/tokens?nocatalog=true", {}, body, { given.password })
  if not response then return nil, err end
  local token
  token, err = iam.token(order, response)
  if not token then return nil, err end
  local object
  object, err = service.parse_object(order, response)
  if not object then return nil, err end
  local details = type(object.token) == "table" and object.token or {}
  return service.parse_credentials(context, order, response, { token = token, expires = details.expires_at })
end

--- A source of tokens.
---@param options { user: string, password: string, domain: string, project: string?, endpoint: string? }
---@param dictionary table? an NGINX shared dictionary
---@return kms.CredentialProvider
function iam.new(options, dictionary)
  local given = {}
  for name, value in pairs(options) do given[name] = value end
  local function fetch_own(context, plan) return fetch(given, context, plan) end
  local get, forget = cache.new {
    plan = function(context) return plan_of(given, context) end,
    fetch = dictionary and shared_cache.wrap(dictionary, fetch_own) or fetch_own,
  }
  return provider.new("iam_token", get, { forget = forget,
    check_fields = provider.requires_field("iam_token", "token") })
end

return iam
