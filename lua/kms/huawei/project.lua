--- Looks up the id of a region's project, which has the name of the region (IAM API reference, "Querying Project
--- Information"). It never creates a project.

local coroutines = require "kms.util.coroutines"
local Credentials = require "kms.credentials.value"
local iterate = require "kms.util.iterate"
local request_headers = require "kms.util.request_headers"
local iam = require "kms.huawei.iam"
local mutex = require "kms.util.mutex"
local service = require "kms.credentials.service"
local sign = require "kms.sign"

local project = {}

local MAX_PROJECTS = 100 -- remembered per client, so that rotated keys do not fill the memory

--- Authenticates a request with the token, or signs it.
---@param request table as for kms.sign
---@param credentials kms.Credentials
---@param now number Unix time
---@param algorithm string?
---@return { [1]: string, [2]: string }[]? headers, kms.Error? err
local function authenticate(request, credentials, now, algorithm)
  if credentials.token then return request_headers.for_json { { "X-Auth-Token", credentials.token } } end
  request.headers = request_headers.for_json()
  local signature_headers, err = sign.huawei(request, credentials, now, algorithm)
  if not signature_headers then return nil, err end
  local list = request_headers.for_json()
  for name, value in iterate.members(signature_headers) do list[#list + 1] = { name, value } end
  return list
end

--- Finds the signature in the headers of a request.
local function find_signature(headers)
  for _, header in ipairs(headers) do
    if header[1] == "Authorization" then return header[2]:match "Signature=(%x+)$" end
  end
end

--- Reads the id of the only project in a response.
---@return string? id, kms.Error? err
local function parse_id(request, response, region)
  local object, err = service.decode(request, response)
  if not object then return nil, err end
  local projects = object.projects
  if type(projects) ~= "table" then
    return service.create_malformed_error(request, response,
      service.append_excerpt(request, response, "the list of projects is missing"))
  end
  local id = #projects == 1 and type(projects[1]) == "table" and projects[1].id
  if type(id) == "string" and id:find "^[0-9A-Za-z]+$" and #id == 32 then return id end
  return Credentials.error("project", ("%s returned %d projects named %s; expected one with a valid id: give the "
    .. "option project_id"):format(request.service_name, #projects, region))
end

--- Asks IAM for the project.
---@param context kms.Context
---@param credentials kms.Credentials
---@param options { region: string, algorithm: string?, clock_offset: number }
---@return string? id
---@return kms.Error? err
---@return table? response the error response, if there is one
local function request_id(context, credentials, options)
  local address, err = iam.resolve_address(nil, options.region)
  if not address then return nil, err end
  local path, query = "/v3/projects", { { "name", options.region } }
  local secrets = {}
  for _, name in ipairs { "secret_key", "security_token", "token" } do secrets[#secrets + 1] = credentials[name] end
  local secret_count = #secrets
  local request = iam.complete_request(address, { method = "GET", target = sign.target(path, query),
    secrets = secrets })
  function request.sign()
    local headers, problem = authenticate({ method = "GET", host = address.host, path = path, query = query },
      credentials, context:now() + options.clock_offset, options.algorithm)
    secrets[secret_count + 1] = headers and find_signature(headers)
    return headers, problem
  end
  local response
  response, err = service.send(context, request)
  if not response then return nil, err end
  if response.status == 200 then return parse_id(request, response, options.region) end
  local _, response_err = service.create_response_error(request, response)
  return nil, response_err, response
end

--- Creates a function that finds the id, and remembers it by access key or token. Of concurrent calls one asks IAM.
---@param region string
---@param algorithm string? of the signature
---@return fun(context: kms.Context, credentials: kms.Credentials, clock_offset: number): string?, kms.Error?, table?
---  finder returns the id; or an error of the kind "credentials", and the error response if there is one
function project.new_finder(region, algorithm)
  local ids, count, one_at_a_time = {}, 0, mutex.new()

  local function request_and_keep(key, context, credentials, clock_offset)
    local id, err, response = request_id(context, credentials,
      { region = region, algorithm = algorithm, clock_offset = clock_offset })
    if not id then return nil, err, response end
    if count == MAX_PROJECTS then ids, count = {}, 0 end
    ids[key], count = id, count + 1
    return id
  end

  return function(context, credentials, clock_offset)
    local key = credentials.access_key or credentials.token
    if ids[key] then return ids[key] end
    local owner, failure = one_at_a_time:acquire(context, context.deadline)
    if not owner then
      return Credentials.error("unavailable", "timed out waiting for a concurrent project lookup"
        .. (failure and "; its latest attempt: " .. failure.message or ""), failure and failure.cause)
    end
    context.lease = owner
    local ok, id, err, response = true, ids[key], nil, nil -- the previous owner may have found it
    if not id then
      ok, id, err, response = coroutines.pcall(request_and_keep, key, context, credentials, clock_offset)
    end
    context.lease = nil
    one_at_a_time:release(owner)
    if not ok then error(id, 0) end
    return id, err, response
  end
end

return project
