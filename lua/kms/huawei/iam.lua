--- Requests to Huawei Cloud IAM: its addresses, tokens, and temporary keys.

local cjson = require "cjson.safe".new()
local Credentials = require "kms.credentials.value"
local endpoints = require "kms.util.endpoint"
local env = require "kms.util.env"
local errors = require "kms.huawei.errors"
local request_headers = require "kms.util.request_headers"
local regions = require "kms.huawei.regions"
local service = require "kms.credentials.service"
local validate = require "kms.util.validate"

local iam = {}

local TIMEOUT = 10 -- seconds per request
local MEDIA_TYPE = "application/json;charset=utf8" -- documented for the tokens of users

---@class kms.IamAddress
---@field scheme string
---@field host string
---@field service_name string for errors

--- Determines the address of IAM: the option, the variable of the official SDKs, or the host of the region.
---@param option string?
---@param region string?
---@return kms.IamAddress? address, kms.Error? err
function iam.resolve_address(option, region)
  local endpoint, name = option, "the IAM endpoint"
  if not endpoint then endpoint, name = env.read { "HUAWEICLOUD_SDK_IAM_ENDPOINT" } end
  endpoint = endpoint or region and regions.iam_host(region)
  -- The IAM of another region would not know the user, or would give credentials of another site.
  if not endpoint then
    return Credentials.error("invalid", "the address of IAM depends on the region: give the client the option region, "
      .. "or the credential provider the option endpoint")
  end
  endpoint = endpoints.add_scheme(endpoint)
  local scheme, host = endpoints.parse(endpoint)
  if not scheme then
    return Credentials.error("invalid", validate.value(name, endpoint, endpoints.RULE))
  end
  return { scheme = scheme, host = host, service_name = ("IAM at %s://%s"):format(scheme, host) }
end

--- Completes a request to IAM.
---@param address kms.IamAddress
---@param request table `method`, `target`, `headers`, `body` and `secrets` of a kms.ServiceRequest
---@return kms.ServiceRequest request
function iam.complete_request(address, request)
  request.scheme, request.host, request.service_name = address.scheme, address.host, address.service_name
  request.timeout, request.parse_error = TIMEOUT, errors.parse
  return request
end

--- Encodes a value as JSON. The encoder keeps its buffer, so another text overwrites the password in it.
local function encode(value)
  local text = cjson.encode(value)
  cjson.encode(("x"):rep(#text))
  return text
end

--- Posts JSON.
---@param context kms.Context
---@param address kms.IamAddress
---@param request table `target`, `headers` (optional), `body` as a table, and `secrets`
---@return table? response, kms.Error? err, kms.ServiceRequest request
local function post(context, address, request)
  iam.complete_request(address, request)
  request.method, request.body = "POST", encode(request.body)
  request.headers = request_headers.for_json(request.headers, MEDIA_TYPE)
  local response, err = service.send(context, request)
  if response and response.status ~= 200 and response.status ~= 201 then
    response, err = service.create_response_error(request, response)
  end
  return response, err, request
end

--- Reads the token in the header of a response.
---@return string? token, kms.Error? err
local function parse_token(request, response)
  local token = response.headers["x-subject-token"]
  if token and Credentials.VISIBLE_ASCII.test(token) then return token end
  return service.create_malformed_error(request, response, "the X-Subject-Token header is missing or malformed")
end

local PROJECT_ID = "^" .. ("[0-9A-Za-z]"):rep(32) .. "$"

--- Creates the scope of a token. The name of a project begins with the code of its region and therefore contains a "-".
--- An id never does.
local function create_scope(project)
  return { project = { [project:find(PROJECT_ID) and "id" or "name"] = project } }
end

--- Creates a token ("Obtaining a User Token Through Password Authentication", IAM API reference).
---@param context kms.Context
---@param address kms.IamAddress
---@param login { user: string, password: string, domain: string }
---@param project string id or name
---@return kms.Credentials? credentials, kms.Error? err
function iam.create_token(context, address, login, project)
  local user = { name = login.user, password = login.password, domain = { name = login.domain } }
  local response, err, request = post(context, address, {
    target = "/v3/auth/tokens?nocatalog=true", -- without the catalog the response is short
    secrets = { login.password },
    body = { auth = {
      identity = { methods = { "password" }, password = { user = user } },
      scope = create_scope(project),
    } },
  })
  if not response then return nil, err end
  local token, object
  token, err = parse_token(request, response)
  if not token then return nil, err end
  object, err = service.decode(request, response)
  if not object then return nil, err end
  local details = type(object.token) == "table" and object.token or {}
  return service.parse_credentials(context, request, response, { token = token, expires = details.expires_at })
end

--- Parses temporary keys in the form that IAM and the metadata service share.
---@param context kms.Context
---@param request kms.ServiceRequest
---@param response table
---@param object table in the body of the response
---@return kms.Credentials? credentials, kms.Error? err
function iam.parse_keys(context, request, response, object)
  local keys = object.credential
  if type(keys) ~= "table" or type(keys.securitytoken) ~= "string" then
    return service.create_malformed_error(request, response, "a credential with a security token is missing")
  end
  return service.parse_credentials(context, request, response, { access_key = keys.access, secret_key = keys.secret,
    security_token = keys.securitytoken, expires = keys.expires_at })
end

--- Creates temporary keys for an ID token, in the two steps of the official SDKs for Python and Go. The second one is
--- "CreateTemporaryAccessKeyByToken" of the IAM API reference.
---@param context kms.Context
---@param address kms.IamAddress
---@param identity { idp_id: string, id_token: string, duration: number }
---@return kms.Credentials? credentials, kms.Error? err
function iam.create_keys(context, address, identity)
  local id_token = identity.id_token
  local response, err, request = post(context, address, {
    target = "/v3.0/OS-AUTH/id-token/tokens", headers = { { "X-Idp-Id", identity.idp_id } }, secrets = { id_token },
    body = { auth = { id_token = { id = id_token } } },
  })
  if not response then return nil, err end
  local token, object
  token, err = parse_token(request, response)
  if not token then return nil, err end
  response, err, request = post(context, address, {
    target = "/v3.0/OS-CREDENTIAL/securitytokens", secrets = { token, id_token },
    body = { auth = { identity = {
      methods = { "token" }, token = { id = token, duration_seconds = identity.duration },
    } } },
  })
  if not response then return nil, err end
  object, err = service.decode(request, response)
  if not object then return nil, err end
  return iam.parse_keys(context, request, response, object)
end

return iam
