--- Keys of the server that this program runs on, from the metadata service of its cloud.

local ascii = require "kms.util.ascii"
local cache = require "kms.credentials.cache"
local Credentials = require "kms.credentials.value"
local env = require "kms.util.env"
local provider = require "kms.credentials.provider"
local service = require "kms.credentials.service"
local error_codes = require "kms.transport.error_codes"

local metadata = {}

local TIMEOUT = 3 -- seconds per request, as in the official SDKs
local TOKEN_LIFETIME = 6 * 3600 -- seconds; the maximum
local TOKEN_MARGIN = 60 -- seconds before its end in which a session token is not used
local NO_TOKENS_PAUSE = 24 * 3600 -- seconds until a service without session tokens is asked for one again
local ENDPOINT = "http://169.254.169.254"

-- A service without session tokens ("IMDSv2") returns one of these.
local NO_TOKENS = { [404] = true, [405] = true, [503] = true }

---@class kms.MetadataFormat the metadata service of a cloud
---@field endpoint_variables string[]
---@field renewal_margin number seconds
---@field session_token { path: string, lifetime_header: string, header: string, is_required: boolean? }
---@field no_identity_text string? a part of the 401 for a server without an agency; a new session token would not help
---@field read fun(session: kms.MetadataSession): kms.Credentials?, kms.Error?

---@class kms.MetadataSession the requests of one fetch
---@field context kms.Context
---@field plan table
---@field state table memory of the session token
---@field has_new_token boolean? this fetch has created a session token
---@field has_busy_tokens boolean? the service could not create one; it is overloaded, or has no session tokens
local Session = {}
Session.__index = Session

--- Returns whether a failed request shows that the machine has no metadata service: none of its bytes were sent.
local function is_absent(session, cause)
  if session.state.has_responded or cause.kind ~= "transport" or cause.uncertain ~= false then return false end
  local code, context = error_codes[cause.code], session.context
  if code and code.is_unconnected then return true end
  -- A connection that was not established in time shows it, too, unless the deadline of the call ended it.
  return cause.code == "timeout" and context:clock() < (context.deadline or math.huge)
end

function Session:new_request(method, target, headers)
  local plan, token = self.plan, self.state.token
  local request = { service_name = plan.service_name, method = method, scheme = plan.scheme, host = plan.host,
    target = target, headers = headers, body = method ~= "GET" and "" or nil, timeout = TIMEOUT, secrets = { token },
    parse_error = self.context.cloud.errors.parse }
  -- A machine without a metadata service is recognized by one attempt.
  function request.can_repeat(_, cause) return not cause or not is_absent(self, cause) end
  return request
end

--- Sends a request. The failure is "missing" on a machine without a metadata service.
function Session:send(request)
  local response, err = service.send(self.context, request)
  if response then
    self.state.has_responded = true
    return response
  end
  local cause = err.cause
  if is_absent(self, cause) then
    return Credentials.error("missing", ("no %s: %s"):format(request.service_name, cause.message), cause)
  end
  return nil, err
end

--- Creates a session token, or notes that the service has none.
---@return boolean? ok, kms.Error? err
function Session:authenticate()
  local state, names = self.state, self.plan.format.session_token
  local request = self:new_request("PUT", names.path, { { names.lifetime_header, tostring(TOKEN_LIFETIME) } })
  local can_repeat, is_required = request.can_repeat, self.has_busy_tokens
  -- A request without a session token shows whether the service has none or is overloaded.
  function request.can_repeat(response, cause)
    return (is_required or not response or response.status ~= 503) and can_repeat(response, cause)
  end
  local response, err = self:send(request)
  if not response then return nil, err end
  self.has_busy_tokens = response.status == 503 and not is_required
  self.has_new_token = not self.has_busy_tokens
  local clock = self.context:clock()
  if NO_TOKENS[response.status] then
    state.token, state.retry_tokens_at = nil, clock + NO_TOKENS_PAUSE
    return true
  end
  if response.status ~= 200 then return service.create_response_error(request, response) end
  local token = ascii.trim(response.body)
  if not Credentials.VISIBLE_ASCII.test(token) then
    return service.create_malformed_error(request, response, "malformed session token")
  end
  state.token, state.token_end, state.retry_tokens_at = token, clock + TOKEN_LIFETIME - TOKEN_MARGIN, nil
  return true
end

--- Creates a session token before the first request where the service requires one.
---@return boolean? ok, kms.Error? err
function Session:prepare()
  local state, clock = self.state, self.context:clock()
  if state.token and clock >= state.token_end then state.token = nil end
  if not self.plan.format.session_token.is_required or state.token then return true end
  if state.retry_tokens_at and clock < state.retry_tokens_at then return true end
  return self:authenticate()
end

local function has_no_identity(session, response)
  local text = session.plan.format.no_identity_text
  return response.status == 401 and text and response.body:find(text, 1, true) ~= nil
end

--- Requests a document. When the service refuses the session token, creates a new one and tries once more.
---@return table? response, kms.Error? err, kms.ServiceRequest? request
function Session:request_document(target)
  local ok, err = self:prepare()
  if not ok then return nil, err end
  local header = self.plan.format.session_token.header
  while true do
    local token = self.state.token
    local request = self:new_request("GET", target, { token and { header, token } })
    local response
    response, err = self:send(request)
    if not response then return nil, err end
    if response.status ~= 401 or self.has_new_token or has_no_identity(self, response) then
      return response, nil, request
    end
    ok, err = self:authenticate()
    if not ok then return nil, err end
  end
end

--- Reads a document.
---@param target string
---@param missing_message string for the failure "missing" when the document does not exist
---@return table? response, kms.Error? err, kms.ServiceRequest? request
function Session:get(target, missing_message)
  local response, err, request = self:request_document(target)
  if not response then return nil, err end
  if response.status == 200 then return response, nil, request end
  local _, response_err = service.create_response_error(request, response)
  if response.status == 404 or has_no_identity(self, response) then
    return Credentials.error("missing", missing_message, response_err.cause)
  end
  return nil, response_err
end

local function resolve_plan(context, option)
  local format = context.cloud.metadata
  local endpoint, variable = option, nil
  if not endpoint then endpoint, variable = env.read(format.endpoint_variables) end
  endpoint = endpoint or ENDPOINT
  local scheme, host, target = service.parse_url(endpoint)
  if target ~= "/" then
    local subject = variable or "the metadata endpoint"
    return Credentials.error("invalid", ("%s must be %s, without a path"):format(subject, service.URL_RULE))
  end
  local base = scheme .. "://" .. host
  return { key = context.provider .. " " .. base, format = format, renewal_margin = format.renewal_margin,
    scheme = scheme, host = host, service_name = "metadata service at " .. base }
end

local function fetch(context, plan, state)
  return plan.format.read(setmetatable({ context = context, plan = plan, state = state }, Session))
end

--- Creates a provider of the keys that the metadata service returns.
---@param options kms.MetadataOptions
---@return kms.credentials.Provider
function metadata.new(options)
  local endpoint = options.endpoint
  local get, forget = cache.new { plan = function(context) return resolve_plan(context, endpoint) end, fetch = fetch }
  return provider.new("metadata", get, { forget = forget })
end

return metadata
