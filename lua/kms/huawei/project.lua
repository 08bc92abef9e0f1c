--- Finds the id of a region's project, which is named like the region (IAM API, "Querying Project Information").
--- Nothing is created: one project or an error.

local clock_skew = require "kms.call.clock_skew"
local service = require "kms.credentials.service"
local iam = require "kms.huawei.iam"
local sign = require "kms.sign"
local Credentials = require "kms.credentials.value"

local project = {}

--- The headers of a question to IAM.
local function headers_of(request, given, now, algorithm)
  local headers = { { "Content-Type", "application/json" } }
  if given.token then
    headers[2] = { "X-Auth-Token", given.token }
    return headers
  end
  request.headers = { headers[1] }
  local added, err = sign.huawei(request, given, now, algorithm)
  if not added then return nil, err end
  for name, value in pairs(added) do headers[#headers + 1] = { name, value } end
  return headers
end

--- The one project of an answer.
local function read(order, response, region)
  local object, err = service.parse_object(order, response)
  if not object then return nil, err end
  local projects = object.projects
  if type(projects) ~= "table" then
    return service.malformed(order, response, "wrong_type", "there is no list of projects in it")
  end
  local id = #projects == 1 and type(projects[1]) == "table" and projects[1].id
  if type(id) == "string" and id:find "^[0-9A-Za-z]+$" and #id == 32 then return id end
  return Credentials.error("project", ("%s knows %d projects named %s, not one: give the option project_id"):format(
    order.who, #projects, region))
end

--- Asks IAM.
---@param region string
---@param given kms.Credentials
---@param context kms.Context
---@param offset number what is known of the clock, for the signature
---@param algorithm string?
---@return string? id, kms.Error? err kind "credentials"; code "project" where it is not exactly one
---@return number? offset of the clock, where the refusal shows that it is off
function project.find(region, given, context, offset, algorithm)
  local place, err = iam.place(nil, region)
  if not place then return nil, err end
  local request = { method = "GET", host = place.host, path = "/v3/projects", query = { { "name", region } } }
  local target = sign.target(request.path, request.query)
  local headers
  headers, err = headers_of(request, given, context:now() + offset, algorithm)
  if not headers then return nil, err end
  local secrets = {}
  for _, name in ipairs { "secret_key", "security_token", "token" } do secrets[#secrets + 1] = given[name] end
  local order = { who = place.who, method = "GET", scheme = place.scheme, host = place.host, target = target,
    headers = headers, timeout = place.timeout, secrets = secrets }
  local response
  response, err = service.send(context, order)
  if not response then return nil, err end
  if response.status ~= 200 then
    local _, refusal = service.refusal(order, response)
    return nil, refusal, clock_skew.detect(response, refusal.message, context:now(), offset)
  end
  return read(order, response, region)
end

return project
