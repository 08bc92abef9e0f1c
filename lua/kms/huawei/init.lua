--- Huawei Cloud KMS as a provider: options, credentials, endpoint and signature.

local ascii = require "kms.util.ascii"
local credentials = require "kms.huawei.credentials"
local endpoints = require "kms.util.endpoint"
local iterate = require "kms.util.iterate"
local request_headers = require "kms.util.request_headers"
local lazy = require "kms.util.lazy"
local operations = require "kms.huawei.operations"
local project = lazy "kms.huawei.project"
local regions = require "kms.huawei.regions"
local sign = require "kms.sign"
local validate = require "kms.util.validate"

---@type kms.Provider
local huawei = { name = "huawei", operations = operations, errors = lazy.read "kms.huawei.errors" }

---@type kms.Rule
local PROJECT_ID = {
  text = '32 letters and digits, or "auto"',
  plain = true,
  show_length = true,
  test = function(value) return value == "auto" or #value == 32 and value:find "^[0-9A-Za-z]+$" end,
}

---@type kms.Rule
local ALGORITHM = {
  text = '"SDK-HMAC-SHA256" or "SDK-HMAC-SM3"',
  test = function(value) return value == "SDK-HMAC-SHA256" or value == "SDK-HMAC-SM3" end,
}

huawei.options = {
  { name = "region", type = "string", rule = regions.RULE, variables = { "HUAWEICLOUD_SDK_REGION" } },
  { name = "project_id", type = "string", rule = PROJECT_ID, variables = { "HUAWEICLOUD_SDK_PROJECT_ID" } },
  { name = "endpoint", type = "string", rule = endpoints.RULE },
  { name = "algorithm", type = "string", rule = ALGORITHM },
}

-- Five refused authentications in a row lock an access key for five minutes (API Request Signing Guide).
huawei.lock_guard = true

huawei.throttle_codes = { ["APIGW.0308"] = true }
huawei.clock_tolerance = 15 * 60 -- seconds (API Request Signing Guide)

huawei.credentials, huawei.profile, huawei.metadata = credentials.fields, credentials.profile, credentials.metadata
huawei.iam = lazy "kms.huawei.iam"

huawei.secret_headers = { Authorization = "Signature=(%x+)$" }

--- Names the variable that overrides a region's endpoint, as the official SDKs spell it.
local function name_endpoint_variable(region)
  return "HUAWEICLOUD_SDK_REGION_KMS_" .. ascii.upper(region):gsub("-", "_")
end

function huawei.list_missing_options(values)
  local names = {}
  -- With an endpoint and a project, the region is not needed.
  local needs_region = not values.endpoint or values.project_id == "auto"
  if needs_region and not values.region then names[1] = "region" end
  if not values.project_id then names[#names + 1] = "project_id" end
  return names
end

--- Finds the endpoint: the option, the region's variable, or the region's own.
---@return string? endpoint, string? problem
local function find_endpoint(values, read_variable)
  if values.endpoint then return values.endpoint end
  local name = name_endpoint_variable(values.region)
  local endpoint = read_variable { name }
  if not endpoint then return "https://" .. regions.kms_host(values.region) end
  -- The variable may list several, separated by commas; the first is the main one.
  endpoint = endpoints.add_scheme(endpoint:match "^%s*([^,]*)")
  local problem = validate.value(name, endpoint, endpoints.RULE)
  if problem then return nil, problem end
  return endpoint
end

--- Copies settings and adds a project.
local function add_project(settings, project_id)
  local copy = iterate.copy(settings)
  copy.project_id = project_id
  copy.headers = request_headers.for_json { { "X-Project-Id", project_id } }
  return copy
end

--- Adds `complete` to settings: it looks up the project of the credentials, and returns settings with that project.
local function add_lookup(settings)
  local find_project, by_project = project.new_finder(settings.region, settings.algorithm), {}

  ---@param keys kms.Credentials
  ---@param context kms.Context
  ---@param clock_offset number
  ---@return table? settings, kms.Error? err
  ---@return table? response that refused the request; it may show that the clock is off
  function settings.complete(keys, context, clock_offset)
    local id, err, response = find_project(context, keys, clock_offset)
    if not id then return nil, err, response end
    by_project[id] = by_project[id] or add_project(settings, id)
    return by_project[id]
  end

  return settings
end

function huawei.resolve_settings(values, read_variable)
  local endpoint, problem = find_endpoint(values, read_variable)
  if not endpoint then return nil, "endpoint", problem end
  local scheme, host = endpoints.parse(endpoint)
  local region = values.region or regions.find_by_kms_host(host)
  local settings = {
    scheme = scheme,
    host = host,
    region = region,
    algorithm = values.algorithm,
    unresolved_hint = region and not regions.is_known(region) and not values.endpoint
      and ("region %s is not one of the %d known regions"):format(validate.quote(region), #regions.codes) or nil,
  }
  if values.project_id == "auto" then return add_lookup(settings) end
  return add_project(settings, values.project_id)
end

function huawei.authenticate(request, keys, timestamp, settings)
  if keys.token then return { ["X-Auth-Token"] = keys.token } end
  return sign.huawei(request, keys, timestamp, settings.algorithm)
end

function huawei.compute_stages(request, keys, timestamp, settings)
  return sign.huawei_stages(request, keys, timestamp, settings.algorithm)
end

--- Returns the object, unless it is an error in a response of status 200.
function huawei.extract_result(object)
  return object.error_code == nil and type(object.error) ~= "table" and object or nil
end

return huawei
